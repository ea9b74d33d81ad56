# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Generated from the schema: do not edit, run make generate.
"""Documentation of the options that are fields of a service."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  id:
    description:
      - Identifies the instance on its agent; unique on the node, also without regard to case.
      - Without it, the value of name.
    type: str
  name:
    description:
      - Name under which the service is found in the catalog and in DNS.
    type: str
  kind:
    description:
      - 'What the service is: empty for an ordinary service, or a proxy or gateway of the mesh.'
      - One of V(connect-proxy), V(mesh-gateway), V(terminating-gateway), V(ingress-gateway), V(api-gateway),
        V(inference-gateway).
      - Since Consul 1.2.2.
    type: str
  tags:
    description:
      - Labels that queries and DNS can select by.
    type: list
    elements: str
  address:
    description:
      - Address at which the service is reached.
      - Without it, the address of the node.
    type: str
  port:
    description:
      - Port at which the service is reached.
    type: int
  ports:
    description:
      - Named ports of a service that listens on several.
      - Each has the keys V(name), V(port), V(default).
      - Since Consul 1.22.0.
    type: list
    elements: dict
  socket_path:
    description:
      - Unix domain socket at which the service is reached, instead of address and port.
      - Since Consul 1.10.0.
    type: str
  tagged_addresses:
    description:
      - Further addresses of the instance by name, such as lan, wan, lan_ipv4 or wan_ipv6.
      - Each has the keys V(address), V(port).
      - Since Consul 1.6.0.
    type: dict
  enable_tag_override:
    description:
      - Lets others change the tags in the catalog without the agent putting them back.
    type: bool
  meta:
    description:
      - Key and value pairs stored with the instance.
      - Since Consul 1.1.0.
    type: dict
  weights:
    description:
      - Weights of the instance in DNS SRV answers.
      - Its keys are V(passing), V(warning).
      - Since Consul 1.2.3.
    type: dict
  token:
    description:
      - ACL token with which the agent registers the service.
      - Without it, the agent's default token.
    type: str
  check:
    description:
      - One health check of the service.
      - Its keys are V(id), V(name), V(notes), V(status), V(http), V(method), V(header), V(body), V(disable_redirects),
        V(tcp), V(tcp_use_tls), V(udp), V(grpc), V(grpc_use_tls), V(h2ping), V(h2ping_use_tls), V(os_service), V(args),
        V(docker_container_id), V(shell), V(alias_service), V(alias_node), V(ttl), V(interval), V(timeout),
        V(tls_server_name), V(tls_skip_verify), V(success_before_passing), V(failures_before_warning),
        V(failures_before_critical), V(output_max_size), V(deregister_critical_service_after), V(service_id), V(token),
        V(namespace), V(partition).
    type: dict
  checks:
    description:
      - Health checks of the service.
      - Each has the keys V(id), V(name), V(notes), V(status), V(http), V(method), V(header), V(body),
        V(disable_redirects), V(tcp), V(tcp_use_tls), V(udp), V(grpc), V(grpc_use_tls), V(h2ping), V(h2ping_use_tls),
        V(os_service), V(args), V(docker_container_id), V(shell), V(alias_service), V(alias_node), V(ttl), V(interval),
        V(timeout), V(tls_server_name), V(tls_skip_verify), V(success_before_passing), V(failures_before_warning),
        V(failures_before_critical), V(output_max_size), V(deregister_critical_service_after), V(service_id), V(token),
        V(namespace), V(partition).
    type: list
    elements: dict
  connect:
    description:
      - How the service takes part in the mesh.
      - Its keys are V(native), V(sidecar_service).
      - Since Consul 1.2.0.
    type: dict
  proxy:
    description:
      - What a connect-proxy or gateway stands for and how it is set up.
      - Its keys are V(destination_service_name), V(destination_service_id), V(local_service_address),
        V(local_service_port), V(local_service_ports), V(local_service_socket_path), V(mode), V(transparent_proxy),
        V(config), V(upstreams), V(mesh_gateway), V(expose).
      - Since Consul 1.3.0.
    type: dict
  ai:
    description:
      - 'What the service is to AI workloads: a model, a server of tools, or an agent.'
      - Its keys are V(role), V(inference_model), V(mcp_server), V(agent).
      - Since Consul 2.1.0.
      - In Consul Enterprise only.
    type: dict
  locality:
    description:
      - Where the instance runs, for locality-aware routing.
      - Its keys are V(region), V(zone).
      - Since Consul 1.17.0.
    type: dict
  namespace:
    description:
      - Namespace in which the service is registered.
      - Since Consul 1.7.0.
      - In Consul Enterprise only.
    type: str
  partition:
    description:
      - Admin partition in which the service is registered.
      - Since Consul 1.11.0.
      - In Consul Enterprise only.
    type: str
  proxy_destination:
    description:
      - Name of the service that a connect-proxy stands for, as written before Consul 1.3.
      - Since Consul 1.2.2 and before 1.6.0; later write C(proxy.destination_service_name).
    type: str
"""
