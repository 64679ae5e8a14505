# SPDX-License-Identifier: Apache-2.0
"""What stands in storage.vectordb of ov.conf for each store under test."""

import configparser
import itertools
import os
import subprocess
import urllib.parse
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"

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
    """The test server in OV_TEST_PG_DIR, with a password, and a schema of its own each time."""
    words = [str(SCRIPTS / "pg"), "ini", os.environ["OV_TEST_PG_DIR"], "--tcp"]
    ini = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(ini)
    url = parser["storage.vectordb"]["url"]
    schema = f"openviking_{os.getpid()}_{next(_numbers)}"
    return _host({"backend": "pgvector", "url": url, "schema": schema})


def password(vectordb):
    """The one in a configuration's url; None where there is none."""
    url = vectordb.get("custom_params", {}).get("url", "")
    return urllib.parse.urlsplit(url).password


KINDS = {LOCAL: local, NATIVE: native, POSTGRES: postgres}
