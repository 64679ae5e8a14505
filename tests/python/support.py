# SPDX-License-Identifier: Apache-2.0
"""Stores to test on: native in a temporary folder, pgvector in a schema of its own.

``@on_each_provider`` makes of one class of tests a class for each provider that is
there: PostgreSQL where OV_TEST_PG_INI names a configuration of the test server.
"""

import configparser
import itertools
import os
import shutil
import sys
import tempfile
import unittest

import ov_host

DIM = 4
_numbers = itertools.count()

FIELDS = [
    {"FieldName": "id", "FieldType": "string", "IsPrimaryKey": True},
    {"FieldName": "vector", "FieldType": "vector", "Dim": DIM},
    {"FieldName": "terms", "FieldType": "sparse_vector"},
    {"FieldName": "flag", "FieldType": "bool"},
    {"FieldName": "n", "FieldType": "int64"},
    {"FieldName": "x", "FieldType": "float32"},
    {"FieldName": "name", "FieldType": "string"},
    {"FieldName": "body", "FieldType": "text"},
    {"FieldName": "place", "FieldType": "geo_point"},
    {"FieldName": "when", "FieldType": "date_time"},
    {"FieldName": "way", "FieldType": "path"},
    {"FieldName": "tags", "FieldType": "list<string>"},
    {"FieldName": "numbers", "FieldType": "list<int64>"},
]
SCALARS = ["flag", "n", "name", "when", "way", "tags"]


def meta(*more):
    return {"Fields": [*FIELDS, *more], "ScalarIndex": SCALARS}


def record(key, **values):
    return {"id": key, "vector": [1, 0, 0, 0], **values}


def server_options():
    """The options of the test server's profile, or None."""
    ini = os.environ.get("OV_TEST_PG_INI")
    if not ini:
        return None
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ini)
    return {k: v.strip('"') for k, v in parser["storage.vectordb"].items()}


class StoreCase(unittest.TestCase):
    """A store and, after make(), a collection in it."""

    provider = "native"

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.host = ov_host.Host()
        self.store = self.open()

    def options(self):
        if self.provider == "native":
            return {"backend": "native", "path": self.folder, "dimension": DIM}
        if not hasattr(self, "schema"):
            self.schema = f"py_{os.getpid()}_{next(_numbers)}"
            self.addCleanup(self.clear_schema)
        return {**server_options(), "schema": self.schema, "dimension": DIM}

    def clear_schema(self):
        with self.host.open(self.options()) as store:
            for name in store.collections():
                store.drop(name)

    def open(self, **more):
        store = self.host.open({**self.options(), **more})
        self.addCleanup(store.close)
        return store

    def make(self, name="context", described=None, indexes=None):
        self.store.create(name, described or meta(), indexes)
        self.collection = self.store.collection(name)
        return self.collection

    def error(self, kind, run, *args, **named):
        """Runs what must fail and gives the error."""
        with self.assertRaises(kind) as caught:
            run(*args, **named)
        return caught.exception


def on_each_provider(case):
    names = sys.modules[case.__module__].__dict__
    for provider in ["native", "pgvector"]:
        if provider == "pgvector" and server_options() is None:
            continue
        made = type(f"{case.__name__}On{provider.capitalize()}", (case, StoreCase), {"provider": provider})
        made.__module__ = case.__module__
        names[made.__name__] = made
    return case
