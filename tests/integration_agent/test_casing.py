# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent says, spelled as files do, is what was written; what files say, spelled as the API does, it takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._convert.casing import to_api, to_file
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, node_check_field, service_field, walk
from ansible_collections.registrar.consul.tests.support.agent.answered import settled
from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary, consul_version
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.definitions.canonical import canonical
from ansible_collections.registrar.consul.tests.support.definitions.drawn import drawn_services
from ansible_collections.registrar.consul.tests.support.definitions.every_field import one_for_each_field
from ansible_collections.registrar.consul.tests.support.definitions.judged import errors_in
from ansible_collections.registrar.consul.tests.support.definitions.shapes import paths_in
from ansible_collections.registrar.consul.tests.support.definitions.strategies import Scope

StartAgent = Callable[..., ConsulAgent]
Json = dict[str, Any]
Counted = Callable[[str, object], None]
SERVICE = service_field()
# No agent tells a token. Inside a service it forgets the other two before anything is stored.
NEVER_TOLD = {"token", "service_id", "expose.port"}
GENERATED = 150
# What an agent puts into the headers of a check when it runs for the first time.
OWN_HEADERS = (["Consul Health Check"], ["text/plain, text/*, */*"])
# As many sidecars as there may be, each with a port of its own.
PORTS = {"ports": {"sidecar_min_port": 20000, "sidecar_max_port": 20999}}


@pytest.fixture(scope="module")
def scope() -> Scope:
    return Scope(consul_version(consul_binary()))


@pytest.fixture(scope="module")
def every_field(scope: Scope) -> dict[str, Json]:
    return one_for_each_field(scope)


@pytest.fixture(scope="module")
def definitions(every_field: dict[str, Json], scope: Scope) -> list[Json]:
    """One for each field, and many fields together, without checks of other nodes: an agent waits a minute before it ends one."""
    return [definition for definition in [*every_field.values(), *drawn_services(scope, GENERATED)] if not _looks_at_a_node(definition)]


def _looks_at_a_node(service: Json) -> bool:
    return "alias_node" in json.dumps(service)


def _agent_with(start_agent: StartAgent, services: list[Json]) -> ConsulAgent:
    agent = start_agent(enable_local_script_checks=True, config=PORTS)
    agent.write("all.json", {"services": services})
    agent.reload()
    return agent


def told(field: Field, value: Any) -> Any:
    """The definition without what no agent tells."""
    if isinstance(value, dict) and field.properties:
        return {
            key: told(field.properties[key], item)
            for key, item in value.items()
            if key not in NEVER_TOLD and f"{field.name}.{key}" not in NEVER_TOLD
        }
    if isinstance(value, list) and field.items is not None:
        return [told(field.items, item) for item in value]
    return value


def test_every_field_comes_back_as_it_was_written(
    start_agent: StartAgent, every_field: dict[str, Json], definitions: list[Json], record_property: Counted
) -> None:
    """The agent's own view of its files has everything that it read of them at its start, and more than any other answer."""
    agent = start_agent(enable_local_script_checks=True, config=PORTS)
    agent.stop()
    agent.write("all.json", {"services": definitions})
    agent.start()
    read = {service["ID"]: service for service in agent.get("/v1/agent/self")["DebugConfig"]["Services"]}
    back = {identifier: canonical(SERVICE, to_file(_answered(service))) for identifier, service in read.items()}
    assert back.keys() == {definition["id"] for definition in definitions}
    for definition in definitions:
        wanted = canonical(SERVICE, told(SERVICE, definition))
        assert _without_inherited(back[definition["id"]], wanted) == wanted
    silent = {path for path in every_field if path.rpartition(".")[2] in NEVER_TOLD | {"alias_node"} or path.endswith("expose.port")}
    assert {path for path in every_field if path not in set(paths_of(back.values()))} <= silent | _single_checks(every_field)
    record_property(
        "counted", f"{len(every_field) - len(silent)} of {len(every_field)} fields and {len(definitions)} definitions came back"
    )


def _without_inherited(service: Json, wanted: Json) -> Json:
    """The definition without what later agents write into its sidecar because the service has it."""
    connect = service.get("connect", {})
    if "sidecar_service" not in connect:
        return service
    written = wanted.get("connect", {}).get("sidecar_service", {})
    sidecar = {key: value for key, value in connect["sidecar_service"].items() if key in written or service.get(key) != value}
    return {**service, "connect": {**connect, "sidecar_service": sidecar}}


def paths_of(values: Any) -> Iterator[str]:
    for value in values:
        yield from paths_in(SERVICE, value)


def _single_checks(paths: Any) -> set[str]:
    """The agent has what stands below check in the list of checks."""
    return {path for path in paths if ".check." in f".{path}"}


def _answered(service: Json) -> Json:
    """The agent's view of its configuration as it answers for a service, without the parts that only its code has."""
    answer: Json = _strip(service)
    answer["Service"] = answer.pop("Name")
    return answer


def _strip(value: Any) -> Any:
    if isinstance(value, dict):
        inner = ("EnterpriseMeta", "ProxyHTTP", "ProxyGRPC", "Token")
        kept = {key: _strip(item) for key, item in value.items() if key not in inner and item not in OWN_HEADERS}
        # A sidecar has none of its own.
        return {key: item for key, item in kept.items() if item is not None or key != "SidecarService"}
    return [_strip(item) for item in value] if isinstance(value, list) else value


