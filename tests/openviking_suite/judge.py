# SPDX-License-Identifier: Apache-2.0
"""What the records of a run mean, and docs/openviking-tests.md out of them.

    judge.py RECORDS DOCUMENT COMMIT   RECORDS holds built-in.jsonl, native.jsonl, postgresql.jsonl

A test of a store (it took one of ours) passes, or stands in reasons.toml and ends as its entry says. A test that took none
runs OpenViking's own code alone: it must end as it ends with the built-in engine, and its file's
reason must stand in reasons.toml. An entry whose test passes after all is stale, which is a failure.
"""

import datetime
import json
import sys
from collections import Counter
from pathlib import Path

from reasons import Reasons

SIDES = ("native", "postgresql")
ABSENT = {"outcome": "not run", "opened": 0, "differences": [], "text": "", "seconds": 0}


def read(record):
    """The record's tests by id. A test that failed to load stands under its file."""
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    return {line["test"]: ABSENT | line for line in lines}


def judge(test, got, built_in, reasons):
    """(verdict, text) of a test on one side: passed, differs, inside, elsewhere or FAILED."""
    if "not run" in (got["outcome"], built_in["outcome"]):
        return "FAILED", "it was not run everywhere"
    clean = got["outcome"] == "passed" and not got["differences"]
    listed = reasons.deviations.get(test) or reasons.inside.get(test)
    if listed and clean:
        return "FAILED", "its entry in reasons.toml is stale: it passes"
    if listed:
        return _listed("inside" if test in reasons.inside else "differs", got, listed)
    if clean and got["opened"]:
        return "passed", ""
    if got["opened"] == 0 and got["outcome"] == built_in["outcome"]:
        why = reasons.why_elsewhere(test)
        return ("elsewhere", why) if why else ("FAILED", "takes no store, and no entry says why")
    return "FAILED", f"{got['outcome']}, built-in: {built_in['outcome']}. {got['text']}"


def _listed(verdict, got, entry):
    """A test with an entry must end as the entry says; any other failure is one of ours."""
    found = got["differences"]
    if "fails" in entry:
        said = f"failed with \"{entry['fails']}\""
        holds = got["outcome"] == "failed" and not found and entry["fails"] in got["text"]
    else:
        wanted = entry["differences"]
        said = f"passed but for {wanted}"
        holds = got["outcome"] == "passed" and len(found) == len(wanted)
        holds = holds and all(text in line for text, line in zip(wanted, found))
    if holds:
        return verdict, entry["why"]
    return "FAILED", f"{got['outcome']}, differences {found}, not {said}. {got['text']}"


def judge_all(records, reasons):
    """{test: {side: (verdict, text)}} and what concerns no single test."""
    tests = sorted({test for side in records.values() for test in side})
    verdicts = {
        test: {
            side: judge(
                test, records[side].get(test, ABSENT), records["built-in"].get(test, ABSENT), reasons
            )
            for side in SIDES
        }
        for test in tests
    }
    known = [*reasons.deviations, *reasons.inside]
    lost = [test for test in known if test not in verdicts]
    idle = [e["tests"] for e in reasons.elsewhere if not _used(e["why"], verdicts)]
    return verdicts, [f"reasons.toml names a test that there is not: {t}" for t in lost] + [
        f"reasons.toml has a pattern that no test needs: {t}" for t in idle
    ]


def _used(why, verdicts):
    return any(v == ("elsewhere", why) for sides in verdicts.values() for v in sides.values())


# ------------------------------------------------------------------------- the document


def cell(text):
    return " ".join(str(text).split()).replace("|", "\\|")


def name(test):
    return test.removeprefix("tests/")


def table(head, rows):
    bar = lambda cells: "| " + " | ".join(cell(c) for c in cells) + " |"  # noqa: E731
    return [bar(head), "|" + "---|" * len(head), *map(bar, rows), ""]


def on_a_store(verdicts, records):
    rows = []
    for test, sides in verdicts.items():
        if all(verdict == "elsewhere" for verdict, _ in sides.values()):
            continue
        built_in = records["built-in"].get(test, ABSENT)["outcome"]
        rows.append([name(test), built_in, *(sides[side][0] for side in SIDES)])
    return table(["test", "built-in engine", *SIDES], rows)


