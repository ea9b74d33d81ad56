# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of the words of `consul validate`; that real ones say them is tested elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import Secrets
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.scan import scan
from ansible_collections.registrar.consul.plugins.module_utils._write.preflight import Candidate, validate


def document(secret: str) -> bytes:
    return json.dumps({"service": {"name": "web", "token": f"{secret}-token", "meta": {"a": f"{secret}-meta"}}}).encode()


def test_words_about_whatever_file_are_without_its_secrets(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    for name in ("staying", "leaving", "changing"):
        (tmp_path / "config" / f"{name}.json").write_bytes(document(name))
    secrets = [f"{name}-{what}" for name in ("staying", "leaving", "changing", "coming") for what in ("token", "meta")]

    def refusing(command: list[str], **_options: Any) -> tuple[int, str, str]:
        return 1, "", " ".join(secrets)

    with ConfigDir(str(tmp_path / "config"), look_only=True) as directory:
        staying = list(scan(directory, {"leaving.json", "changing.json"}))
        coming = {"changing.json": document("coming")}
        candidate = Candidate(directory, staying, coming, ["leaving.json"], Secrets([("meta", "a")]))
        (finding,) = validate(candidate, ["consul"], refusing, str(tmp_path))

    assert finding["message"].endswith("refuses what is there already, so that no reload would be applied: " + " ".join(["********"] * 8))
