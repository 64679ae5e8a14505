# SPDX-License-Identifier: Apache-2.0
"""ov.conf becomes what the host is opened with, or an error that names the key."""

import unittest
from pathlib import Path
from types import SimpleNamespace

from ov_host.openviking.settings import settings_of


def section(custom=None, **more):
    custom = {} if custom is None else custom
    if "config" not in custom:
        custom = {"backend": "native", **custom}
    return bare(custom, **more)


def bare(custom, **more):
    given = dict(
        backend="ov_host.openviking.HostCollectionAdapter", name="context", path="/w", url=None,
        index_name="default", distance_metric="cosine", dimension=0, sparse_weight=0.0,
        custom_params=custom,
    )
    return SimpleNamespace(**{**given, **more})


def options(custom=None, **more):
    return dict(settings_of(section(custom, **more)).where.options)


class Settings(unittest.TestCase):
    def test_without_a_path_the_native_provider_has_a_folder_of_its_own(self):
        self.assertEqual(options(), {"backend": "native", "path": "/w/ov_native"})

    def test_where_the_records_go_must_be_said(self):
        for custom in ({}, None, {"path": "/x"}, {"url": "postgresql:///x"}, {"bakend": "pgvector"},
                       {"backend": ""}, {"backend": None}, {"config": None}, {"table": "t"}):
            with self.subTest(custom), self.assertRaisesRegex(ValueError, "neither 'backend' nor 'config'"):
                settings_of(bare(custom))
        misspelt = SimpleNamespace(path="/w", custom_parms={"backend": "pgvector"})
        with self.assertRaisesRegex(ValueError, "neither 'backend' nor 'config'"):
            settings_of(misspelt)

    def test_the_keys_of_the_ini_file_reach_the_provider(self):
        custom = {"backend": "postgres_pgvector", "url": "postgresql:///x", "schema": "s",
                  "timeout": "5s", "pool_size": 4}

        self.assertEqual(options(custom), custom)

    def test_a_url_beside_custom_params_is_refused_and_not_printed(self):
        for custom in ({"backend": "pgvector"}, {"backend": "native"}, {"config": "ov.ini"}, {},
                       {"backend": "pgvector", "url": "postgresql:///y"}):
            with self.subTest(custom), self.assertRaises(ValueError) as caught:
                settings_of(bare(custom, url="postgresql://u:secret@h/y"))
            self.assertIn("storage.vectordb.url", str(caught.exception))
            self.assertNotIn("secret", str(caught.exception))

    def test_a_relative_path_begins_at_the_workspace(self):
        self.assertEqual(options({"path": "deep/er"})["path"], "/w/deep/er")
        self.assertEqual(options({"path": "/else"})["path"], "/else")

    def test_two_spellings_of_a_folder_are_the_same_store(self):
        one = settings_of(section({"path": "a/../b"}))
        two = settings_of(section({"path": "b"}))

        self.assertEqual(one.where, two.where)

    def test_adapters_that_differ_in_collection_only_share_a_store(self):
        one = settings_of(section({"table": "t"}, dimension=8, sparse_weight=0.5))
        two = settings_of(section(name="context_bench_1", dimension=4, distance_metric="l2"))

        self.assertEqual(one.where, two.where)

    def test_an_ini_file_says_everything_but_the_adapters_own(self):
        settings = settings_of(section({"config": "ov.ini", "profile": "p", "plugin_path": "/l",
                                        "use_content_field": True}))

        self.assertEqual(settings.where, (None, "/w/ov.ini", "p", None, "/l"))
        self.assertTrue(settings.use_content_field)
        with self.assertRaisesRegex(ValueError, "'url' belongs into 'ov.ini'"):
            settings_of(section({"config": "ov.ini", "url": "x"}))
        with self.assertRaisesRegex(ValueError, "'profile'"):
            settings_of(section({"profile": "p"}))

    def test_python_code_may_say_paths_by_path_objects(self):
        self.assertEqual(settings_of(section({"path": Path("a/../b")})).where,
                         settings_of(section({"path": "b"})).where)
        self.assertEqual(settings_of(section({"config": Path("ov.ini"), "plugin_path": Path("/l")},
                                             path=Path("/w"))).where,
                         (None, "/w/ov.ini", "", None, "/l"))

    def test_what_ov_conf_says_itself_is_not_said_otherwise(self):
        for key, value in (("distance", "l2"), ("sparse_weight", 0.3), ("dimension", 8)):
            with self.assertRaisesRegex(ValueError, f"'{key}' is .*say it there"):
                settings_of(section({key: value}, dimension=4))
        self.assertNotIn("distance", options({"distance": "cosine"}))
        self.assertNotIn("dimension", options({"dimension": "4"}, dimension=4))

    def test_a_value_of_the_wrong_kind_names_its_key(self):
        for key, value in (
            ("schema", {"a": 1}), ("url", None), ("plugin_path", 7), ("use_content_field", "yes"),
            ("table", 7), ("score_scale", "linear"), ("mode", "volcengine"), ("mode", "vikingdb"),
        ):
            with self.assertRaisesRegex(ValueError, f"'{key}'"):
                settings_of(section({key: value}))

    def test_a_value_of_the_wrong_kind_is_not_printed(self):
        for custom in ({"password": ["s3cret"]}, {"url": {"all": "s3cret"}}, {"profile": ["s3cret"]},
                       {"pasword": ("s3cret",)}, {"token": b"s3cret"}):
            with self.subTest(custom), self.assertRaises(ValueError) as caught:
                options({**custom, "backend": "pgvector"})
            self.assertNotIn("s3cret", str(caught.exception))
            self.assertIn(next(iter(custom)), str(caught.exception))

    def test_the_native_provider_needs_a_folder(self):
        with self.assertRaisesRegex(ValueError, "'path' is missing"):
            settings_of(section(path=None))

    def test_a_name_that_is_missing_is_context(self):
        self.assertEqual(settings_of(section(name=None, index_name=None)).name, "context")


if __name__ == "__main__":
    unittest.main()
