# SPDX-License-Identifier: Apache-2.0
"""What scripts/openviking-tests makes of a run's records."""

import json
import sys
import tempfile
import traceback
from pathlib import Path

import judge
from reasons import FILE, Reasons, digest

REASONS = Reasons(
    {
        "release": "v1",
        "digest": "0",
        "suites": ["t"],
        "deviation": [
            {"test": "t/a.py::whole", "contract": "6", "why": "no split", "fails": "'b' != 'a;b'"},
            {"test": "t/a.py::twice", "contract": "7", "why": "no cut", "differences": ["1 != 2", "[] != [3]"]},
        ],
        "inside": [{"test": "t/a.py::files", "why": "its files", "fails": "no attribute '_files'"}],
        "elsewhere": [{"tests": "t/gpu_*", "why": "a graphics processor"}],
    }
)


SPLIT = "AssertionError: 'b' != 'a;b'"
FILES = "AttributeError: 'HostCollection' object has no attribute '_files'"
CRASH = "RuntimeError: the store is gone"
TWICE = ("Lists differ: 1 != 2", "[] != [3] : cut")


def got(outcome="passed", opened=1, differences=(), text=""):
    notes = {"outcome": outcome, "opened": opened, "differences": list(differences), "text": text}
    return judge.ABSENT | notes


def verdict(test, record, built_in=None):
    return judge.judge(test, record, built_in or got(opened=0), REASONS)[0]


def a_test_that_opened_a_store_and_passed_has_passed():
    assert verdict("t/a.py::plain", got()) == "passed"


def a_failure_without_an_entry_has_failed():
    assert verdict("t/a.py::plain", got("failed")) == "FAILED"
    assert verdict("t/a.py::plain", got("failed"), got("failed", 0)) == "FAILED"


def a_skip_with_an_open_store_has_failed():
    assert verdict("t/a.py::plain", got("skipped")) == "FAILED"


def a_test_that_was_not_run_has_failed():
    assert verdict("t/gpu_x.py::y", judge.ABSENT) == "FAILED"
    assert verdict("t/gpu_x.py::y", judge.ABSENT, judge.ABSENT) == "FAILED"


def an_entry_whose_test_passes_is_stale():
    assert verdict("t/a.py::whole", got()) == "FAILED"
    assert verdict("t/a.py::twice", got()) == "FAILED"
    assert verdict("t/a.py::files", got()) == "FAILED"


def a_deviation_fails_as_a_whole_or_in_the_comparisons_that_its_entry_names():
    assert verdict("t/a.py::whole", got("failed", text=SPLIT)) == "differs"
    assert verdict("t/a.py::twice", got(differences=TWICE)) == "differs"
    assert verdict("t/a.py::twice", got(differences=TWICE[:1])) == "FAILED"
    assert verdict("t/a.py::twice", got(differences=[*TWICE, "x"])) == "FAILED"
    assert verdict("t/a.py::twice", got(differences=TWICE[::-1])) == "FAILED"
    assert verdict("t/a.py::twice", got("failed", differences=TWICE)) == "FAILED"


def a_crash_is_no_deviation_and_no_look_inside():
    assert verdict("t/a.py::whole", got("failed", text=CRASH)) == "FAILED"
    assert verdict("t/a.py::whole", got("skipped", text=SPLIT)) == "FAILED"
    assert verdict("t/a.py::twice", got("failed", text=CRASH)) == "FAILED"
    assert verdict("t/a.py::files", got("failed", text=FILES)) == "inside"
    assert verdict("t/a.py::files", got("failed", text=CRASH)) == "FAILED"
    assert verdict("t/a.py::files", got("skipped", text=FILES)) == "FAILED"
    said = judge.judge("t/a.py::files", got("failed", text=CRASH), got(opened=0), REASONS)[1]
    assert CRASH in said and "no attribute '_files'" in said, said


def an_entry_that_says_not_how_its_test_fails_is_refused():
    for entry in ({}, {"fails": ""}, {"differences": []}, {"differences": [""]}, {"differences": 2},
                  {"fails": "x", "differences": ["x"]}):
        for kind in ("deviation", "inside"):
            content = {"release": "v1", "digest": "0", "suites": [], kind: [{"test": "t/a.py::odd"} | entry]}
            try:
                Reasons(content)
            except ValueError as error:
                assert "t/a.py::odd" in str(error), error
            else:
                raise AssertionError(f"{kind} {entry} was taken")


