# SPDX-License-Identifier: Apache-2.0
"""The wheel that python/README.md installs: OV_TEST_WHEEL names the environment it is in."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WHEEL = os.environ.get("OV_TEST_WHEEL")
# What needs nothing but the standard library.
PARTS = ("test_values", "test_calls", "test_life", "test_errors")


def block(kind):
    text = (ROOT / "python/README.md").read_text(encoding="utf-8")
    return re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL)[1]


def run_example(python, **environment):
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/build")
        done = subprocess.run([python, "-c", block("python")], cwd=folder, env={**os.environ, **environment},
                              capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def find_python(version):
    """Of the path, or one that pyenv keeps off it."""
    kept = pathlib.Path(os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))) / "versions"
    for python in [shutil.which(f"python{version}"), *kept.glob(f"{version}.*/bin/python{version}")]:
        if python and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0:
            return python
    return None


@unittest.skipIf(not WHEEL, "no wheel was built")
class Wheel(unittest.TestCase):
    def setUp(self):
        self.packages = next(pathlib.Path(WHEEL).glob("lib/python3*/site-packages"))
        self.info = next(self.packages.glob("ov_host-*.dist-info"))

    def test_one_wheel_serves_every_python(self):
        self.assertRegex((self.info / "WHEEL").read_text(encoding="utf-8"), r"\nTag: cp311-abi3-linux_\w+\n?$")
        files = (self.info / "RECORD").read_text(encoding="utf-8")
        backends = {"native"} | ({"pgvector"} if shutil.which("pg_config") else set())
        libraries = sorted(re.findall(r"^([^,]*\.so[^,]*)", files, re.MULTILINE))
        self.assertEqual(libraries, ["ov_host/_core.abi3.so"] +
                         sorted(f"ov_host/backends/libov_backend_{name}.so" for name in backends))
        self.assertNotIn(".mesonpy.libs", files)

    def test_nothing_of_the_host_is_visible_but_the_entry(self):
        done = subprocess.run(["nm", "-D", "--defined-only", self.packages / "ov_host/_core.abi3.so"],
                              capture_output=True, text=True, check=True)
        self.assertEqual([line.split()[-1] for line in done.stdout.splitlines()], ["PyInit__core"])

    def test_the_example_of_the_readme_prints_what_it_says(self):
        self.assertEqual(run_example(f"{WHEEL}/bin/python"), block("text"))
        self.assertLessEqual(len(block("python").strip().splitlines()), 26)

    def test_the_suite_runs_on_the_wheel(self):
        import ov_host

        self.assertTrue(ov_host.__file__.startswith(str(self.packages)), ov_host.__file__)

    def check_other(self, version):
        python = find_python(version)
        if python is None:
            self.skipTest(f"there is no Python {version}")
        self.assertEqual(run_example(python, PYTHONPATH=str(self.packages)), block("text"))
        suite = [python, "-B", ROOT / "tests/python/suite.py", *PARTS]
        done = subprocess.run(suite, env={**os.environ, "PYTHONPATH": str(self.packages), "OV_TEST_PG_INI": ""},
                              capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_same_files_serve_python_3_12(self):
        self.check_other("3.12")

    def test_the_same_files_serve_python_3_13(self):
        self.check_other("3.13")

    def test_the_same_files_serve_python_3_14(self):
        self.check_other("3.14")


class Missing(unittest.TestCase):
    def test_a_missing_library_is_named_as_debians_package(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(f"{folder}/none")
            done = subprocess.run(["/usr/bin/meson", "setup", f"{folder}/build", str(ROOT / "python")],
                                  env={**os.environ, "PKG_CONFIG_LIBDIR": f"{folder}/none"}, capture_output=True,
                                  text=True, timeout=120, check=False)
        self.assertNotEqual(done.returncode, 0)
        line = next(line for line in done.stdout.splitlines() if "ERROR" in line)
        self.assertRegex(line, r"missing: apt-get install .*libinih-dev.*libsqlite3-dev")


if __name__ == "__main__":
    sys.exit(unittest.main())
