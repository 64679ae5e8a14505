# SPDX-License-Identifier: Apache-2.0
"""pytest plug-in of scripts/openviking-tests: writes down what became of each test.

A line of JSON for each: its id, its outcome, seconds, how often it took a store of the side
under test, and for a failure its text. A test that differs on purpose in single comparisons, by its entry
in reasons.toml, goes on after each of them, so that everything else in it is still looked at; which
comparisons differed is written down too. What such a test asks of the built-in engine's own parts is
answered with nothing, which is a difference like any other.
"""

import json
import os
import sys
import unittest
from contextlib import nullcontext
from pathlib import Path

import pytest
from reasons import Reasons

_KEY = pytest.StashKey[dict]()


def pytest_configure(config):
    config.pluginmanager.register(_Recorder(Path(os.environ["OV_SUITE_RECORD"])), "ov-suite-recorder")


def _opened():
    """How often this process has taken a store so far; the built-in engine's do not count."""
    return sys.modules["ours"].opened if "ours" in sys.modules else 0


class _Recorder:
    def __init__(self, record):
        self.record = record
        self.reasons = Reasons.read()
        self.record.write_text("")

    def _write(self, line):
        with self.record.open("a") as out:
            out.write(json.dumps(line, sort_keys=True) + "\n")

    def pytest_collectreport(self, report):
        if report.failed:
            self._write(
                {"test": report.nodeid, "outcome": "not loaded", "opened": 0, "seconds": 0}
                | {"text": _last_line(report.longreprtext), "differences": []}
            )

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item, nextitem):
        before = _opened()
        notes = {"test": item.nodeid, "outcome": "passed", "text": "", "seconds": 0.0}
        item.stash[_KEY] = notes
        differences = []
        entry = self.reasons.deviations.get(item.nodeid, {})
        goes_on = entry.get("differences") and os.environ["OV_SUITE_SIDE"] != "built-in"
        with _going_on(differences, entry.get("absent", {})) if goes_on else nullcontext():
            yield
        notes["seconds"] = round(notes["seconds"], 2)
        self._write(notes | {"opened": _opened() - before, "differences": differences})

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = (yield).get_result()
        notes = item.stash[_KEY]
        notes["seconds"] += report.duration
        if report.failed:
            notes.update(outcome="failed", text=_last_line(report.longreprtext))
        elif report.skipped and notes["outcome"] == "passed":
            notes.update(outcome="skipped", text=str(report.longrepr[-1]))


def _last_line(text):
    """The error itself out of a traceback as pytest prints it."""
    errors = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
    lines = errors or [line for line in text.splitlines() if line.strip()]
    return lines[0][:300] if lines else ""


class _going_on:
    """Within it, a comparison of unittest that fails is written down and the test goes on."""

    NAMES = ("assertEqual", "assertGreater", "assertTrue")

    def __init__(self, differences, absent):
        self._differences = differences
        self._absent = absent
        self._kept = {name: getattr(unittest.TestCase, name) for name in self.NAMES}

    def __enter__(self):
        for name in self.NAMES:
            setattr(unittest.TestCase, name, self._tolerant(self._kept[name]))
        if self._absent:
            from ov_host.openviking.collection import HostIndex

            for name, answer in self._absent.items():
                setattr(HostIndex, name, (lambda _: 0) if answer == "call" else answer)
        return self

    def _tolerant(self, compare):
        def go_on(case, *values, **more):
            try:
                compare(case, *values, **more)
            except AssertionError as error:
                self._differences.append(str(error).splitlines()[0][:300])

        return go_on

    def __exit__(self, *error):
        for name in self.NAMES:
            setattr(unittest.TestCase, name, self._kept[name])
        if self._absent:
            from ov_host.openviking.collection import HostIndex

            for name in self._absent:
                delattr(HostIndex, name)
        return False
