# SPDX-License-Identifier: Apache-2.0
"""The real `openviking-server` as a child process, with a configuration and folder of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import embedding_server
import httpx
import language_model_stand_in
from openviking_sdk import SyncHTTPClient

ROOT_KEY = "root-key-of-a-test"
# Some ten seconds on an idle machine; a busy one takes its time for 400 modules.
START_SECONDS = 300


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def configuration(workspace, models, vectordb, tenants=False, shared=False):
    """ov.conf's content. `vectordb` is its storage.vectordb; `tenants`: API keys are wanted."""
    embed, model = models
    dense = {
        "provider": "openai",
        "api_base": embed.url,
        "api_key": "none",
        "model": embedding_server.MODEL,
        "dimension": embedding_server.DIMENSION,
        "input": "text",
    }
    language = {
        "provider": "openai",
        "api_base": model.url,
        "api_key": "none",
        "model": language_model_stand_in.MODEL,
    }
    storage = {"workspace": str(workspace), "vectordb": {"name": "context", **vectordb}}
    if shared:
        # The workspace is shared, the queue of work is each process's own: a server that
        # waits for its work would else wait for what the other took.
        storage["skip_process_lock"] = True
        storage["agfs"] = {"queuefs": {"mode": "worker"}}
    server = {"root_api_key": ROOT_KEY} if tenants else {}
    return {
        "storage": storage,
        "embedding": {"dense": dense},
        "vlm": language,
        "server": server,
        "log": {"level": "INFO"},
    }


def head(key):
    return {"X-API-Key": key} if key else {}


class Server:
    """One process. `conf` is written where it reads it; the log stands beside it."""

    def __init__(self, folder, conf):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.conf = self.folder / "ov.conf"
        self.conf.write_text(json.dumps(conf, indent=1))
        self.conf.chmod(0o600)
        self.log = self.folder / "server.log"
        self.process = None
        self.url = None
        self.key = None  # what calls without a key are made with
        # No certificates are read for it, and no connection is kept over a kill.
        limits = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(verify=False, trust_env=False, timeout=60, limits=limits)

    def start(self):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        program = Path(sys.executable).with_name("openviking-server")
        words = ["--config", str(self.conf), "--host", "127.0.0.1", "--port", str(port)]
        # No settings of the user's who runs the test: neither files nor proxies.
        settings = {k: v for k, v in os.environ.items() if not k.startswith("OPENVIKING_")}
        settings.update(HOME=str(self.folder), NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(program), *words],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                env=settings,
            )
        self._wait_until_ready()
        return self

    def _wait_until_ready(self):
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}{self.tail()}")
            try:
                if self.http.get(f"{self.url}/health", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        self.kill()
        raise TimeoutError(f"the server was not ready after {START_SECONDS} s{self.tail()}")

    def tail(self, lines=25):
        """The last of its log that is more than information."""
        text = self.log.read_text(errors="replace").splitlines()
        text = [line for line in text if " INFO " not in line and " - INFO - " not in line]
        return "\n  " + "\n  ".join(text[-lines:])

    def client(self, key=None):
        """OpenViking's own client of this server."""
        client = SyncHTTPClient(url=self.url, api_key=key or self.key, timeout=300)
        client.initialize()
        return client

    def ask(self, path, key=None, **params):
        """(status, reply) of a GET of the public API."""
        reply = self.http.get(self.url + path, params=params, headers=head(key))
        return reply.status_code, reply.json()

    def get(self, path, key=None, **params):
        """What a GET gives that the client has no method for."""
        status, reply = self.ask(path, key or self.key, **params)
        if status != 200:
            raise RuntimeError(f"GET {path}: {status} {reply}")
        return reply["result"]

    def post(self, path, body, key=None):
        """(status, reply) of a POST, whatever the server says."""
        reply = self.http.post(self.url + path, json=body, headers=head(key))
        return reply.status_code, reply.json()

    def kill(self):
        """kill -9: nothing of the process runs any more when this returns."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
