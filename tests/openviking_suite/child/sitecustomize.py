# SPDX-License-Identifier: Apache-2.0
"""Puts our store below OpenViking's tests in every interpreter of the run.

Python imports a module of this name at its start. The tests also start interpreters of their own (to
kill them), so a plug-in of pytest alone would not reach all: this folder stands in PYTHONPATH instead.
Nothing is imported here. What must change is changed at the moment when OpenViking's module has been
loaded, before any test has taken a name from it.
"""

import importlib.machinery
import os
import sys

TARGETS = {
    "openviking.storage.vectordb.collection.local_collection": "replace_collection",
    "openviking.storage.vectordb_adapters.factory": "replace_adapter",
}


class _Loader:
    """The module's own loader, and then our change."""

    def __init__(self, loader, change):
        self._loader = loader
        self._change = change

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        import ours

        getattr(ours, self._change)(module)

    def __getattr__(self, name):
        return getattr(self._loader, name)


class _Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in TARGETS:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = _Loader(spec.loader, TARGETS[name])
        return spec


if os.environ.get("OV_SUITE_SIDE", "built-in") != "built-in":
    sys.meta_path.insert(0, _Finder)
