# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of twenty hosts in two datacenters, once as it should be, and once with every fault of a fleet planted once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Hosts = dict[str, Json]

QUERY = "nearest-cache"
# What is found, with the catalog of an agent: rule, severity, all hosts.
PLANTED = {
    ("check-interval-required", "error", ("cache1",)),
    ("upstream-unregistered", "error", ("api1",)),
    ("upstream-not-in-mesh", "error", ("pay1",)),
    ("upstream-port", "error", ("console1",)),
    ("upstream-query-missing", "error", ("api2",)),
    ("upstream-unseen", "warning", ("web1",)),
    ("protocol-differs", "error", ("api3",)),
    ("ports-differ", "warning", ("web3",)),
    ("mesh-gateway-missing", "error", ("shop1",)),
    ("mesh-gateway-unseen", "warning", ("till1",)),
    ("gateway-kinds", "error", ("gw1", "gw2")),
    ("instance-twice", "error", ("cache2",)),
    ("address-shared", "warning", ("mail1", "mail2")),
    ("listener-taken", "error", ("pay2",)),
    ("set-owner", "warning", ("web2",)),
}


def sound_fleet() -> Hosts:
    """The variables of the hosts by their names."""
    web = [mesh_service("web", 8080, [upstream("api", 5001)], protocol="http")]
    api = [
        mesh_service("api", 9000, [upstream("payment", 5002), upstream(QUERY, 5003, destination_type="prepared_query")], protocol="http")
    ]
    pay = [mesh_service("payment", 9100, [upstream("db", 5432)], port=20100), service("pay-metrics", 9200)]
    multi = service("multi", 0, ports=[{"name": "http", "port": 8000, "default": True}, {"name": "admin", "port": 8001}], **sidecar([]))
    del multi["port"]
    hosts = {
        **{f"web{number}": declared(web, consul_services_owner="consul") for number in (1, 2, 3)},
        **{f"api{number}": declared(api) for number in (1, 2, 3)},
        **{f"pay{number}": declared(pay) for number in (1, 2)},
        "db1": declared([mesh_service("db", 5432, [])]),
        **{f"cache{number}": declared([service("cache", 6379, check={"tcp": "127.0.0.1:6379", "interval": "10s"})]) for number in (1, 2)},
        **{f"mail{number}": declared([service("mail", 25)]) for number in (1, 2)},
        "multi1": declared([multi], consul_services_consul_version="2.0.0", consul_services_edition="enterprise"),
        "console1": declared(
            [mesh_service("console", 8100, [upstream("multi", 5004, destination_port="admin")])],
            consul_services_consul_version="2.0.0",
            consul_services_edition="enterprise",
        ),
        "gw1": declared([gateway("gateway", "mesh-gateway", 8443), gateway("front", "ingress-gateway", 8080)], "dc2"),
        "gw2": declared([gateway("gateway", "mesh-gateway", 8443), gateway("front", "ingress-gateway", 8080)], "dc2"),
        "stock1": declared([mesh_service("stock", 8400, [])], "dc2"),
        "shop1": declared([mesh_service("shop", 8200, [upstream("stock", 5005, datacenter="dc2", mesh_gateway={"mode": "remote"})])]),
        "till1": declared([mesh_service("till", 8300, [])]),
    }
    # Hosts share nothing, so that each can be changed by itself.
    return {name: copy.deepcopy(variables) for name, variables in hosts.items()}


def faulty_fleet() -> Hosts:
    """The same with a fault of each kind."""
    hosts = sound_fleet()

    def change(host: str, edit: Callable[[Json], object], index: int = 0) -> None:
        edit(hosts[host]["consul_services_definitions"][index])

    def proxy(definition: Json) -> Json:
        return definition["connect"]["sidecar_service"].setdefault("proxy", {})

    change("cache1", lambda one: one["check"].pop("interval"))
    change("api1", lambda one: proxy(one)["upstreams"][0].update(destination_name="payments"))
    change("db1", lambda one: one.pop("connect"))
    # So that the other one is not at fault.
    change("pay2", lambda one: proxy(one)["upstreams"].clear())
    change("console1", lambda one: proxy(one)["upstreams"][0].update(destination_port="amin"))
    change("api2", lambda one: proxy(one)["upstreams"][1].update(destination_name="nearest-cash"))
    change("web1", lambda one: proxy(one)["upstreams"].append(upstream("parcels", 5006, destination_peer="warehouse")))
    hosts["web1"]["consul_services_consul_version"] = "1.13.0"
    change("api3", lambda one: proxy(one)["config"].update(protocol="tcp"))
    change("web3", lambda one: one.update(port=8081))
    change("shop1", lambda one: proxy(one)["upstreams"][0].update(mesh_gateway={"mode": "local"}))
    change("till1", lambda one: proxy(one).update(mesh_gateway={"mode": "local"}))
    change("gw2", lambda one: one.update(kind="terminating-gateway"), 1)
    hosts["cache2"]["consul_services_definitions"].append(service("cache", 6379, id="second-{{ inventory_hostname }}"))
    for host in ("mail1", "mail2"):
        change(host, lambda one: one.update(address="10.0.0.9"))
    change("pay2", lambda one: one.update(port=20100), 1)
    hosts["web2"]["consul_services_owner"] = "root"
    return hosts


def declared(definitions: list[Json], datacenter: str = "dc1", **variables: Any) -> Json:
    return {"consul_services_definitions": definitions, "consul_fleet_datacenter": datacenter, **variables}


def service(name: str, port: int, **fields: Any) -> Json:
    """A definition that is templated for its host."""
    return {"name": name, "id": f"{name}-{{{{ inventory_hostname }}}}", "port": port, **fields}


def mesh_service(name: str, own_port: int, upstreams: list[Json], *, protocol: str = "", **fields: Any) -> Json:
    return service(name, own_port, **sidecar(upstreams, protocol=protocol, **fields))


def sidecar(upstreams: list[Json], *, protocol: str = "", **fields: Any) -> Json:
    proxy: Json = {"upstreams": upstreams} if upstreams else {}
    if protocol:
        proxy["config"] = {"protocol": protocol}
    return {"connect": {"sidecar_service": {**fields, **({"proxy": proxy} if proxy else {})}}}


def upstream(name: str, port: int, **fields: Any) -> Json:
    return {"destination_name": name, "local_bind_port": port, **fields}


def gateway(name: str, kind: str, port: int) -> Json:
    return service(name, port, kind=kind)
