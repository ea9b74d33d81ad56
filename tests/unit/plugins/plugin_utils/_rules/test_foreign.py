# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of other tools, and of other places: what a file says instead."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._findings import applies
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.foreign import foreign_item, foreign_word
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.spelling import UNKNOWN_KEY
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, service_field
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.versions import NEWEST
from ansible_collections.registrar.consul.tests.support.definitions.pasted import PASTED, WEB


def findings(service: Any) -> list[Any]:
    (judged,) = judge_services([service])
    return [finding for finding in judged.findings if applies(finding, NEWEST)]


@pytest.mark.parametrize(("service", "hints"), PASTED, ids=[json.dumps(service)[:60] for service, _hints in PASTED])
def test_each_key_gets_the_way_of_the_file(service: dict[str, Any], hints: dict[str, str]) -> None:
    found = {finding.path.partition(" → ")[2]: finding for finding in findings(service)}

    assert {place: finding.hint for place, finding in found.items()} == hints
    assert {finding.rule for finding in found.values()} == {UNKNOWN_KEY.id}


@pytest.mark.parametrize(
    ("service", "hint"),
    [
        ({"proxy": {"upstreams": ["db:5432"]}}, "Write {destination_name: db, local_bind_port: 5432}."),
        ({"proxy": {"upstreams": ["db"]}}, "Write key: value pairs below it."),
        (
            {"proxy": {"upstreams": "db:1,api:2"}},
            "Write [{destination_name: db, local_bind_port: 1}, {destination_name: api, local_bind_port: 2}].",
        ),
        ({"ports": ["8080:80"]}, "Write port: 8080 instead of ports, or {name: http, port: 8080} where there are several."),
        ({"ports": [80]}, "Write port: 80 instead of ports, or {name: http, port: 80} where there are several."),
        ({"checks": ["http://127.0.0.1/h"]}, "Write {http: http://127.0.0.1/h, interval: 10s}."),
        ({"check": "127.0.0.1:80"}, "Write {tcp: 127.0.0.1:80, interval: 10s}."),
        ({"tags": "a,b"}, 'Write ["a,b"].'),
    ],
)
def test_texts_in_place_of_blocks_are_written_out(service: dict[str, Any], hint: str) -> None:
    assert hint in [finding.hint for finding in findings({"name": "web", **service})]


def test_a_secret_among_the_words_is_not_shown() -> None:
    found = findings({**WEB, "check": {"http": "http://127.0.0.1/", "interval": "10s", "headers": "s3cret"}})

    assert not any("s3cret" in finding.message + finding.hint for finding in found)


@pytest.mark.parametrize("key", ["ServiceID", "service_id", "SERVICE_ID"])
def test_a_sidecar_has_no_id_whatever_it_is_called(key: str) -> None:
    (finding,) = findings({"name": "web", "port": 1, "connect": {"sidecar_service": {key: "web-proxy"}}})

    assert finding.hint == "Leave it out: the agent names the sidecar after its service, <service id>-sidecar-proxy."


ODD: list[Any] = [None, True, 10**30, float("nan"), [], {}, [None], {"path": 10**30, "port": None}, "²", "x" * 999]


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_whatever_stands_behind_a_word_is_said_without_an_exception(value: Any) -> None:
    keys = ["type", "path", "port", "command", "test", "httpGet", "tcpSocket", "exec", "periodSeconds", "retries", "url"]
    service = {"SERVICE_PORT": value, "healthcheck": value, "consul.hashicorp.com/connect-service-upstreams": value, "service_port": value}

    for key in keys:
        assert findings({"name": "web", "check": {key: value}, "healthcheck": {key: value}})
    assert findings({**service, "proxy": {"upstreams": value, "expose": {"path": value}}})


@pytest.mark.parametrize("key", ["service", "Service"])
def test_a_whole_file_is_told_from_a_definition(key: str) -> None:
    (finding,) = findings({key: {"name": "web", "prot": 80}})

    assert (finding.rule, finding.path) == ("whole-file", f"services[0] → {key}")
    assert finding.hint == f"Write what stands below {key} in its place, without the key itself."


def test_of_a_file_with_several_services_each_is_an_entry() -> None:
    (finding,) = findings({"services": [{"name": "a"}, {"name": "b"}], "checks": []})

    assert finding.hint == "Write what stands below services in its place, each of the 2 services as an entry of its own."


# Each word by itself: None where it is none here


def field(*path: str) -> Field:
    found = service_field()
    for step in path:
        found = found.properties[step]
    return found


def hint(where: Field, key: str, service: dict[str, Any] | None = None, **beside: Any) -> str | None:
    meant = foreign_word(where, key, beside, service if service is not None else beside)
    return meant.hint if meant else None


HTTP_PART, TCP_PART = "Leave it out: it is part of http.", "Leave it out: it is part of tcp."


