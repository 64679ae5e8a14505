# SPDX-License-Identifier: Apache-2.0
"""reasons.toml: why a test of OpenViking's does not pass on this host, or is not about a store."""

import hashlib
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

FILE = Path(__file__).with_name("reasons.toml")


def _check(entry):
    """ValueError unless it says how the test fails: what the failure's text holds (`fails`), or what each
    single comparison's text holds (`differences`). Without that, a crash would be a difference on purpose."""
    fails, differences = entry.get("fails"), entry.get("differences")
    texts = differences if differences is not None else [fails]
    if (
        (fails is None) == (differences is None)
        or not isinstance(texts, list)
        or not texts
        or not all(isinstance(text, str) and text for text in texts)
    ):
        raise ValueError(f"{entry['test']}: says neither by `fails` nor by `differences` how it fails, or by both")


class Reasons:
    """What the file says, by a test's id. `release` and `digest` say which tests it was written for."""

    def __init__(self, content):
        self.release = content["release"]
        self.digest = content["digest"]
        self.suites = content["suites"]
        self.deviations = {entry["test"]: entry for entry in content.get("deviation", [])}
        self.inside = {entry["test"]: entry for entry in content.get("inside", [])}
        self.elsewhere = content.get("elsewhere", [])
        for entry in [*self.deviations.values(), *self.inside.values()]:
            _check(entry)

    @classmethod
    def read(cls, file=FILE):
        return cls(tomllib.loads(file.read_text()))

    def why_elsewhere(self, test):
        """Why tests of this pattern speak to no store, or None when nothing is said."""
        for entry in self.elsewhere:
            if fnmatchcase(test, entry["tests"]):
                return entry["why"]
        return None


def digest(checkout, suites):
    """What tells one release's tests from another's: SHA-256 over names and contents of the suites."""
    total = hashlib.sha256()
    root = Path(checkout)
    files = [file for s in suites for file in ([root / s] if s.endswith(".py") else (root / s).rglob("*.py"))]
    for file in sorted(files):
        total.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes() + b"\0")
    return total.hexdigest()
