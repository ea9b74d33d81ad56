# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Generated from the schema: do not edit, run make generate.
"""Facts about the fields of a service definition, for the target side."""

from __future__ import annotations

from typing import Any


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Names of fields whose values, or the values below them, are masked wherever they could be seen.
SENSITIVE_FIELDS = _names("body header token")

# Names of fields whose children have the user's own keys.
USER_KEY_FIELDS = _names("config header meta tagged_addresses")

# Names of fields that hold a duration.
DURATION_FIELDS = _names("approval_timeout deregister_critical_service_after interval timeout ttl")

# Names of fields that hold several mappings: a single one stands for a list of one in HCL.
LIST_FIELDS = _names("checks local_service_ports paths ports upstreams")

# Names of all fields. What stands under another name, nobody knows whether it is secret.
FIELD_NAMES = _names(
    "address agent ai alias_node alias_service approval_timeout args body check checks command config connect datacenter default defaults "
    "deregister_critical_service_after destination_name destination_namespace destination_partition destination_peer destination_port "
    "destination_service_id destination_service_name destination_type dialed_directly disable_redirects docker_container_id "
    "enable_tag_override exec_mode expose failures_before_critical failures_before_warning grpc grpc_use_tls h2ping h2ping_use_tls header "
    "hitl http id inference inference_model interceptor interval kind listener_port local_bind_address local_bind_port "
    "local_bind_socket_mode local_bind_socket_path local_path_port local_service_address local_service_port local_service_ports "
    "local_service_socket_path locality max_tokens mcp mcp_server mesh_gateway meta method mode name namespace native notes os_service "
    "outbound_listener_port output_max_size partition passing path paths port ports protocol protocol_version proxy proxy_destination "
    "rate_limits region role script service_id shell sidecar_service socket_path specialization status success_before_passing "
    "tagged_addresses tags tcp tcp_use_tls temperature timeout tls_server_name tls_skip_verify token tool_calls_per_hour "
    "tool_calls_per_minute transparent_proxy transport ttl udp upstreams vendor warning weights zone "
)

# The HTTP API's spellings that agents read in files, too, in lower case, and the field that they mean.
OLD_SPELLINGS = {
    "deregistercriticalserviceafter": "deregister_critical_service_after",
    "dockercontainerid": "docker_container_id",
    "scriptargs": "args",
    "serviceid": "service_id",
    "tlsskipverify": "tls_skip_verify",
}

# The fields of a service as options of a module.
SERVICE_ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "id": {"type": "str"},
    "name": {"type": "str"},
    "kind": {"type": "str"},
    "tags": {"type": "list", "elements": "str"},
    "address": {"type": "str"},
    "port": {"type": "int"},
    "ports": {"type": "list", "elements": "dict"},
    "socket_path": {"type": "str"},
    "tagged_addresses": {"type": "dict"},
    "enable_tag_override": {"type": "bool"},
    "meta": {"type": "dict"},
    "weights": {"type": "dict"},
    "token": {"type": "str", "no_log": True},
    "check": {"type": "dict"},
    "checks": {"type": "list", "elements": "dict"},
    "connect": {"type": "dict"},
    "proxy": {"type": "dict"},
    "ai": {"type": "dict"},
    "locality": {"type": "dict"},
    "namespace": {"type": "str"},
    "partition": {"type": "str"},
    "proxy_destination": {"type": "str"},
}