def with_reason(verdicts, records, verdict, reasons):
    """The tests of one verdict, with why, and what was found to differ."""
    rows = []
    for test, sides in verdicts.items():
        side = next((s for s in SIDES if sides[s][0] == verdict), None)
        if side is None:
            continue
        entry = reasons.deviations.get(test) or reasons.inside[test]
        found = records[side][test]
        shown = "; ".join(found["differences"]) or found["text"]
        case = [entry["contract"]] if "contract" in entry else []
        rows.append([name(test), *case, entry["why"], shown[:160]])
    case = ["case"] if verdict == "differs" else []
    return table(["test", *case, "why", "what differs"], rows)


def elsewhere(verdicts, records):
    """A row for each file and reason, with how its tests ended (on both sides alike)."""
    groups = {}
    for test, sides in verdicts.items():
        if sides[SIDES[0]][0] == "elsewhere":
            key = (test.split("::")[0], sides[SIDES[0]][1])
            groups.setdefault(key, Counter())[records["built-in"][test]["outcome"]] += 1
    rows = [
        [name(file), ", ".join(f"{n} {outcome}" for outcome, n in sorted(ends.items())), why]
        for (file, why), ends in groups.items()
    ]
    return table(["file", "as with the built-in engine", "why it is about no store"], rows)


def fail_by_themselves(verdicts, records):
    """Tests without a store that fail with the built-in engine in the same way."""
    built_in = records["built-in"]
    rows = [
        [name(test), built_in[test]["text"][:160]]
        for test, sides in verdicts.items()
        if sides[SIDES[0]][0] == "elsewhere" and built_in[test]["outcome"] not in ("passed", "skipped")
    ]
    return table(["test", "how it fails"], rows) if rows else []


def failures(verdicts, general):
    lines = [f"{name(t)} on {s}: {v[1]}" for t, ss in verdicts.items() for s, v in ss.items() if v[0] == "FAILED"]
    return [f"* {cell(line)}" for line in [*lines, *general]]


def document(verdicts, records, reasons, commit, failed):
    counts = Counter(sides[side][0] for sides in verdicts.values() for side in SIDES)
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    said = ", ".join(
        f"{counts[key]} {text}"
        for key, text in (
            ("passed", "passed"),
            ("differs", "differ on purpose"),
            ("inside", "reach into the built-in engine"),
            ("elsewhere", "take no store"),
        )
    )
    return [
        "# OpenViking's own vector tests",
        "",
        "Written by `scripts/openviking-tests CHECKOUT`, which runs them with this project's collection in place "
        "of the built-in one. None of their code is in this repository. Each test counts once for each provider.",
        "",
        *table(
            ["release", "date", "commit", "failed", "others"],
            [[reasons.release, today, commit, len(failed), said]],
        ),
        *(["## Failed", "", *failed, ""] if failed else []),
        "## On a store",
        "",
        *on_a_store(verdicts, records),
        "## Different on purpose",
        "",
        "The case is this project's own of the same matter, in `tests/contract/cases.jsonl`. A test that differs in "
        "single comparisons runs on to its end, and all others in it hold.",
        "",
        *with_reason(verdicts, records, "differs", reasons),
        "## Inside of the built-in engine",
        "",
        *with_reason(verdicts, records, "inside", reasons),
        "## Without a store",
        "",
        *elsewhere(verdicts, records),
        "Of these, the following do not pass with the release itself, this project being no part of it:",
        "",
        *fail_by_themselves(verdicts, records),
    ], counts


def main(records_folder, file, commit):
    reasons = Reasons.read()
    records = {side: read(Path(records_folder) / f"{side}.jsonl") for side in ("built-in", *SIDES)}
    verdicts, general = judge_all(records, reasons)
    failed = failures(verdicts, general)
    lines, counts = document(verdicts, records, reasons, commit, failed)
    Path(file).write_text("\n".join(lines).rstrip() + "\n")
    print("\n".join(failed))
    skipped = counts["differs"] + counts["inside"] + counts["elsewhere"]
    print(f"# openviking-tests: {counts['passed']} passed, {len(failed)} failed, {skipped} skipped")
    return 1 if failed or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
