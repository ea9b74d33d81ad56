# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets stay on the target: in diffs, definitions, and the words of others."""

from __future__ import annotations

import json

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.redact import (
    UNREADABLE,
    masked,
    masked_pair,
    scrub,
    secret_values,
)

HCL = b"""# as it was written
service {
  name  = "web"
  token = "planted-1"
  check {
    http   = "http://127.0.0.1/"
    header { Authorization = ["planted-2"] }
    body   = <<END
planted-3
END
  }
  meta { token = "shown" }
}
service { token = "planted-4" }
encrypt = "planted-5"
acl { tokens { agent = "planted-6" } }
"""


def as_json(**fields: object) -> bytes:
    return json.dumps({"services": [{"name": "web", **fields}]}).encode()


def test_a_definition_is_masked_at_every_level() -> None:
    definition = {
        "name": "web",
        "token": "planted",
        "checks": [{"header": {"A": ["planted"]}, "body": "planted", "http": "http://127.0.0.1/"}],
        "connect": {"sidecar_service": {"check": {"token": "planted"}}},
        "meta": {"token": "shown"},
    }

    shown = masked(definition)

    assert "planted" not in json.dumps(shown)
    assert shown["meta"] == {"token": "shown"}
    assert shown["checks"][0]["http"] == "http://127.0.0.1/"
    assert definition["token"] == "planted"


def test_json_is_shown_in_its_normal_form() -> None:
    before, after = masked_pair("x.json", as_json(token="planted"), as_json(token="planted", port=1))

    assert json.loads(before) == {"services": [{"name": "web", "token": "********"}]}
    assert json.loads(after) == {"services": [{"name": "web", "port": 1, "token": "********"}]}
    assert before.startswith('{\n  "services": [\n    {\n      "name": "web",\n')


def test_a_changed_secret_shows_that_it_changed() -> None:
    before, after = masked_pair("x.json", as_json(token="planted-1"), as_json(token="planted-2"))

    assert '"token": "********"' in before
    assert '"token": "******** (changed)"' in after


def test_hcl_stays_as_it_was_written_but_for_its_secrets() -> None:
    before, after = masked_pair("x.hcl", HCL, HCL.replace(b"planted-4", b"planted-x"))

    assert "planted" not in before + after
    assert before.count("********") == 6
    assert after.count("(changed)") == 1
    assert 'service { token = "******** (changed)" }' in after
    assert before.startswith('# as it was written\nservice {\n  name  = "web"\n  token = "********"\n  check {\n')
    assert '    body   = "********"\n  }\n  meta { token = "shown" }' in before


def test_comments_are_shown_without_the_secrets_that_they_tell_of() -> None:
    data = b'/* before */\nservice { # http://a:planted@b\n  name = "#x" // password: planted\n  token = "planted" # token = "planted"\n'
    data += b'  check { args = ["a", # --token planted\n    "b"] }\n}\n# token_ttl = "5s"'

    assert masked_pair("x.hcl", data, None)[0] == (
        '/* before */\nservice { # http://a:********@b\n  name = "#x" // password: ********\n  token = "********" # token = "********"\n'
        '  check { args = ["a", # --token ********\n    "b"] }\n}\n# token_ttl = "5s"'
    )


def test_other_settings_of_an_agent_are_not_shown_at_all() -> None:
    data = json.dumps({"encrypt": "planted", "acl": {"tokens": {"agent": "planted"}}, "service": {"name": "web"}}).encode()

    before, _after = masked_pair("x.json", data, None)

    assert json.loads(before) == {"encrypt": "********", "acl": {"tokens": {"agent": "********"}}, "service": {"name": "web"}}


def test_what_is_shown_can_be_sent() -> None:
    assert "\ufffd" in masked_pair("x.json", b'{"service": {"name": "\\ud800"}}', None)[0]


@pytest.mark.parametrize(("name", "data"), [("x.json", b'{"token": "planted'), ("x.hcl", b'token = "planted'), ("x.json", b'"planted"')])
def test_what_cannot_be_parsed_is_not_shown(name: str, data: bytes) -> None:
    assert masked_pair(name, data, None)[0] == UNREADABLE


def test_nothing_is_shown_as_nothing() -> None:
    assert masked_pair("x.json", None, b"") == ("", "")


def test_the_words_of_others_are_scrubbed() -> None:
    secrets = secret_values("x.hcl", HCL) | secret_values(
        "x.json", as_json(token="planted", check={"body": "short", "header": {"a": ["sixsix"]}})
    )

    assert {"planted-1", "planted-2", "planted-4", "planted", "sixsix"} <= secrets
    assert "short" not in secrets
    assert scrub("bad header planted-2, planted", secrets) == "bad header ********, ********"


def test_json_is_shown_as_such_whatever_the_file_is_called() -> None:
    data = b'{"service": {"token": "planted", "name": "web"}}'
    assert masked_pair("x.hcl", data, None) == masked_pair("x.json", data, None)
    assert masked_pair("x.hcl", data, None)[0].startswith('{\n  "service"')
