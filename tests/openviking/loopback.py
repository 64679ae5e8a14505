# SPDX-License-Identifier: Apache-2.0
"""A JSON service on loopback: what the embedding server and the language-model stand-in share."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Service:
    """Answers POSTs of JSON on an ephemeral port. `answer(path, request)` gives the reply's dict.

    A reply of None is a 404; an exception is a 500 that carries its text.
    """

    def __init__(self, answer):
        self.answer = answer
        self.requests = 0
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                size = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(size)
                service.requests += 1
                try:
                    reply, status = service.answer(self.path, json.loads(body)), 200
                    if reply is None:
                        reply, status = {"error": {"message": f"no '{self.path}' here"}}, 404
                except Exception as fault:
                    reply, status = {"error": {"message": repr(fault)}}, 500
                data = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *words):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            # A client that was killed leaves a broken connection: no news.
            def handle_error(self, request, client_address):
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
