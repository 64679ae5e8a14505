# SPDX-License-Identifier: Apache-2.0
"""suite.py [--in FOLDER] [PATTERN...]: run the tests, one line a failure, the counts in the last
line.

The slowest tests and every skip with its reason are printed as well. The folder `openviking`
needs an interpreter that has OpenViking.
"""

import pathlib
import sys
import time
import unittest


class Result(unittest.TextTestResult):
    def startTest(self, test):
        self.began = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        self.times = getattr(self, "times", [])
        self.times.append((time.monotonic() - self.began, test.id()))
        super().stopTest(test)


def main(patterns):
    folder, suite = pathlib.Path(__file__).parent, "python"
    if patterns[:1] == ["--in"]:
        folder, suite, patterns = folder / patterns[1], f"python {patterns[1]}", patterns[2:]
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{p}*" for p in patterns] or None
    tests = loader.discover(str(folder))
    result = unittest.TextTestRunner(resultclass=Result, stream=sys.stdout, verbosity=0).run(tests)
    for seconds, name in sorted(getattr(result, "times", []), reverse=True)[:5]:
        print(f"slow: {seconds:.1f} s {name}")
    for test, reason in result.skipped:
        print(f"skip: {test.id()}: {reason}")
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    print(f"# {suite}: {result.testsRun - failed - len(result.skipped)} passed, {failed} failed, "
          f"{len(result.skipped)} skipped")
    return failed != 0 or result.testsRun == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
