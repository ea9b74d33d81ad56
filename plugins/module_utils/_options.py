# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Argument specs: one function for each group of options, mirrored one to one by the doc fragments."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from ._definition.fields import SERVICE_ARGUMENT_SPEC
from ._findings import Refused, error

Spec = Dict[str, Dict[str, Any]]
# How an agent is told to reload.
METHOD: dict[str, Any] = {"type": "str", "choices": ["auto", "signal", "api"], "default": "auto"}

# Of every module that has agent_spec.
MUTUALLY_EXCLUSIVE = [("http_token", "http_token_file")]


def demand_usable(params: Mapping[str, Any]) -> None:
    """Raise Refused for values that fit their types and that no run can do anything with. To be called before anything is changed."""
    if not params["config_dir"]:
        hint = "Set it to the directory that the agent was started with, or leave the option out for /etc/consul.d."
        raise Refused(error("config_dir", "config-dir-missing", "is empty.", hint))
    for name in ("timeout", "reload_timeout"):
        if params.get(name) is not None and params[name] < 1:
            hint = "Give the seconds to wait, 1 at least, or leave it out for a limit that grows with the number of services."
            raise Refused(error(name, "timeout-too-short", "leaves no time to see what the agent has (%d seconds)." % params[name], hint))
    wait, reload = params.get("wait_healthy") or 0, params.get("reload", "now")
    if wait < 0:
        raise Refused(error("wait_healthy", "wait-negative", "is negative.", "Give the seconds to wait, or 0 to wait for nothing."))
    if wait and reload != "now":
        message = "has nothing to wait for: with reload: %s this task does not have the agent load anything." % reload
        raise Refused(error("wait_healthy", "wait-without-reload", message, "Give it to the task that does, or set reload: now."))


def set_spec() -> Spec:
    """Options of service_definitions."""
    return {
        "services": {"type": "list", "elements": "dict"},
        "checks": {"type": "list", "elements": "dict", "default": []},
        "set": {"type": "str", "default": "default"},
        "layout": {"type": "str", "choices": ["bundle", "per_service"], "default": "bundle"},
        **_common_spec(),
    }


def definition_spec() -> Spec:
    """Options of service_definition: the fields of a service, and how it becomes a file."""
    return {**SERVICE_ARGUMENT_SPEC, "file": {"type": "str"}, **_common_spec()}


def reload_spec() -> Spec:
    """Options of agent_reload."""
    return {
        "config_dir": {"type": "path", "default": "/etc/consul.d"},
        "method": METHOD,
        "timeout": {"type": "int"},
        "force": {"type": "bool", "default": False},
        "lock_timeout": {"type": "int", "default": 30},
        **_load_spec(),
        **agent_spec(),
    }


def info_spec() -> Spec:
    """Options of service_definition_info."""
    return {
        "config_dir": files_spec()["config_dir"],
        "export": {"type": "bool", "default": False},
        **judge_spec(),
        **agent_spec(),
    }


def fleet_spec() -> Spec:
    """Options of fleet_report."""
    where = {name: option for name, option in agent_spec().items() if name not in ("pid", "pid_file", "service")}
    return {
        "hosts": {"type": "list", "elements": "str", "default": []},
        "variables": {"type": "list", "elements": "str", "default": ["consul_services_definitions"]},
        "catalog": {"type": "dict", "options": where},
        "external": {"type": "list", "elements": "str"},
        "directory": {"type": "path"},
        "fail_on": {"type": "str", "choices": ["warning", "error", "never"], "default": "warning"},
        **judge_spec(),
    }


def _common_spec() -> Spec:
    return {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "payload": {"type": "str", "no_log": True},
        **judge_spec(),
        **files_spec(),
        **transaction_spec(),
        "reload": {"type": "str", "choices": ["now", "later", "never"], "default": "now"},
        "reload_timeout": {"type": "int"},
        **_load_spec(),
        **agent_spec(),
    }


def judge_spec() -> Spec:
    """Options of everything that judges definitions."""
    return {
        "consul_version": {"type": "str", "default": "auto"},
        "edition": {"type": "str", "choices": ["community", "enterprise"], "default": "community"},
        "strict": {"type": "bool", "default": False},
        "silence": {"type": "list", "elements": "str", "default": []},
        "unchecked": {"type": "list", "elements": "str", "default": []},
        "secret_paths": {"type": "list", "elements": "str", "default": [], "no_log": False},
    }


def files_spec() -> Spec:
    """Options of the files."""
    return {
        "config_dir": {"type": "path", "default": "/etc/consul.d"},
        "format": {"type": "str", "choices": ["json", "hcl"], "default": "json"},
        "owner": {"type": "str"},
        "group": {"type": "str"},
        "mode": {"type": "raw", "default": "0640"},
    }


def transaction_spec() -> Spec:
    """Options of the change as a whole."""
    return {
        "drift": {"type": "str", "choices": ["repair", "report"], "default": "repair"},
        "adopt": {"type": "bool", "default": False},
        "preflight": {"type": "str", "choices": ["validate", "trial", "none"], "default": "validate"},
        "reload_method": METHOD,
        "lock_timeout": {"type": "int", "default": 30},
    }


def _load_spec() -> Spec:
    """Options of whatever has an agent load its files, under the same names everywhere."""
    return {
        "require_agent": {"type": "bool", "default": False},
        "take_over": {"type": "bool", "default": False},
        "overridden_tags": {"type": "str", "choices": ["keep", "lose"], "default": "keep"},
        "allow_check_reset": {"type": "bool", "default": False},
        "generation_marker": {"type": "bool", "default": False},
        "wait_healthy": {"type": "int"},
        "on_unhealthy": {"type": "str", "choices": ["rollback", "fail", "warn"], "default": "rollback"},
        "healthy_states": {"type": "list", "elements": "str", "choices": ["passing", "warning"], "default": ["passing"]},
    }


def agent_spec() -> Spec:
    """Options that say which agent is meant and how its HTTP API is reached."""
    return {
        "http_addr": {"type": "str"},
        "http_token": {"type": "str", "no_log": True},
        "http_token_file": {"type": "path", "no_log": False},
        "ca_cert": {"type": "path"},
        "ca_path": {"type": "path"},
        "client_cert": {"type": "path"},
        "client_key": {"type": "path", "no_log": False},
        "tls_server_name": {"type": "str"},
        "validate_certs": {"type": "bool"},
        "pid": {"type": "int"},
        "pid_file": {"type": "path"},
        "service": {"type": "str"},
    }
