# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions as people have them: the shapes that Consul's documentation shows for services, checks and the mesh, in file form."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

NAMES = ["web", "redis", "billing-api", "dashboard"]
ADDRESSES = ["", "10.0.0.5", "127.0.0.1", "192.168.1.20", "2001:db8::5", "redis.internal.example", "db-1", "fd00::1"]
CHECKS: list[Json] = [
    {"http": "https://localhost:5000/health", "tls_server_name": "", "tls_skip_verify": True, "method": "POST", "interval": "10s"},
    {
        "http": "http://localhost:5000/health",
        "header": {"Content-Type": ["application/json"]},
        "body": "{}",
        "timeout": "1s",
        "interval": "10s",
    },
    {"http": "http://10.0.0.5:8080/v1/status?verbose=1&x=%20", "interval": "30s", "disable_redirects": True},
    {"http": "http://[::1]:8080/", "interval": "10s"},
    {"http": "http://user:pass@app.example/health", "interval": "1m"},
    {"http": "https://app.example", "interval": "15s", "deregister_critical_service_after": "90m"},
    {"tcp": "localhost:22", "interval": "10s", "timeout": "1s"},
    {"tcp": "[2001:db8::1]:443", "interval": "10s", "tcp_use_tls": True},
    {"tcp": "db.example:postgresql", "interval": "10s"},
    {"udp": "localhost:9", "interval": "10s", "timeout": "1s"},
    {"ttl": "30s", "notes": "Web app does a curl internally every 10 seconds"},
    {"args": ["/usr/local/bin/check_mem.py", "-limit", "256MB"], "interval": "10s", "timeout": "1s"},
    {"args": ["/bin/sh", "-c", "test -e /run/ready"], "interval": "10s"},
    {"docker_container_id": "f972c95ebf0e", "shell": "/bin/bash", "args": ["/usr/local/bin/check_mem.py"], "interval": "10s"},
    {"args": ["docker", "inspect", "--format", "{{ .State.Health.Status }}", "web"], "interval": "10s"},
    {"grpc": "127.0.0.1:12345", "grpc_use_tls": True, "interval": "10s"},
    {"grpc": "127.0.0.1:12345/my_service.v1.Health", "interval": "10s"},
    {"h2ping": "localhost:22222", "interval": "10s", "h2ping_use_tls": False},
    {"alias_service": "web"},
    {"http": "http://127.0.0.1:8080/", "interval": "5s", "status": "passing", "success_before_passing": 3, "failures_before_critical": 3},
]
EXTRAS: list[Json] = [
    {},
    {"tags": ["primary", "v1"], "meta": {"version": "4.1.2", "owner": "team-a"}},
    {"tagged_addresses": {"lan": {"address": "192.168.0.55", "port": 8000}, "wan": {"address": "198.18.0.23", "port": 80}}},
    {"tagged_addresses": {"lan_ipv4": {"address": "192.0.2.1", "port": 80}, "wan_ipv6": {"address": "2001:db8::1", "port": 80}}},
    {"enable_tag_override": True, "weights": {"passing": 5, "warning": 1}, "token": "233b604b-b92e-48c8-a253-5f11514e4b50"},
]
MESH: list[Json] = [
    {"connect": {"native": True}},
    {"connect": {"sidecar_service": {}}},
    {"connect": {"sidecar_service": {"port": 20200, "proxy": {"local_service_address": "127.0.0.1", "local_service_port": 9000}}}},
    {"connect": {"sidecar_service": {"proxy": {"upstreams": [{"destination_name": "db", "local_bind_port": 9191}]}}}},
    {
        "connect": {
            "sidecar_service": {
                "proxy": {
                    "upstreams": [
                        {
                            "destination_type": "prepared_query",
                            "destination_name": "nearest",
                            "local_bind_address": "127.0.0.1",
                            "local_bind_port": 1,
                        },
                        {"destination_name": "db", "datacenter": "dc2", "local_bind_address": "198.19.0.2", "local_bind_port": 2},
                        {"destination_name": "cache", "local_bind_socket_path": "/tmp/cache.sock", "local_bind_socket_mode": "0700"},
                    ],
                    "config": {"handshake_timeout_ms": 1000, "envoy_prometheus_bind_addr": "0.0.0.0:9102"},
                    "mesh_gateway": {"mode": "local"},
                    "expose": {"checks": True, "paths": [{"path": "/metrics", "local_path_port": 8080, "listener_port": 21500}]},
                },
                "checks": [{"tcp": "127.0.0.1:20000", "interval": "10s"}, {"alias_service": "web"}],
            }
        }
    },
    {"connect": {"sidecar_service": {"proxy": {"mode": "transparent", "transparent_proxy": {"outbound_listener_port": 15001}}}}},
    {"connect": {"sidecar_service": {"proxy": {"mode": "transparent", "transparent_proxy": {"dialed_directly": True}}}}},
    {"connect": {"sidecar_service": {"name": "web-proxy", "tags": ["v1"], "meta": {"a": "b"}, "weights": {"passing": 2, "warning": 1}}}},
    {"connect": {"sidecar_service": {"checks": [{"name": "listening", "tcp": "127.0.0.1:21000", "interval": "10s"}]}}},
]
# What stands in the opaque configuration of proxies and of their upstreams.
PROXY_CONFIGS: list[Json] = [
    {"protocol": "http", "local_connect_timeout_ms": 1000, "local_request_timeout_ms": 2000, "local_idle_timeout_ms": 3000},
    {"bind_address": "0.0.0.0", "bind_port": 20000, "tcp_check_address": "192.168.0.1", "disable_tcp_check": False},
    {"envoy_prometheus_bind_addr": "0.0.0.0:9102", "envoy_stats_bind_addr": "0.0.0.0:9103", "envoy_stats_flush_interval": "60s"},
    {"envoy_dogstatsd_url": "udp://127.0.0.1:9125", "envoy_statsd_url": "udp://127.0.0.1:8125", "envoy_stats_tags": ["host=a", "role=b"]},
    {"envoy_tracing_json": '{"http": {"name": "envoy.zipkin", "config": {"collector_cluster": "zipkin"}}}'},
    {"envoy_extra_static_clusters_json": '{"connect_timeout": "3.000s", "dns_lookup_family": "V4_ONLY", "name": "zipkin"}'},
    {"envoy_public_listener_json": '{"@type": "type.googleapis.com/envoy.config.listener.v3.Listener", "name": "public:0.0.0.0:18080"}'},
    {"max_inbound_connections": 1024, "balance_inbound_connections": "exact_balance", "proxy_addr": "127.0.0.1:21000"},
    {"envoy_gateway_bind_tagged_addresses": True, "envoy_gateway_no_default_bind": True, "envoy_dns_discovery_type": "STRICT_DNS"},
    {"envoy_gateway_bind_addresses": {"all": {"address": "0.0.0.0", "port": 8443}, "lan": {"address": "10.0.0.5", "port": 8444}}},
]
UPSTREAM_CONFIGS: list[Json] = [
    {"protocol": "grpc", "connect_timeout_ms": 5000},
    {"limits": {"max_connections": 3, "max_pending_requests": 4, "max_concurrent_requests": 5}},
    {"passive_health_check": {"interval": "10s", "max_failures": 6, "enforcing_consecutive_5xx": 99, "base_ejection_time": "60s"}},
    {"mesh_gateway": {"mode": "remote"}, "balance_outbound_connections": "exact_balance"},
    {"envoy_cluster_json": '{"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": "db", "type": "STRICT_DNS"}'},
]
UPSTREAMS: list[Json] = [
    {"local_bind_port": 9191},
    {"local_bind_port": 9191, "datacenter": "dc2", "mesh_gateway": {"mode": "local"}},
    {"local_bind_port": 9191, "destination_peer": "other"},
    {"local_bind_socket_path": "/run/db.sock", "local_bind_socket_mode": "0700"},
    {"local_bind_port": 9191, "local_bind_address": "::1", "destination_type": "service"},
]
# Checks outside services.
NODE_CHECKS: list[Json] = [
    {"id": "mem-util", "name": "Memory utilization", "args": ["/usr/local/bin/check_mem.py", "-limit", "256MB"], "interval": "10s"},
    {"id": "api", "name": "HTTP API on port 5000", "http": "https://localhost:5000/health", "interval": "10s", "timeout": "1s"},
    {"id": "ssh", "name": "SSH TCP on port 22", "tcp": "localhost:22", "interval": "10s", "timeout": "1s"},
    {"id": "web-app", "name": "Web App Status", "notes": "Told by the application every 10 seconds", "ttl": "30s"},
    {"id": "web-alias", "alias_service": "web"},
    {"id": "web-bound", "name": "Web", "service_id": "web", "status": "warning", "grpc": "127.0.0.1:12345/health", "interval": "10s"},
    {"name": "named-only", "ttl": "1m30s", "token": "233b604b-b92e-48c8-a253-5f11514e4b50"},
]
# Services that name each other: nothing is missing.
NODE: list[Json] = [
    {"name": "web", "port": 8080, "connect": {"sidecar_service": {"checks": [{"name": "of web", "alias_service": "web"}]}}},
    {"name": "redis", "id": "redis1", "port": 9090, "check": {"alias_service": "web-sidecar-proxy"}},
    {
        "name": "redis-proxy",
        "kind": "connect-proxy",
        "port": 8181,
        "proxy": {"destination_service_name": "redis", "destination_service_id": "redis1", "local_service_port": 9090},
    },
    {
        "name": "named-proxy",
        "kind": "connect-proxy",
        "port": 8182,
        "proxy": {"destination_service_name": "web", "local_service_port": 8080},
    },
    {"name": "far-proxy", "kind": "connect-proxy", "port": 8183, "proxy": {"destination_service_name": "elsewhere"}},
]
GATEWAYS: list[Json] = [
    {"kind": "mesh-gateway", "port": 8443, "proxy": {"config": {"envoy_mesh_gateway_bind_tagged_addresses": True}}},
    {"kind": "ingress-gateway", "port": 8888, "checks": [{"tcp": "127.0.0.1:8888", "interval": "5s"}]},
    {"kind": "terminating-gateway", "port": 8443},
    {"kind": "connect-proxy", "port": 8181, "proxy": {"destination_service_name": "redis"}},
    {
        "kind": "connect-proxy",
        "port": 8181,
        "proxy": {
            "destination_service_name": "redis",
            "destination_service_id": "redis1",
            "local_service_address": "127.0.0.1",
            "local_service_port": 9090,
            "config": {"foo": "bar"},
        },
    },
]


