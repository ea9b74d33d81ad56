# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Agents in namespaces of their own: told, verified, and never taken for one another."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import ansible
import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent import reach
from ansible_collections.registrar.consul.plugins.module_utils._options import reload_spec
from ansible_collections.registrar.consul.plugins.module_utils._reload import ready
from ansible_collections.registrar.consul.plugins.module_utils._reload.run import reload_agent
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.agent.contained import FIRST_ID, ContainedAgent
from ansible_collections.registrar.consul.tests.support.agent.registered import assert_registered
from ansible_collections.registrar.consul.tests.support.runs.modules import run_module, said, warnings_of, write_set
from ansible_collections.registrar.consul.tests.support.runs.target import Module

WEB = {"name": "web", "port": 80, "check": {"ttl": "1h"}}
INSIDE = "/consul/config"
# Runs a command where /proc is empty, as on systems without one.
NO_PROC = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh")
# Runs it as a user who sees no processes but his own.
USER = 4242
_AS_USER = f"setpriv --reuid {USER} --regid {USER} --clear-groups --inh-caps=-all"
# With the system's Python: the tests' own may lie where nobody else may look.
_WITH_PYTHON = f'env PYTHONPATH="$PYTHONPATH:{Path(ansible.__file__).parents[1]}" /usr/bin/python3'
HIDDEN = ("unshare", "--mount", "sh", "-c", f'mount -t proc -o hidepid=2 proc /proc && shift && exec {_AS_USER} {_WITH_PYTHON} "$@"', "sh")


class Host:
    """Starts agents of this machine and of containers on it, and ends them after the test."""

    def __init__(self, root: Path, agents: ExitStack) -> None:
        self._root = root
        self._agents = agents
        self._count = 0

    def agent(self, **options: Any) -> ConsulAgent:
        return self._agents.enter_context(ConsulAgent(self._next(), **options))

    def container(
        self, *namespaces: str, elsewhere: bool = False, prepare: Callable[[Path], Any] = lambda _rootfs: None, **options: Any
    ) -> ContainedAgent:
        """With elsewhere it has a root of its own, where the config-dir is called another way. prepare puts more into that root."""
        root = self._next()
        if elsewhere:
            options.update(own_root=True, reads=options.get("reads", INSIDE))
            options["mounts"] = {INSIDE: str(root / "consul.d"), **options.get("mounts", {})}
        agent = ContainedAgent(root, namespaces=namespaces, **options)
        prepare(agent.rootfs)
        return self._agents.enter_context(agent)

    def _next(self) -> Path:
        self._count += 1
        return self._root / f"agent-{self._count}"


@pytest.fixture
def host() -> Iterator[Host]:
    # Users of containers have to get at their directories, and pytest closes its own to everybody else.
    with tempfile.TemporaryDirectory(prefix="registrar-consul-") as root, ExitStack() as agents:
        Path(root).chmod(0o755)
        yield Host(Path(root), agents)


def reload(agent: ConsulAgent, **options: Any) -> dict[str, Any]:
    return run_module("agent_reload", config_dir=str(agent.config_dir), **options)


def signals(agent: ConsulAgent) -> int:
    return agent.log().count("signal=hangup")


KINDS = {
    "pid": (("pid",), {}),
    "pid and another path": (("pid", "mnt"), {"elsewhere": True}),
    "pid, another path and a network": (("pid", "mnt", "net"), {"elsewhere": True}),
    "rootless": (("user", "pid", "mnt", "net"), {"elsewhere": True}),
    "rootless, as a user": (("user", "pid", "mnt", "net"), {"elsewhere": True, "user": 100}),
    "mounts as of a unit of systemd's": (("mnt",), {}),
}


@pytest.mark.parametrize(("namespaces", "options"), KINDS.values(), ids=KINDS)
def test_an_agent_in_a_container_is_told_and_verified(host: Host, namespaces: tuple[str, ...], options: dict[str, Any]) -> None:
    agent = host.container(*namespaces, **options)
    write_set(agent.config_dir, [WEB])
    result = reload(agent, require_agent=True)
    assert not result.get("failed"), result["msg"]
    assert (result["changed"], result["verified"], result["verified_by"], result["method"]) == (True, True, "api", "signal")
    assert result["agent"]["pid"] == agent.pid
    assert_registered(agent, [WEB])
    assert reload(agent)["changed"] is False
    write_set(agent.config_dir, [{**WEB, "port": 81}])
    result = reload(agent, method="api")
    assert (result["verified"], result["method"]) == (True, "api")
    assert_registered(agent, [{**WEB, "port": 81}])
    assert signals(agent) == 1


@pytest.mark.slow
def test_nobody_else_is_told(host: Host) -> None:
    """Others whose directory is called alike inside, or has the very path of ours but is another one; and an agent of the host."""
    ours = host.container("pid", "mnt", elsewhere=True)
    write_set(ours.config_dir, [WEB])
    namesake = host.container("pid", "mnt", elsewhere=True)
    hidden = host.container("pid", "mnt", mounts={str(ours.config_dir): str(namesake.config_dir)}, reads=str(ours.config_dir))
    others = [namesake, hidden, host.agent()]

    result = reload(ours)

    assert (result["verified"], result["agent"]["pid"]) == (True, ours.pid)
    assert signals(ours) == 1
    for other in others:
        assert (signals(other), other.services()) == (0, {})
        refused = reload(ours, pid=other.pid)
        assert refused["msg"].startswith(f"The consul agent with pid {other.pid} does not read {ours.config_dir}")


