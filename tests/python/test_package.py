# SPDX-License-Identifier: Apache-2.0
"""The package as such: versions, stubs, lists, and that importing it is always safe."""

import ast
import inspect
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import unittest

import ov_host
from ov_host import _core

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python/ov_host"


class Package(unittest.TestCase):
    def test_one_version_everywhere(self):
        header = (ROOT / "core/include/ov/host.h").read_text(encoding="utf-8")
        version = re.search(r'OV_HOST_VERSION "(.*)"', header)[1]
        project = tomllib.loads((ROOT / "python/pyproject.toml").read_text(encoding="utf-8"))["project"]
        meson = (ROOT / "python/meson.build").read_text(encoding="utf-8")
        self.assertEqual({ov_host.version(), ov_host.__version__, project["version"],
                          re.search(r"version : '(.*)'", meson)[1]}, {version})

    def test_every_python_file_is_installed(self):
        listed = set()
        for build in PACKAGE.rglob("meson.build"):
            for name in re.findall(r"'([^']+\.pyi?|[^']*py\.typed)'", build.read_text(encoding="utf-8")):
                listed.add(build.parent / name)
        there = {p for p in PACKAGE.rglob("*") if p.suffix in (".py", ".pyi") or p.name == "py.typed"}
        self.assertEqual({p for p in there if "__pycache__" not in p.parts}, listed)

    def test_the_stub_says_what_the_extension_has(self):
        tree = ast.parse((PACKAGE / "_core.pyi").read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                self.assertTrue(callable(getattr(_core, node.name)), node.name)
            if not isinstance(node, ast.ClassDef):
                continue
            kind = getattr(_core, node.name)
            said = {n.name for n in node.body if isinstance(n, ast.FunctionDef)}
            said |= {n.target.id for n in node.body if isinstance(n, ast.AnnAssign)}
            there = {n for n in vars(kind) if not n.startswith("_")}
            if not issubclass(kind, BaseException):
                self.assertEqual({n for n in said if not n.startswith("_")}, there, node.name)
            for method in (n for n in node.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("__")):
                names = [a.arg for a in method.args.args + method.args.kwonlyargs]
                signature = inspect.signature(getattr(kind, method.name))
                self.assertEqual(names, [n for n in signature.parameters if n != "words"], f"{node.name}.{method.name}")
                self.assertTrue(inspect.getdoc(getattr(kind, method.name)))

    def test_the_package_offers_the_whole_extension(self):
        public = {n for n in vars(_core) if not n.startswith("_")}
        self.assertEqual(set(ov_host.__all__), public)
        self.assertLessEqual(public, set(dir(ov_host)))
        stub = (PACKAGE / "__init__.pyi").read_text(encoding="utf-8")
        self.assertEqual(set(re.findall(r"as (\w+)", stub)), public)
        with self.assertRaises(AttributeError):
            ov_host.nobody

    def test_importing_the_package_loads_no_library(self):
        code = "import sys, ov_host; sys.exit('ov_host._core' in sys.modules)"
        self.assertEqual(subprocess.run([sys.executable, "-c", code], check=False).returncode, 0)

    def test_a_broken_extension_says_so_when_it_is_used(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "ov_host"
            copy.mkdir()
            (copy / "__init__.py").write_bytes((PACKAGE / "__init__.py").read_bytes())
            (copy / "_core.abi3.so").write_text("no library", encoding="ascii")
            code = f"import sys; sys.path.insert(0, {folder!r}); import ov_host; print('fine'); ov_host.Host"
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        self.assertEqual(done.stdout, "fine\n")
        self.assertIn("ImportError", done.stderr)

    def test_providers_lie_beside_the_extension_wherever_it_was_loaded_from(self):
        """An editable install loads it from where it was built."""
        beside = pathlib.Path(_core.__file__).resolve().parent / "backends"
        self.assertIn("libov_backend_native.so", [file.name for file in beside.glob("*.so")])
        host = ov_host.Host(plugin_path=beside)
        self.assertEqual(host.describe("native")["name"], "native")


class Source(unittest.TestCase):
    def unpacked(self, backend, folder):
        """What the backend packs, unpacked."""
        code = f"import sys; sys.path.insert(0, {str(backend)!r}); import build_backend as b; print(b.build_sdist({folder!r}))"
        name = subprocess.run([sys.executable, "-B", "-c", code], check=True, capture_output=True, text=True).stdout.strip()
        with tarfile.open(f"{folder}/{name}") as archive:
            archive.extractall(folder)
        return pathlib.Path(folder) / name.removesuffix(".tar.gz"), (pathlib.Path(folder) / name).read_bytes()

    def test_the_source_package_holds_all_that_it_is_built_from(self):
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
            tree, packed = self.unpacked(ROOT / "python", folder)
            inside = tree / "subprojects/ov"
            for part in ("core", "plugins", "python/src", "python/ov_host"):
                for file in (ROOT / part).rglob("*"):
                    if file.suffix in (".c", ".h", ".py", ".pyi", ".map", ".build") and file.is_file():
                        copy = inside / file.relative_to(ROOT)
                        self.assertEqual(copy.read_bytes(), file.read_bytes())
            self.assertRegex((tree / "PKG-INFO").read_text(encoding="utf-8"), r"(?s)^Metadata-Version: .*\nName: ov-host\n.*# ov_host")
            done = subprocess.run(["/usr/bin/meson", "setup", f"{folder}/build", str(tree)], capture_output=True, text=True,
                                  timeout=120, check=False)
            self.assertEqual(done.returncode, 0, done.stdout)
            # It makes the same of itself.
            self.assertEqual(self.unpacked(tree, other)[1], packed)


if __name__ == "__main__":
    unittest.main()
