# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules over the definitions of many hosts: what one node cannot know. Agents judge none of it: they find out when traffic fails."""

from __future__ import annotations

from .rule import rule, warning

_NEVER_COMPARED = "no agent sees the definitions of another"

DEFINITIONS_UNSEEN = rule(
    "definitions-unseen",
    "definitions of a host that could not be made from its variables",
    "whatever leads to them cannot be judged",
    stricter="it is about variables, which agents do not have",
)
UNREGISTERED = rule(
    "upstream-unregistered",
    "an upstream that nobody registers",
    "the proxy would have a listener, and every connection to it would fail",
    stricter="agents do not look at where upstreams lead",
)
UPSTREAM_UNSEEN = warning(
    "upstream-unseen",
    "an upstream of which cannot be seen whether it leads anywhere",
    "if it leads nowhere, every connection to it fails",
)
NOT_IN_MESH = rule(
    "upstream-not-in-mesh",
    "an upstream whose service has no sidecar, no proxy, and is not native",
    "the proxy would find no instance that it may connect to",
    stricter="agents do not look at where upstreams lead",
)
# Multi-port services in the mesh were read in the documentation of 2.0, not run.
UPSTREAM_PORT = rule(
    "upstream-port",
    "an upstream with a destination_port that its destination does not have",
    "the proxy would find no instance with such a port",
    stricter="agents do not look at where upstreams lead",
)
QUERY_MISSING = rule(
    "upstream-query-missing",
    "an upstream that names a prepared query which the catalog does not have",
    "the proxy would find no instance",
    stricter="agents do not look at where upstreams lead",
)
# What proxies make of it was read in Consul's documentation, not run.
PROTOCOLS = rule(
    "protocol-differs",
    "one service whose proxies speak different protocols",
    "what depends on the protocol, such as routes, retries and intentions by path, would hold at some of them only",
    stricter=_NEVER_COMPARED,
)
PROTOCOL_UNCLEAR = warning(
    "protocol-unclear",
    "one service with a protocol at some of its proxies and none at others",
    "without a word they speak what Consul's central configuration says, or else tcp",
)
PORTS_DIFFER = warning(
    "ports-differ",
    "a host on which a service has another port than on nearly all others, and nothing says why",
    "callers that know the port from elsewhere do not reach it there",
)
GATEWAY_MISSING = rule(
    "mesh-gateway-missing",
    "a mesh gateway mode where nobody runs a mesh gateway",
    "connections that have to pass it would fail",
    stricter="agents do not look for the gateway",
)
GATEWAY_UNSEEN = warning(
    "mesh-gateway-unseen",
    "a mesh gateway mode whose gateway cannot be seen, or is missing while nothing needs it",
    "where there is none, connections that have to pass it fail",
)
GATEWAY_KINDS = rule(
    "gateway-kinds",
    "gateways of one name that are of different kinds",
    "Consul would treat all of them as one, and hand the wrong ones to proxies",
    stricter="agents and the catalog take them (seen on 1.8.7 and 1.21.4)",
)
INSTANCE_TWICE = rule(
    "instance-twice",
    "two instances of a service at one address and port of a host",
    "one process would count, and be given traffic, as two",
    stricter="agents do not compare ports",
)
ADDRESS_SHARED = warning(
    "address-shared",
    "instances of a service on several hosts at one address and port",
    "unless the address moves between them, one process counts as several",
)
LISTENER_TAKEN = rule(
    "listener-taken",
    "a port on which a proxy has to listen, and which another service or proxy of the host has",
    "only one of the two could start",
    stricter="agents do not compare ports",
)
SET_OWNER = warning(
    "set-owner",
    "one set whose files belong to different users or groups on different hosts",
    "who may read or change the set depends on the host",
)
