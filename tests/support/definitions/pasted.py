# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people paste from other tools, and what we say to write instead: each key with its hint.

Unit tests hold our words against the table; integration tests have agents take what the words amount to.
"""

from __future__ import annotations

from typing import Any

WEB = {"name": "web", "port": 80}
UPSTREAM = {"destination_name": "db", "local_bind_port": 5432}
PART_OF_HTTP = "Leave it out: it is part of http."
NO_RESTART = "Leave it out: it is Nomad's, and an agent restarts nothing."


def _check(**check: Any) -> dict[str, Any]:
    return {**WEB, "check": {"interval": "10s", **check}}


def _proxy(**proxy: Any) -> dict[str, Any]:
    return {**WEB, "connect": {"sidecar_service": {"proxy": proxy}}}


# The service, and the hint for each place.
PASTED: list[tuple[dict[str, Any], dict[str, str]]] = [
    # Nomad's checks
    (
        _check(type="http", path="/h", port="http", check_restart={"limit": 3}),
        {
            "check.type": "Write http: http://127.0.0.1:80/h.",
            "check.path": PART_OF_HTTP,
            "check.port": PART_OF_HTTP,
            "check.check_restart": NO_RESTART,
        },
    ),
    (
        _check(type="http", path="h", protocol="https", port=8443),
        {
            "check.type": "Write http: https://127.0.0.1:8443/h.",
            "check.path": PART_OF_HTTP,
            "check.protocol": PART_OF_HTTP,
            "check.port": PART_OF_HTTP,
        },
    ),
    (_check(type="https"), {"check.type": "Write http: https://127.0.0.1:80/."}),
    (
        {"name": "web", "check": {"type": "http", "path": "/h", "interval": "10s"}},
        {"check.type": "Write http: http://127.0.0.1:PORT/h.", "check.path": PART_OF_HTTP},
    ),
    (_check(type="tcp"), {"check.type": "Write tcp: 127.0.0.1:80."}),
    (_check(type="tcp", port=5432), {"check.type": "Write tcp: 127.0.0.1:5432.", "check.port": "Leave it out: it is part of tcp."}),
    (
        _check(type="grpc", grpc_service="web"),
        {"check.type": "Write grpc: 127.0.0.1:80/web.", "check.grpc_service": "Leave it out: it is part of grpc."},
    ),
    (
        _check(type="script", command="/bin/true", args=["-v"]),
        {
            "check.type": "Leave it out: the agent derives it from the kind of check and only reports it.",
            "check.command": 'Write args: [/bin/true, "-v"].',
        },
    ),
    (_check(command="test -e /run/web"), {"check.command": 'Write args: [/bin/sh, "-c", "test -e /run/web"].'}),
    ({**WEB, "check": {"type": "ttl"}}, {"check.type": "Write ttl: 30s."}),
    (_check(path="/h", port=8080), {"check.path": "Write http: http://127.0.0.1:8080/h.", "check.port": PART_OF_HTTP}),
    (_check(port=8080), {"check.port": "Write tcp: 127.0.0.1:8080."}),
    (_check(http="http://127.0.0.1/", port=80), {"check.port": PART_OF_HTTP}),
    (_check(tcp="127.0.0.1:80", initial_status="passing"), {"check.initial_status": "Write status: passing."}),
    (_check(url="http://127.0.0.1/h"), {"check.url": "Write http: http://127.0.0.1/h."}),
    (_check(http="http://127.0.0.1/", headers={"X": ["s3cret"]}), {"check.headers": "Write header."}),
    # Nomad's services and proxies
    ({**WEB, "provider": "consul"}, {"provider": "Leave it out: it is Nomad's, and a file is always Consul's."}),
    (
        {**WEB, "canary_tags": ["x"]},
        {"canary_tags": "Leave it out: it is Nomad's, and Consul knows no canaries: what is to be tagged has tags."},
    ),
    ({**WEB, "check_restart": {}}, {"check_restart": NO_RESTART}),
    (
        _proxy(expose={"path": {"path": "/h", "local_path_port": 80, "listener_port": 21500}}),
        {"connect.sidecar_service.proxy.expose.path": "Write paths: [{path: /h, local_path_port: 80, listener_port: 21500}]."},
    ),
    (
        _proxy(upstreams=[{"name": "db", "port": 5432}]),
        {
            "connect.sidecar_service.proxy.upstreams[0].name": "Write destination_name: db.",
            "connect.sidecar_service.proxy.upstreams[0].port": "Write local_bind_port: 5432.",
        },
    ),
    # Kubernetes' annotations and probes
    (
        {
            **WEB,
            "consul.hashicorp.com/connect-inject": "true",
            "consul.hashicorp.com/service-tags": "a,b",
            "consul.hashicorp.com/service-meta-team": "x",
            "consul.hashicorp.com/connect-service-protocol": "http",
        },
        {
            '["consul.hashicorp.com/connect-inject"]': "Write connect: {sidecar_service: {}}.",
            '["consul.hashicorp.com/service-tags"]': "Write tags: [a, b].",
            '["consul.hashicorp.com/service-meta-team"]': "Write meta: {team: x}.",
            '["consul.hashicorp.com/connect-service-protocol"]': "Leave it out: it is an annotation of Kubernetes.",
        },
    ),
    (
        {"consul.hashicorp.com/connect-service": "web", "consul.hashicorp.com/connect-service-port": "80"},
        {
            '["consul.hashicorp.com/connect-service"]': "Write name: web.",
            '["consul.hashicorp.com/connect-service-port"]': "Write port: 80.",
        },
    ),
    (
        {**WEB, "consul.hashicorp.com/connect-service-upstreams": "db:5432:dc2, prepared_query:near:5433"},
        {
            '["consul.hashicorp.com/connect-service-upstreams"]': "Write connect: {sidecar_service: {proxy: {upstreams:"
            " [{destination_name: db, local_bind_port: 5432, datacenter: dc2},"
            " {destination_type: prepared_query, destination_name: near, local_bind_port: 5433}]}}}.",
        },
    ),
    (
        {**WEB, "livenessProbe": {"httpGet": {"path": "/h", "port": 8080, "scheme": "HTTPS"}, "periodSeconds": 5}},
        {"livenessProbe": "Write check: {interval: 5s, http: https://127.0.0.1:8080/h}."},
    ),
    (
        {**WEB, "check": {"tcpSocket": {"port": 6379}, "periodSeconds": 5, "timeoutSeconds": 2, "failureThreshold": 3}},
        {
            "check.tcpSocket": "Write tcp: 127.0.0.1:6379.",
            "check.periodSeconds": "Write interval: 5s.",
            "check.timeoutSeconds": "Write timeout: 2s.",
            "check.failureThreshold": "Write failures_before_critical: 3.",
        },
    ),
    (_check(exec={"command": ["/bin/true", "x"]}), {"check.exec": "Write args: [/bin/true, x]."}),
    # Compose's
    (
        {**WEB, "healthcheck": {"test": ["CMD", "/bin/true", "x"], "interval": "1m", "start_period": "5s"}},
        {"healthcheck": "Write check: {interval: 1m, args: [/bin/true, x]}."},
    ),
    (_check(test=["CMD-SHELL", "true || false"]), {"check.test": 'Write args: [/bin/sh, "-c", "true || false"].'}),
    ({**WEB, "image": "nginx"}, {"image": "Leave it out: it is of a container, and an agent runs none."}),
    # Registrator's
    (
        {"SERVICE_NAME": "web", "SERVICE_80_CHECK_HTTP": "/h", "SERVICE_TAGS": "a,b", "SERVICE_CHECK_INTERVAL": "15s", "SERVICE_TEAM": "x"},
        {
            "SERVICE_NAME": "Write name: web.",
            "SERVICE_80_CHECK_HTTP": "Write check: {http: http://127.0.0.1:80/h, interval: 15s}.",
            "SERVICE_TAGS": "Write tags: [a, b].",
            "SERVICE_CHECK_INTERVAL": "It belongs to the check, as interval: 15s.",
            "SERVICE_TEAM": "Write meta: {team: x}.",
        },
    ),
    ({**WEB, "SERVICE_CHECK_TTL": "30s"}, {"SERVICE_CHECK_TTL": "Write check: {ttl: 30s}."}),
    # Keys that belong elsewhere in a definition
    ({**WEB, "upstreams": [UPSTREAM]}, {"upstreams": "It belongs to connect.sidecar_service.proxy.upstreams."}),
    ({**WEB, "sidecar_service": {}}, {"sidecar_service": "It belongs to connect.sidecar_service."}),
    ({**WEB, "native": True}, {"native": "It belongs to connect.native."}),
    ({**WEB, "interval": "10s", "http": "x"}, {"interval": "It belongs to check.interval.", "http": "It belongs to check.http."}),
    ({**WEB, "region": "eu-1"}, {"region": "It belongs to locality.region."}),
    ({**WEB, "connect": {"upstreams": []}}, {"connect.upstreams": "It belongs to sidecar_service.proxy.upstreams."}),
    (
        {**WEB, "connect": {"sidecar_service": {"upstreams": []}}},
        {"connect.sidecar_service.upstreams": "It belongs to proxy.upstreams."},
    ),
    (_check(tcp="127.0.0.1:80", tags=["a"]), {"check.tags": "It belongs to tags of the service."}),
    ({**WEB, "service_name": "api"}, {"service_name": "Leave it out, name is there already."}),
]