def definitions() -> Iterator[Json]:
    """Yield more than two thousand definitions, the same ones each time."""
    numbers = itertools.count(1)

    def one(name: str, address: str, *parts: Json) -> Json:
        service: Json = {"name": name, "id": f"{name}-{next(numbers)}", "port": 8080}
        for part in ({"address": address} if address else {}, *parts):
            service.update(part)
        return service

    for name, address, extra, check in itertools.product(NAMES[:3], ADDRESSES, EXTRAS, CHECKS):
        yield one(name, address, extra, {"check": check})
    for name, address, extra, block in itertools.product(NAMES[:1], ADDRESSES, EXTRAS, [*MESH, *GATEWAYS]):
        yield one(name, address, extra, block)
    for config, upstream, below in itertools.product(PROXY_CONFIGS, UPSTREAMS, UPSTREAM_CONFIGS):
        proxy = {"config": config, "upstreams": [{"destination_name": "db", **upstream, "config": below}]}
        yield one("web", "", {"connect": {"sidecar_service": {"proxy": proxy}}})
    yield {"name": "queue", "socket_path": "/run/queue.sock"}
    yield {"name": "zoned", "port": 1, "locality": {"region": "us-west-1", "zone": "us-west-1a"}}
    yield {"name": "ported", "ports": [{"name": "http", "port": 8080, "default": True}, {"name": "admin", "port": 8081}]}
