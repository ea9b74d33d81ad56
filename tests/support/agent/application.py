# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An application behind a check: it answers over HTTP on loopback, and is healthy, ill or away as the test says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ansible_collections.registrar.consul.tests.support.agent.ports import ReservedPorts


class Application:
    """Answers 200 at /health as long as `healthy` says so, else 503, and 404 everywhere else. Starts with the block, unless told not to."""

    def __init__(self, healthy: Callable[[], bool] = lambda: True, *, started: bool = True) -> None:
        self.healthy = healthy
        self._ports = ReservedPorts(1)
        (self.port,) = self._ports.numbers
        self._started = started
        self._server: ThreadingHTTPServer | None = None
        self._timer: threading.Timer | None = None

    def start(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """Do this after some time."""
        self._timer = threading.Timer(seconds, what)
        self._timer.start()

    def service(self, name: str = "web", path: str = "/health", **more: Any) -> dict[str, Any]:
        """A service of it, with a check that asks for the path."""
        check = {"http": f"http://127.0.0.1:{self.port}{path}", "interval": "1s", "timeout": "1s", **more.pop("check", {})}
        return {"name": name, "port": self.port, "check": check, **more}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        application = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(404 if self.path != "/health" else 200 if application.healthy() else 503)
                self.end_headers()
                self.wfile.write(b"said by the application")

            def log_message(self, *_arguments: object) -> None:
                """Nobody reads it."""

        return Handler

    def __enter__(self) -> Application:
        if self._started:
            self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        self.stop()
        self._ports.release()