def test_a_pid_file_from_inside_names_the_agent(host: Host) -> None:
    """It holds the number inside, and another agent reads the directory as well."""
    ours = host.container("pid")
    other = host.agent(arguments=("-config-dir", str(ours.config_dir)))
    assert ours.pid_file.read_text() == "1"
    write_set(ours.config_dir, [WEB], pid_file=str(ours.pid_file))
    assert "2 consul agents read" in reload(ours)["msg"]

    result = reload(ours, pid_file=str(ours.pid_file))

    assert (result["verified"], result["agent"]["pid"]) == (True, ours.pid)
    assert (signals(ours), signals(other)) == (1, 0)


def test_a_link_inside_means_what_it_means_inside(host: Host) -> None:
    """The same words would lead to our directory on the host."""
    ours = host.agent()
    write_set(ours.config_dir, [WEB])

    def link(rootfs: Path) -> None:
        (rootfs / str(ours.config_dir).lstrip("/")).mkdir(parents=True)
        (rootfs / "link").symlink_to(ours.config_dir)

    other = host.container("pid", "mnt", elsewhere=True, reads="/link", prepare=link)

    assert reload(ours)["agent"]["pid"] == ours.pid
    assert (signals(other), other.services()) == (0, {})


@pytest.mark.slow
def test_the_agent_is_asked_in_its_own_network(host: Host) -> None:
    """An agent of the host has the same port."""
    decoy = host.agent()
    agent = host.container("pid", "net", http_port=decoy.http_port)
    write_set(agent.config_dir, [WEB])
    result = reload(agent)
    assert (result["verified"], result["method"]) == (True, "signal")
    assert set(agent.services()) == {"web"}
    assert (signals(decoy), decoy.services()) == (0, {})