@pytest.mark.slow
def test_answers_are_definitions_that_register_the_same(
    start_agent: StartAgent, definitions: list[Json], scope: Scope, record_property: Counted
) -> None:
    agent = _agent_with(start_agent, definitions)
    answer = settled(agent.services())
    assert {definition["id"] for definition in definitions} <= set(answer)
    by_id = {service["id"]: service for service in to_file(answer)}
    assert by_id.keys() == answer.keys()
    singly = [to_file(settled(agent.get(f"/v1/agent/service/{identifier}"))) for identifier in answer]
    assert singly == list(by_id.values())
    assert errors_in(list(by_id.values()), scope) == []
    agent = _agent_with(start_agent, list(by_id.values()))
    assert settled(agent.services()) == answer
    in_the_catalog = _catalogued(agent, answer)
    for found in in_the_catalog.values():
        assert found == {identifier: by_id[identifier] for identifier in found}
    counts = ", ".join(f"{len(found)} from {path}" for path, found in in_the_catalog.items())
    record_property("counted", f"{len(answer)} answers of the agent registered the same as definitions; equal were {counts}")


def _catalogued(agent: ConsulAgent, answer: Json) -> dict[str, dict[str, Json]]:
    """Definitions by id from each answer of the catalog, once all that it takes are in it."""
    node = agent.get("/v1/agent/self")["Config"]["NodeName"]
    # It refuses sidecars that are native themselves.
    wanted = {
        identifier for identifier, service in answer.items() if not (service.get("Kind") and (service.get("Connect") or {}).get("Native"))
    }
    path = f"/v1/catalog/node-services/{node}"
    agent.wait_until(lambda: wanted <= {service["ID"] for service in agent.get(path)["Services"]}, "lacks services in its catalog")
    found = {path: to_file(settled(agent.get(path)))}
    names = sorted({service["Service"] for service in answer.values() if service["Service"].strip()})
    for prefix in ("/v1/catalog/service/", "/v1/health/service/", "/v1/agent/health/service/name/"):
        answers = [agent.request("GET", prefix + quote(name, safe="")).text for name in names]
        # No path leads to a service that is called ".." or the like.
        listed = [entry for text in answers if text.startswith("[") for entry in json.loads(text)]
        found[prefix] = to_file(settled(listed))
    return {place: {service["id"]: service for service in listed if service["id"] in answer} for place, listed in found.items()}


@pytest.mark.slow
def test_the_api_takes_every_field_that_it_knows(
    start_agent: StartAgent, every_field: dict[str, Json], definitions: list[Json], record_property: Counted
) -> None:
    by_file = _agent_with(start_agent, definitions)
    settings: Json = {"mode": "server", "enable_local_script_checks": True, "config": {**PORTS, "enable_script_checks": True}}
    by_api = start_agent(**settings)
    for definition in definitions:
        body, unknown = to_api(definition, body=True)
        assert unknown == []
        by_api.register(body)
    assert _registered(by_api) == _registered(by_file)
    assert _stored_checks(by_api) == _declared_checks(definitions)
    for definition in filter(_looks_at_a_node, every_field.values()):
        # An agent that ends such a check takes no request for a minute, and it may end one to start it again.
        by_api = start_agent(**settings)
        by_api.register(to_api(definition, body=True)[0])
        by_api.kill()
    known = {path for path in every_field if not _is_unknown_to_api(path)}
    record_property(
        "counted", f"the API took {len(known)} of {len(every_field)} fields, those that it knows, and {len(definitions)} definitions"
    )


def _is_unknown_to_api(path: str) -> bool:
    return next(field.api_name is None for field in walk(SERVICE) if field.path == path.removesuffix("[]")) if path else False


def _registered(agent: ConsulAgent) -> dict[str, Json]:
    """All services as definitions. Which free port a sidecar gets depends on the order."""
    found = {service["id"]: canonical(SERVICE, service) for service in to_file(agent.services())}
    for identifier, service in found.items():
        if identifier.endswith("-sidecar-proxy") and "socket_path" not in service and 20000 <= service["port"] <= 20999:
            del service["port"]
    return found


def _stored_checks(agent: ConsulAgent) -> dict[str, Json]:
    """The checks as the agent stored them, which is in the API's spelling with durations in nanoseconds."""
    found = {}
    for path in (agent.data_dir / "checks").iterdir():
        stored = json.loads(path.read_text(encoding="utf-8"))
        check = canonical(node_check_field(), to_file(_strip(stored["ChkType"]), "check"))
        if stored["Check"]["Name"].startswith("Connect Sidecar "):
            continue
        found[stored["Check"]["CheckID"]] = check
    return found


def _declared_checks(definitions: list[Json]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for definition in definitions:
        service = canonical(SERVICE, told(SERVICE, definition))
        sidecar = service.get("connect", {}).get("sidecar_service", {})
        for identifier, checks in ((definition["id"], service), (f"{definition['id']}-sidecar-proxy", sidecar)):
            several = checks.get("checks", [])
            for number, check in enumerate(several, 1):
                generated = f"service:{identifier}" + (f":{number}" if len(several) > 1 else "")
                found[check.get("id", generated)] = check
    return found


def test_the_api_takes_every_field_of_a_check_outside_a_service(
    start_agent: StartAgent, every_field: dict[str, Json], record_property: Counted
) -> None:
    agent = start_agent(enable_local_script_checks=True, config={"enable_script_checks": True})
    agent.register({"Name": "web"})
    checks = {path: definition["checks"][0] for path, definition in every_field.items() if path.startswith("checks[].")}
    for path, check in checks.items():
        named = {"name": path, **check, **({"service_id": "web"} if "service_id" in check else {})}
        body, unknown = to_api(named, "node_check")
        assert unknown == []
        agent.put("/v1/agent/check/register", body)
    assert len(agent.checks()) == len(checks)
    agent.kill()
    record_property("counted", f"the API took {len(checks)} fields of a check outside a service")
