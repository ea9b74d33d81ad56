# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An application: answers at /health, after the time that it needs to start, and dies of being asked for its release if it is told to."""

from __future__ import annotations

import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

SETTINGS = json.loads(Path("/opt/web/release.json").read_text(encoding="utf-8"))


class Handler(BaseHTTPRequestHandler):
    """Knows one path."""

    def do_GET(self) -> None:
        path, _mark, query = self.path.partition("?")
        self.send_response(200 if path == "/health" else 404)
        self.end_headers()
        self.wfile.write(b"release %s" % str(SETTINGS["release"]).encode())
        if SETTINGS["dies"] and query == "release=%s" % SETTINGS["release"]:
            # Once it has been seen to be healthy, and before it is asked again.
            threading.Timer(0.5, os._exit, [1]).start()


time.sleep(SETTINGS["starts_after"])
HTTPServer(("127.0.0.1", 8080), Handler).serve_forever()
