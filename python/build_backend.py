# SPDX-License-Identifier: Apache-2.0
"""What pip builds the package with: meson-python, but for the source package.

`meson dist` packs this folder alone, and the C code lies above it (subprojects/ov leads there).
The source package has it in that place, so that it builds from itself.
"""

import gzip
import io
import os
import tarfile
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
TREE = "subprojects/ov"
OWN = ("LICENSE", "README.md", "build_backend.py", "meson.build", "pyproject.toml")
# Of the tree: what its meson.build goes through without tests and benchmarks.
PARTS = (
    "LICENSE",
    "core",
    "examples/headers",
    "meson.build",
    "meson_options.txt",
    "plugins",
    "python/make-tree",
    "python/ov_host",
    "python/src",
)


def __getattr__(name):
    """The other hooks."""
    import mesonpy

    return getattr(mesonpy, name)


def _metadata(project):
    lines = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}",
             f"Summary: {project['description']}", f"License: {project['license']['text']}"]
    lines += [f"Classifier: {one}" for one in project["classifiers"]]
    lines += [f"Requires-Python: {project['requires-python']}",
              "Description-Content-Type: text/markdown", ""]
    text = "\n".join(lines) + "\n" + (HERE / "README.md").read_text(encoding="utf-8")
    return text.encode()


def _files():
    """(name in the package, file), in order."""
    for name in OWN:
        file = HERE / name
        yield name, file if file.exists() else HERE / TREE / name
    for part in PARTS:
        top = HERE / TREE / part
        for file in [top] if top.is_file() else sorted(top.rglob("*")):
            hidden = any(p.startswith(".") or p == "__pycache__" for p in file.relative_to(HERE).parts)
            if file.is_file() and not hidden:
                yield f"{TREE}/{file.relative_to(HERE / TREE)}", file


def _add(archive, name, content, mode, when):
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(content), mode, when
    archive.addfile(entry, io.BytesIO(content))


def get_requires_for_build_sdist(config_settings=None):
    return []


def build_sdist(sdist_directory, config_settings=None):
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    top = f"{project['name'].replace('-', '_')}-{project['version']}"
    when = int(os.environ.get("SOURCE_DATE_EPOCH", 0))
    target = Path(sdist_directory) / f"{top}.tar.gz"
    with (gzip.GzipFile(target, "wb", mtime=when) as packed,
          tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive):
        _add(archive, f"{top}/PKG-INFO", _metadata(project), 0o644, when)
        for name, file in _files():
            mode = 0o755 if os.access(file, os.X_OK) else 0o644
            _add(archive, f"{top}/{name}", file.read_bytes(), mode, when)
    return target.name
