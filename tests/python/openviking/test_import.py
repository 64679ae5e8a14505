# SPDX-License-Identifier: Apache-2.0
"""What is missing is said where it can be seen."""

import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

import ov_host.openviking

PACKAGE = os.path.dirname(ov_host.openviking.__path__[0])


def run(code: str, path: list[str]) -> str:
    """What a new process prints that finds packages on `path` first."""
    env = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", **os.environ, "PYTHONPATH": os.pathsep.join([*path, os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


WITHOUT = """
    import sys
    class Without:
        def find_spec(self, name, path=None, target=None):
            if name == {name!r} or name.startswith({name!r} + "."):
                raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
    sys.meta_path.insert(0, Without())
"""

ASK_THE_FACTORY = """
    import logging; logging.disable(logging.ERROR)
    from openviking.storage.vectordb_adapters.factory import create_collection_adapter
    from openviking_cli.utils.config.vectordb_config import VectorDBBackendConfig
    config = VectorDBBackendConfig(
        backend="ov_host.openviking.HostCollectionAdapter", path="/nowhere", custom_params=%r)
    try:
        create_collection_adapter(config)
    except Exception as err:
        print(type(err).__name__, err)
"""


class Import(unittest.TestCase):
    def test_without_openviking_the_import_works_and_the_class_says_what_is_missing(self):
        code = """
            import sys; sys.modules["openviking"] = None
            import importlib.util, ov_host.openviking
            importlib.util.find_spec = lambda name: None
            try:
                ov_host.openviking.HostCollectionAdapter
            except ImportError as err:
                print(err)
        """

        self.assertIn("openviking, which is not installed", run(code, []))

    def test_without_the_extension_the_factory_finds_the_class_and_from_config_says_why(self):
        code = textwrap.dedent(WITHOUT.format(name="ov_host._core")) + textwrap.dedent(
            ASK_THE_FACTORY % {"backend": "native"})

        answer = run(code, [])

        self.assertIn("RuntimeError the extension ov_host._core cannot be loaded", answer)

    def test_a_damaged_extension_is_named_by_from_config(self):
        with tempfile.TemporaryDirectory() as folder:
            package = os.path.join(folder, "ov_host")
            os.mkdir(package)
            for name in ("__init__.py", "openviking"):
                os.symlink(os.path.join(PACKAGE, name), os.path.join(package, name))
            with open(os.path.join(package, "_core.abi3.so"), "wb") as file:
                file.write(b"this is no shared object")

            answer = run(ASK_THE_FACTORY % {"backend": "native"}, [folder])

        self.assertIn("RuntimeError the extension ov_host._core cannot be loaded", answer)
        self.assertIn("_core.abi3.so", answer)

    def test_a_plugin_path_without_a_provider_is_named_by_from_config(self):
        with tempfile.TemporaryDirectory() as folder:
            answer = run(ASK_THE_FACTORY % {"backend": "native", "plugin_path": folder}, [])

        self.assertIn("NotFoundError", answer)
        self.assertIn("native", answer)

    def test_an_openviking_that_does_not_fit_is_not_passed_over(self):
        code = textwrap.dedent(
            WITHOUT.format(name="openviking.storage.vectordb.collection.result")) + """
import ov_host.openviking
try:
    ov_host.openviking.HostCollectionAdapter
except RuntimeError as err:
    print(err)
"""

        self.assertIn("cannot work with this release of OpenViking", run(code, []))

    def test_a_misspelt_custom_params_and_a_url_beside_it_stop_the_start(self):
        code = """
            import logging; logging.disable(logging.ERROR)
            from openviking.storage.vectordb_adapters.factory import create_collection_adapter
            from openviking_cli.utils.config.vectordb_config import VectorDBBackendConfig
            import os, tempfile
            with tempfile.TemporaryDirectory() as folder:
                for more in ({"custom_parms": {"backend": "pgvector"}}, {"url": "postgresql:///x"},
                             {"url": "postgresql:///x", "custom_params": {"backend": "native"}}):
                    try:
                        create_collection_adapter(VectorDBBackendConfig(
                            backend="ov_host.openviking.HostCollectionAdapter", path=folder, **more))
                        print("made")
                    except ValueError as err:  # an older release refuses it by itself
                        print("refused" if "custom_pa" in str(err) else err)
                print(os.listdir(folder))
        """

        self.assertEqual(run(code, []).split(), ["refused", "refused", "refused", "[]"])

    def test_the_factory_makes_the_adapter(self):
        code = """
            import logging; logging.disable(logging.ERROR)
            from openviking.storage.vectordb_adapters.factory import create_collection_adapter
            from openviking_cli.utils.config.vectordb_config import VectorDBBackendConfig
            import tempfile
            with tempfile.TemporaryDirectory() as folder:
                adapter = create_collection_adapter(VectorDBBackendConfig(
                    backend="ov_host.openviking.HostCollectionAdapter", path=folder,
                    custom_params={"backend": "native"}))
                print(adapter.mode, adapter.collection_exists())
                adapter.close()
        """

        self.assertEqual(run(code, []).split(), ["local", "False"])


if __name__ == "__main__":
    unittest.main()