def test_who_may_not_enter_its_network_claims_nothing(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """And takes nobody else's word for it."""
    decoy = host.agent()
    agent = host.container("pid", "net", http_port=decoy.http_port)
    write_set(agent.config_dir, [WEB])
    monkeypatch.setattr(reach, "network_of", forbidden)
    monkeypatch.setattr(ready, "AGE_WITHOUT_HTTP", 0.5)
    monkeypatch.delenv("CONSUL_HTTP_ADDR", raising=False)
    module = Module({name: option.get("default") for name, option in reload_spec().items()})
    module.params["config_dir"] = str(agent.config_dir)

    result = reload_agent(module, module.params)

    assert result.failure is None
    assert (result.changed, result.verified, result.verified_by) == (True, False, "log")
    assert (
        f"the agent with pid {agent.pid} has a network of its own, which this task may not enter (Operation not permitted)" in result.reason
    )
    assert module.warnings[0].startswith("Not verified (the agent was told to reload)")
    assert (signals(agent), signals(decoy)) == (1, 0)


@contextmanager
def forbidden(path: str) -> Iterator[None]:
    if path:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
    yield


def test_an_address_that_is_given_is_taken_at_its_word(host: Host) -> None:
    """The agent's own one is verified at; at another agent's nothing is claimed, and it is never told."""
    agent, other = host.container("pid"), host.agent()
    write_set(agent.config_dir, [WEB])
    result = reload(agent, http_addr=agent.http_addr, require_agent=True)
    assert (result["verified"], result["verified_by"], result["method"]) == (True, "api", "signal")

    write_set(agent.config_dir, [{**WEB, "port": 81}])
    result = reload(agent, http_addr=other.http_addr, timeout=1)
    assert (
        f"may be another one than that with pid {agent.pid}, which was told: check http_addr (asked at {other.http_addr})" in result["msg"]
    )
    assert result["rolled_back"]
    assert_registered(agent, [WEB])
    assert (signals(other), other.services()) == (0, {})


@pytest.mark.slow
def test_a_socket_is_found_in_the_containers_own_root(host: Host) -> None:
    socket = "unix:///consul/http.sock"
    agent = host.container("pid", "mnt", "net", elsewhere=True, config={"addresses": {"http": f"{socket} 127.0.0.1"}})
    write_set(agent.config_dir, [WEB])
    for method in ("signal", "api"):
        result = reload(agent, method=method, force=True)
        assert (result["verified"], result["method"]) == (True, method), result
    assert_registered(agent, [WEB])


def test_names_that_only_the_container_knows_stop_no_reload(host: Host) -> None:
    def know(rootfs: Path) -> None:
        (rootfs / "etc").mkdir()
        (rootfs / "etc" / "hosts").write_text("127.0.0.1 resolver-inside\n")
        (rootfs / "etc" / "nsswitch.conf").write_text("hosts: files\n")

    agent = host.container("pid", "mnt", elsewhere=True, prepare=know, config={"recursors": ["resolver-inside"]})
    write_set(agent.config_dir, [WEB])
    assert reload(agent)["verified"]


def test_what_an_agent_without_root_can_read(host: Host) -> None:
    """Root in a container is root over the container's users alone."""
    agent = host.container("user", "pid", "mnt", elsewhere=True)
    theirs = agent.write("theirs.json", {"service": {"name": "theirs"}})
    theirs.chmod(0o600)
    os.chown(theirs, FIRST_ID + 100, FIRST_ID + 100)
    write_set(agent.config_dir, [WEB])
    assert (agent.config_dir / "services-test.json").stat().st_gid == FIRST_ID
    assert reload(agent)["verified"]
    assert set(agent.services()) == {"theirs", "web"}

    write_set(agent.config_dir, [{**WEB, "port": 81}])
    os.chown(theirs, 0, 0)
    result = reload(agent)
    assert f"theirs.json: cannot be read by the agent, which runs as the user with id {FIRST_ID}" in said(result)
    assert result["rolled_back"]
    assert signals(agent) == 1


def test_of_two_files_the_later_one_counts_inside_too(host: Host) -> None:
    """The directory, which has another path there, is read before the other file."""
    agent = host.container(
        *("pid", "mnt"),
        elsewhere=True,
        arguments=("-config-file", "/last.json"),
        prepare=lambda rootfs: (rootfs / "last.json").write_text('{"ca_file": ""}'),
    )
    nowhere = '{"ca_file": "/nowhere.pem"}'
    agent.write("theirs.json", nowhere)
    write_set(agent.config_dir, [WEB])
    assert reload(agent)["verified"]

    agent.write("theirs.json", '{"ca_file": ""}')
    (agent.rootfs / "last.json").write_text(nowhere)
    result = reload(agent, force=True)
    assert "last.json: ca_file names /nowhere.pem, which does not exist" in said(result)
    assert signals(agent) == 1


# Where no process can be seen


@pytest.mark.slow
@pytest.mark.parametrize("through", [NO_PROC, HIDDEN], ids=["no /proc", "hidden processes"])
def test_without_proc_the_api_is_the_way(host: Host, through: tuple[str, ...]) -> None:
    agent = host.agent()
    os.chown(agent.config_dir, USER, USER)
    write_set(agent.config_dir, [WEB], through=through)
    result = reload(agent, through=through)
    assert (result["changed"], result["agent"]["state"]) == (False, "stopped")
    (warning,) = warnings_of(result)
    assert "The processes of this host cannot be seen (there is no /proc, or it hides them). No address of an HTTP API is given." in warning
    assert warning.endswith("Give http_addr, so that the agent can be told and asked through its HTTP API.")
    assert reload(agent, through=through, require_agent=True)["failed"]

    result = reload(agent, through=through, http_addr=agent.http_addr)
    assert (result["changed"], result["verified"], result["method"]) == (True, True, "api")
    assert result["agent"]["pid"] is None
    assert_registered(agent, [WEB])
    assert signals(agent) == 0

    write_set(agent.config_dir, [{**WEB, "port": 81}], through=through)
    result = reload(agent, through=through, http_addr="http://127.0.0.1:1")
    assert "No answer from http://127.0.0.1:1 (Connection refused). Start it, or put the address right." in warnings_of(result)[0]


def test_an_agent_that_does_not_read_the_directory_is_noticed(host: Host) -> None:
    agent, other = host.agent(), host.agent()
    write_set(agent.config_dir, [WEB])
    reload(agent)
    write_set(agent.config_dir, [{**WEB, "port": 81}, {"name": "new"}])
    before = other.services()

    result = reload(agent, through=NO_PROC, http_addr=other.http_addr)

    assert result["failed"]
    assert f"the agent at {other.http_addr} does not read {agent.config_dir}" in result["msg"]
    assert result["rolled_back"]
    assert other.services() == before
    assert reload(agent)["verified"]
    assert_registered(agent, [WEB])
    assert signals(agent) == 1, "it has what the files say again, and need not be told"


@pytest.mark.slow
def test_what_is_gone_from_an_agent_that_never_had_it_proves_nothing(host: Host) -> None:
    agent, other = host.agent(), host.agent()
    write_set(agent.config_dir, [WEB])
    reload(agent)
    write_set(agent.config_dir, [])

    result = reload(agent, through=NO_PROC, http_addr=other.http_addr)

    assert (result.get("failed"), result["verified"], result["verified_by"]) == (None, False, "none")
    assert f"shows that it reads {agent.config_dir}" in warnings_of(result)[0]


def test_a_proc_of_others_leads_to_no_signal(host: Host) -> None:
    """In a process namespace with the host's /proc every number means somebody else."""
    agent = host.agent()
    write_set(agent.config_dir, [WEB])
    result = reload(agent, through=("unshare", "--pid", "--fork"))
    assert (result["verified"], result["method"]) == (True, "api")
    assert signals(agent) == 0
    write_set(agent.config_dir, [{**WEB, "port": 81}])
    result = reload(agent, through=("unshare", "--pid", "--fork"), method="signal")
    assert "/proc shows the processes of another namespace than this task's" in result["msg"]
