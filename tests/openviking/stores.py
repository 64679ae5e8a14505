# SPDX-License-Identifier: Apache-2.0
"""What stands in storage.vectordb of ov.conf for each store under test."""

import configparser
import contextlib
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


def _pg(*words):
    """scripts/pg. With pipes it would wait for the server to close them; it logs to files."""
    words = [str(SCRIPTS / "pg"), *map(str, words)]
    return subprocess.run(words, check=True, capture_output=words[1] == "ini", text=True).stdout


@contextlib.contextmanager
def durable_server(directory):
    """A PostgreSQL that keeps what it has committed, as one in production does."""
    _pg("start", directory, "--durable")
    try:
        yield directory
    finally:
        _pg("stop", directory)


def restart(directory, mode):
    """The PostgreSQL ends in one way, of scripts/pg restart, and comes back."""
    _pg("restart", directory, mode)


def postgres(directory=None):
    """The test server, of OV_TEST_PG_DIR or another one, with a password, and a schema of its
    own each time."""
    ini = _pg("ini", directory or os.environ["OV_TEST_PG_DIR"], "--tcp")
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
