# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that the schema expresses: `_judge/validate.py` finds what breaks them, where `x-rule` names them or by the keyword."""

from __future__ import annotations

from .rule import HALF_LOADED, REFUSED, rule

REQUIRED = rule("required", "a required key that is missing or empty", REFUSED)
VALUE = rule("value", "a value that is not one of the allowed ones", REFUSED)
RANGE = rule("range", "a number outside its range", REFUSED)
PATTERN = rule("pattern", "text of the wrong form", REFUSED)
META_SIZE = rule("meta-size", "more than 64 meta entries", REFUSED)
META_KEY = rule(
    "meta-key", "a meta key that is empty, longer than 128 characters, or has other characters than letters, digits, _ and -", REFUSED
)
NAME_REQUIRED = rule("name-required", "a service without a name", HALF_LOADED)
PORT_RANGE = rule(
    "port-range",
    "a port outside 0 to 65535",
    "the agent would register the number as it is, and nobody could connect",
    stricter="agents register any number as a port",
)
COUNT_RANGE = rule(
    "count-range",
    "a count above 2147483647, or an output_max_size below 0",
    "the agent would refuse it, or register another number",
    stricter="agents turn numbers that are too large for them into others",
)
KIND = rule(
    "kind-known",
    "a kind that Consul does not have",
    "the agent would register an ordinary service without a word",
    stricter="agents register a service of an unknown kind as an ordinary one",
)
CHECK_STATUS_KNOWN = rule(
    "check-status-known",
    "an initial status that Consul does not have",
    "the agent would show the text as a state that no query knows",
    stricter="agents take any text as the state of a check",
)
EXPOSE_PATH = rule(
    "expose-path",
    "an exposed path without path or listener_port, or with another protocol than http or http2",
    REFUSED,
    stricter="agents compare the protocol without regard to case, and look at the block only where the service is a proxy",
)
UPSTREAM_DESTINATION = rule(
    "upstream-destination",
    "an upstream without destination_name, or with an unknown destination_type",
    REFUSED,
    stricter="agents before 1.6 do not look at it, later ones only where the service is a proxy",
)