@pytest.mark.parametrize(
    ("key", "check", "expected"),
    [
        ("type", {"type": "HTTP"}, "Write http: http://127.0.0.1:80/."),
        ("type", {"type": "https", "host": "h", "path": "/a"}, "Write http: https://h:80/a."),
        ("type", {"type": "h2ping"}, "Write h2ping: 127.0.0.1:80."),
        ("type", {"type": "tcp", "grpc_service": "x"}, "Write tcp: 127.0.0.1:80."),
        ("type", {"type": "ttl"}, "Write ttl: 30s."),
        ("type", {"type": "script", "command": "a"}, "Leave it out: args makes it a script check."),
        ("type", {"type": "docker", "test": "a"}, "Leave it out: args makes it a script check."),
        ("type", {"type": "script"}, None),
        ("type", {"type": "of-tomorrow", "command": "a"}, None),
        ("type", {"type": "http", "ttl": "1s"}, None),
        ("type", {"type": 1}, None),
        ("path", {"path": "/a"}, "Write http: http://127.0.0.1:80/a."),
        ("path", {"path": "/a", "protocol": "HTTPS"}, "Write http: https://127.0.0.1:80/a."),
        ("path", {"path": ["/a"]}, None),
        ("path", {"path": "/a", "type": "HTTPS"}, HTTP_PART),
        ("path", {"path": "/a", "tcp": "h:1"}, TCP_PART),
        ("path", {"path": "/a", "type": "ttl"}, None),
        ("path", {"path": "/a", "args": ["a"]}, None),
        ("path", {"path": "/a", "command": "a"}, None),
        ("port", {"port": 8080}, "Write tcp: 127.0.0.1:8080."),
        ("port", {"port": "web"}, "Write tcp: 127.0.0.1:80."),
        ("port", {"port": "admin"}, "Write tcp: 127.0.0.1:9000."),
        ("port", {"port": 8080, "path": "/a"}, HTTP_PART),
        ("protocol", {"protocol": "https"}, None),
        ("command", {"command": ["a", "b"]}, "Write args: [a, b]."),
        ("command", {"command": "a"}, "Write args: [a]."),
        ("command", {"command": "/bin/a b"}, 'Write args: [/bin/sh, "-c", "/bin/a b"].'),
        ("command", {"command": "/bin/a b", "args": ["c"]}, 'Write args: ["/bin/a b", c].'),
        ("command", {"command": []}, None),
        ("command", {"command": ["a", 1]}, None),
        ("command", {"command": "a", "args": [1]}, None),
        ("test", {"test": "a b"}, 'Write args: [/bin/sh, "-c", "a b"].'),
        ("test", {"test": ["CMD", "a"]}, "Write args: [a]."),
        ("test", {"test": ["CMD-SHELL", "a b"]}, 'Write args: [/bin/sh, "-c", "a b"].'),
        ("test", {"test": ["CMD"]}, None),
        ("test", {"test": ["CMD", 1]}, None),
        ("periodSeconds", {"periodSeconds": 5}, "Write interval: 5s."),
        ("periodSeconds", {"periodSeconds": 5, "interval": "1s"}, None),
        ("periodSeconds", {"periodSeconds": "5s"}, None),
        ("timeoutSeconds", {"timeoutSeconds": 999999999}, "Write timeout: 999999999s."),
        ("timeoutSeconds", {"timeoutSeconds": 9999999999}, None),
        ("retries", {"retries": 3}, "Write failures_before_critical: 3."),
        ("retries", {"retries": 3, "failures_before_critical": 1}, "Leave it out, failures_before_critical is there already."),
        ("retries", {"retries": [3]}, "Write failures_before_critical."),
        ("headers", {"headers": "s3cret"}, "Write header."),
        ("httpGet", {"httpGet": {"path": "a", "port": 1}}, "Write http: http://127.0.0.1:1/a."),
        ("httpGet", {"httpGet": "a"}, None),
        ("tcpSocket", {"tcpSocket": {"host": "h", "port": 1}}, "Write tcp: h:1."),
        ("exec", {"exec": {"command": "a"}}, "Write args: [a]."),
        ("exec", {"exec": "a"}, None),
        ("of_nobody", {"of_nobody": 1}, None),
    ],
)
def test_words_of_checks(key: str, check: dict[str, Any], expected: str | None) -> None:
    service = {**WEB, "ports": [{"name": "admin", "port": 9000}]}
    assert hint(field("check"), key, service, **check) == expected


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("consul.hashicorp.com/connect-inject", "true", "Write connect: {sidecar_service: {}}."),
        ("consul.hashicorp.com/connect-inject", True, "Write connect: {sidecar_service: {}}."),
        ("consul.hashicorp.com/connect-service-upstreams", "db", None),
        ("consul.hashicorp.com/connect-service-upstreams", "db:1, db", None),
        ("consul.hashicorp.com/service-tags", "a, b", "Write tags: [a, b]."),
        ("consul.hashicorp.com/service-meta-team", "x", "Write meta: {team: x}."),
        ("consul.hashicorp.com/connect-service-port", 80, "Write port: 80."),
        ("consul.hashicorp.com/connect-service-port", "http", "Leave it out: it is an annotation of Kubernetes."),
        ("consul.hashicorp.com/connect-service", "web", "Write name: web."),
        ("consul.hashicorp.com/service-tags", None, None),
        ("consul.example.com/service-tags", "a", None),
        ("SERVICE_NAME", "web", "Write name: web."),
        ("SERVICE_80_ID", "web", "Write id: web."),
        ("SERVICE_IGNORE", "1", "Leave it out."),
        ("SERVICE_TEAM", "x", "Write meta: {team: x}."),
        ("SERVICE_TAGS", "a, b", "Write tags: [a, b]."),
        ("SERVICE_CHECK_TTL", "30s", "Write check: {ttl: 30s}."),
        ("SERVICE_CHECK_HTTP", "/a", "Write check: {http: http://127.0.0.1:80/a, interval: 10s}."),
        ("SERVICE_8443_CHECK_HTTPS", "/a", "Write check: {http: https://127.0.0.1:8443/a, interval: 10s}."),
        ("SERVICE_81_CHECK_TCP", "true", "Write check: {tcp: 127.0.0.1:81, interval: 10s}."),
        ("SERVICE_CHECK_SCRIPT", "a b", 'Write check: {args: [/bin/sh, "-c", "a b"], interval: 10s}.'),
        ("SERVICE_CHECK_TIMEOUT", "2s", "It belongs to the check, as timeout: 2s."),
        ("SERVICE_TAGS", "", None),
        ("XSERVICE_NAME", "web", None),
        ("healthcheck", {"test": "a"}, 'Write check: {interval: 10s, args: [/bin/sh, "-c", a]}.'),
        (
            "healthcheck",
            {"test": "a", "timeout": "1s", "of_nobody": 1},
            'Write check: {interval: 10s, args: [/bin/sh, "-c", a], timeout: 1s}.',
        ),
        ("healthcheck", {"interval": "5s", "timeout": "1s"}, None),
        ("readinessProbe", {"tcpSocket": {"port": 1}, "periodSeconds": 5}, "Write check: {interval: 5s, tcp: 127.0.0.1:1}."),
        ("healthcheck", "a", None),
        ("service_port", 81, "Leave it out, port is there already."),
        ("service_id", "web-1", "Write id: web-1."),
    ],
)
def test_words_of_services(key: str, value: Any, expected: str | None) -> None:
    assert hint(service_field(), key, **WEB, **{key: value}) == expected
    # Those of a service are none in its check.
    assert hint(field("check"), "SERVICE_NAME", WEB, SERVICE_NAME="x") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"path": "/a"}, "Write paths: [{path: /a}]."),
        ([{"path": "/a"}], "Write paths: [{path: /a}]."),
        ("/a", None),
        ([{"path": "/a"}, 1], None),
    ],
)
def test_a_path_is_a_list_of_paths(value: Any, expected: str | None) -> None:
    expose = field("proxy", "expose")
    assert hint(expose, "path", path=value) == expected
    assert hint(expose, "path", path=value, paths=[]) is None


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            ("proxy", "upstreams"),
            "db:5432, x:1",
            "Write [{destination_name: db, local_bind_port: 5432}, {destination_name: x, local_bind_port: 1}].",
        ),
        (("proxy", "upstreams"), "db.svc:1", "Write [{destination_name: db, local_bind_port: 1}]."),
        (("proxy", "upstreams"), "db:1,", ""),
        (("proxy", "upstreams"), 1, ""),
        (("check",), "https://h/", "Write {http: https://h/, interval: 10s}."),
        (("check",), "h:1", "Write {tcp: h:1, interval: 10s}."),
        (("check",), "h", ""),
        (("check",), 1, ""),
        (("tags",), "a", ""),
    ],
)
def test_texts_and_numbers(path: tuple[str, ...], value: Any, expected: str) -> None:
    assert foreign_item(field(*path), value) == expected


@pytest.mark.parametrize(
    ("value", "port"),
    [(80, "80"), ("8080:80", "8080"), ("127.0.0.1:8080:80/tcp", "8080"), ("80/udp", "80"), ("8080:80:1", ""), ("x", ""), ("100000", "")],
)
def test_ports_of_containers(value: Any, port: str) -> None:
    items = field("ports").items
    assert items is not None
    expected = f"Write port: {port} instead of ports, or {{name: http, port: {port}}} where there are several."
    assert foreign_item(items, value) == (expected if port else "")


def test_what_is_no_plain_text_in_yaml_is_quoted() -> None:
    for value, shown in (("a", "a"), ("yes", '"yes"'), ("No", '"No"'), ("10s", "10s"), ("10", '"10"'), ("a b", '"a b"'), ("a:", '"a:"')):
        assert hint(service_field(), "SERVICE_TAGS", SERVICE_TAGS=value) == f"Write tags: [{shown}]."
    assert hint(field("check"), "retries", retries=10**20) == "Write failures_before_critical."
    assert hint(field("check"), "retries", retries=10**20 - 1) == f"Write failures_before_critical: {10**20 - 1}."
    assert hint(field("check"), "retries", retries=True) == "Write failures_before_critical: true."
