# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the agent of a host for the healthy instances of web until a file is there; prints how often, and which hosts were missing."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from pathlib import Path

wanted, end = set(sys.argv[2:]), Path(sys.argv[1])
asked, missing = 0, set()
while not end.exists():
    with urllib.request.urlopen("http://127.0.0.1:8500/v1/health/service/web?passing", timeout=10) as answer:
        missing |= wanted - {instance["Node"]["Node"] for instance in json.load(answer)}
    asked += 1
    time.sleep(0.05)
sys.stdout.write(json.dumps({"asked": asked, "missing": sorted(missing)}) + "\n")