def a_test_without_a_store_ends_as_with_the_built_in_engine_and_its_file_has_a_reason():
    assert verdict("t/gpu_x.py::y", got(opened=0)) == "elsewhere"
    assert verdict("t/gpu_x.py::y", got("failed", 0), got("failed", 0)) == "elsewhere"
    assert verdict("t/gpu_x.py::y", got("failed", 0)) == "FAILED"
    assert verdict("t/other.py::y", got(opened=0)) == "FAILED"


def a_run(folder, native):
    """A run's records in a folder: the same on both providers but for what `native` says."""
    tests = {
        "t/a.py::plain": got(),
        "t/a.py::whole": got("failed", text=SPLIT),
        "t/a.py::twice": got(differences=TWICE),
        "t/a.py::files": got("failed", text=FILES),
        "t/gpu_x.py::y": got("failed", 0),
    }
    built_in = {test: got("failed" if "gpu" in test else "passed", 0) for test in tests}
    for side, records in (("built-in", built_in), ("native", tests | native), ("postgresql", tests)):
        lines = [json.dumps(record | {"test": test}) for test, record in records.items()]
        (Path(folder) / f"{side}.jsonl").write_text("\n".join(lines) + "\n")
    return {side: judge.read(Path(folder) / f"{side}.jsonl") for side in ("built-in", *judge.SIDES)}


def a_whole_run_is_judged_and_written_down():
    with tempfile.TemporaryDirectory() as folder:
        records = a_run(folder, {})

        verdicts, general = judge.judge_all(records, REASONS)
        lines, counts = judge.document(verdicts, records, REASONS, "abc1234", [])

    assert general == []
    assert counts == {"passed": 2, "differs": 4, "inside": 2, "elsewhere": 2}
    text = "\n".join(lines)
    for said in ("abc1234", "no split", "no cut", "its files", "a graphics processor", "| t/a.py::plain |"):
        assert said in text, said


def an_entry_without_a_test_and_a_pattern_that_no_test_needs_are_named():
    with tempfile.TemporaryDirectory() as folder:
        records = a_run(folder, {})
    for side in records.values():
        del side["t/a.py::whole"], side["t/gpu_x.py::y"]

    _, general = judge.judge_all(records, REASONS)

    assert len(general) == 2 and "t/a.py::whole" in general[0] and "t/gpu_*" in general[1], general


def one_provider_alone_can_fail():
    with tempfile.TemporaryDirectory() as folder:
        records = a_run(folder, {"t/a.py::plain": got("failed")})

    verdicts, general = judge.judge_all(records, REASONS)

    failed = judge.failures(verdicts, general)
    assert len(failed) == 1 and "t/a.py::plain on native" in failed[0], failed


def the_digest_knows_names_and_contents():
    with tempfile.TemporaryDirectory() as folder:
        suite = Path(folder) / "t"
        suite.mkdir()
        (suite / "a.py").write_text("1")
        one = digest(folder, ["t"])
        (suite / "a.py").write_text("2")
        other = digest(folder, ["t"])
        (suite / "a.py").rename(suite / "b.py")
        renamed = digest(folder, ["t"])

    assert len({one, other, renamed}) == 3


def the_file_of_reasons_can_be_read_and_says_why_each_time():
    reasons = Reasons.read(FILE)
    entries = [*reasons.deviations.values(), *reasons.inside.values(), *reasons.elsewhere]

    assert entries and all(len(entry["why"]) > 10 for entry in entries)
    assert all(entry["contract"] for entry in reasons.deviations.values())


passed, failed = 0, 0
for test in [thing for name, thing in list(globals().items()) if callable(thing) and "_" in name]:
    if test.__code__.co_argcount:
        continue
    try:
        test()
        passed += 1
    except Exception:
        failed += 1
        print("FAILED", test.__name__.replace("_", " "))
        traceback.print_exc(file=sys.stdout)
print(f"# openviking_suite: {passed} passed, {failed} failed, 0 skipped")
sys.exit(failed != 0)
