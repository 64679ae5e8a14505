# SPDX-License-Identifier: Apache-2.0
"""What stands in storage.vectordb of ov.conf for each store under test."""

import configparser
import itertools
import os

ADAPTER = "ov_host.openviking.HostCollectionAdapter"
LOCAL = "OpenViking's own local engine"
NATIVE = "native"
POSTGRES = "PostgreSQL"

_numbers = itertools.count(1)


def local():
    return {"backend": "local"}


def _host(params):
    if os.environ.get("OV_PLUGIN_PATH"):
        params = {**params, "plugin_path": os.environ["OV_PLUGIN_PATH"]}
    return {"backend": ADAPTER, "custom_params": params}


def native():
    """Below the workspace, where the adapter puts it."""
    return _host({"backend": "native"})


def postgres():
    """The test server that OV_TEST_PG_INI names, with a schema of its own each time."""
    parser = configparser.ConfigParser(interpolation=None)
    with open(os.environ["OV_TEST_PG_INI"]) as ini:
        parser.read_file(ini)
    section = parser["storage.vectordb"]
    schema = f"openviking_{os.getpid()}_{next(_numbers)}"
    return _host({"backend": "pgvector", "url": section["url"], "schema": schema})


KINDS = {LOCAL: local, NATIVE: native, POSTGRES: postgres}
