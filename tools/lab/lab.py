# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab of hosts for the Molecule scenarios: ``lab.py up STATE HOST...`` and ``lab.py down STATE``.

Every host has its own network address, process tree, file system and sshd, made from the kernel's namespaces; inside.py is
what runs there. The whole lab is one process tree in one PID namespace: when its first process is killed, the kernel ends
everything else, and with it go the mounts, the network and the interface that this machine had to it.

``up`` prints what Ansible needs to know as JSON, and leaves it in STATE/lab.json. STATE is a folder that belongs to the lab.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import ipaddress
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests"))

from support.paths import ensure_tree  # noqa: E402

sys.path[0] = str(ensure_tree())

from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary  # noqa: E402

INSIDE = Path(__file__).with_name("inside.py")
# For tests between networks (RFC 2544), so nobody's real network uses it.
RANGE = ipaddress.IPv4Network("198.18.0.0/15")
PATIENCE = 60.0
PACKAGES = {
    "ip": "iproute2",
    "pivot_root": "util-linux",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "unshare": "util-linux",
}
NAMESPACES = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


class LabError(RuntimeError):
    """Something that the lab needs is missing, or it did not come up."""


def up(state: Path, hosts: list[str], init: str) -> dict[str, Any]:
    """Start a lab, in place of one that the folder already has. Raises LabError."""
    check_machine(init)
    down(state)
    state.mkdir(parents=True, mode=0o700)
    make_keys(state, hosts)
    lab: dict[str, Any] = {
        "init": init,
        "interface": f"lab{os.getpid()}",
        "private_key": str(state / "id"),
        "known_hosts": str(state / "known_hosts"),
        "consul": str(consul_binary()),
        "sshd": output(REPOSITORY / "tools" / "fetch_sshd.sh"),
        "hidden": str(REPOSITORY),
    }
    if init == "systemd":
        lab["cgroup"] = f"{cgroups()}/{lab['interface']}"
    try:
        # OpenSSH's sockets need a short path.
        lab["control_path_dir"] = tempfile.mkdtemp(prefix="lab-")
        with one_at_a_time():
            start(state, lab, hosts)
        wait_for_hosts(state, lab)
    except BaseException:
        write(state, lab)
        down(state, keep_log=True)
        raise
    return lab


def down(state: Path, *, keep_log: bool = False) -> None:
    """End a lab and remove what it left. A lab that is not there is fine."""
    if not state.exists():
        return
    lab = json.loads((state / "lab.json").read_text("utf-8")) if (state / "lab.json").exists() else {}
    control = Path(lab.get("control_path_dir", "/nonexistent"))
    for connection in control.glob("*"):
        subprocess.run(["ssh", "-O", "exit", "-o", f"ControlPath={connection}", "lab"], check=False, capture_output=True)
    if is_ours(lab):
        os.kill(lab["pid"], signal.SIGKILL)
    if "interface" in lab:
        wait_until(lambda: not is_ours(lab) and not Path("/sys/class/net", lab["interface"]).exists(), "does not end")
    if "cgroup" in lab:
        wait_until(lambda: removed_cgroups(Path(lab["cgroup"])), "keeps its cgroups")
    shutil.rmtree(control, ignore_errors=True)
    if keep_log:
        for entry in state.iterdir():
            if entry.name != "log":
                entry.unlink()
    else:
        shutil.rmtree(state)


def check_machine(init: str) -> None:
    """Raise LabError, with everything that is missing."""
    missing = []
    if os.geteuid() != 0:
        missing.append("root, for network and mount namespaces")
    for command, package in PACKAGES.items():
        if shutil.which(command, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None:
            missing.append(f"{command}, of Debian's package {package}")
    if "overlay" not in Path("/proc/filesystems").read_text("utf-8"):
        # A kernel that has it as a module shows it once it was asked for.
        subprocess.run(["modprobe", "overlay"], check=False, capture_output=True)
        if "overlay" not in Path("/proc/filesystems").read_text("utf-8"):
            missing.append("overlayfs in the kernel")
    if init == "systemd" and not Path("/lib/systemd/systemd").exists():
        missing.append("systemd, for this scenario, of Debian's package systemd")
    if init == "systemd" and cgroups() is None:
        missing.append("cgroups of version 2, for this scenario: mount -t cgroup2 cgroup2 /sys/fs/cgroup")
    if missing:
        raise LabError("\n  ".join(["The hosts need, and this machine has not:", *missing]))


def cgroups() -> Path | None:
    """Where this machine has its cgroups of version 2."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text("utf-8").splitlines()]
    return next((Path(mount[1]) for mount in mounts if mount[2] == "cgroup2"), None)


def removed_cgroups(top: Path) -> bool:
    """Remove cgroups, from the innermost. A process that is still ending keeps its own."""
    try:
        for folder, _folders, _files in os.walk(top, topdown=False):
            Path(folder).rmdir()
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return False
    return True


def make_keys(state: Path, hosts: list[str]) -> None:
    for name in ["id", *(f"host_key_{host}" for host in hosts)]:
        output("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", state / name)


def write_known_hosts(state: Path, lab: dict[str, Any]) -> None:
    lines = [f"{address} {(state / f'host_key_{host}.pub').read_text('utf-8')}" for host, address in lab["hosts"].items()]
    (state / "known_hosts").write_text("".join(lines), "utf-8")


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Another checkout's lab must not take the same network at the same time."""
    folder = os.open("/run", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def free_network() -> ipaddress.IPv4Network:
    """The first network of the range that this machine has no route to."""
    routes = json.loads(output("ip", "-json", "-4", "route", "show", "table", "all") or "[]")
    taken = [ipaddress.IPv4Network(route["dst"], strict=False) for route in routes if route["dst"] != "default"]
    for network in RANGE.subnets(new_prefix=24):
        if not any(network.overlaps(other) for other in taken):
            return network
    raise LabError(f"This machine has routes to all of {RANGE}, where the lab would put its hosts.")


def start(state: Path, lab: dict[str, Any], hosts: list[str]) -> None:
    network = free_network()
    lab["network"] = str(network)
    lab["hosts"] = {host: str(address) for host, address in zip(hosts, network.hosts(), strict=False)}
    write_known_hosts(state, lab)
    write(state, lab)
    with (state / "log").open("wb") as log:
        process = subprocess.Popen(
            [*NAMESPACES, sys.executable, str(INSIDE), "switch", str(state)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
    lab["pid"] = process.pid
    lab["started"] = start_time(process.pid)
    write(state, lab)
    wait_until(lambda: has_own_network(process), "does not get a network of its own")
    output("ip", "link", "add", lab["interface"], "type", "veth", "peer", "name", "uplink", "netns", process.pid)
    output("ip", "address", "add", f"{network[-2]}/{network.prefixlen}", "dev", lab["interface"])
    output("ip", "link", "set", lab["interface"], "up")


def has_own_network(process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise LabError("The lab ended at once. unshare needs CAP_SYS_ADMIN: is this a container without privileges?")
    return os.readlink(f"/proc/{process.pid}/ns/net") != os.readlink("/proc/self/ns/net")


def wait_for_hosts(state: Path, lab: dict[str, Any]) -> None:
    for host, address in lab["hosts"].items():
        try:
            wait_until(lambda at=address: answers(lab, at), f"has no sshd on {host}")
        except LabError as error:
            raise LabError(f"{error}\n{(state / 'log').read_text('utf-8', 'replace')}") from None


def answers(lab: dict[str, Any], address: str) -> bool:
    if not is_ours(lab):
        raise LabError("The lab ended while it was starting.")
    try:
        with socket.create_connection((address, 22), timeout=1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], complaint: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise LabError(f"The lab {complaint} after {PATIENCE:.0f} s.")
        time.sleep(0.02)


def is_ours(lab: dict[str, Any]) -> bool:
    """Is the lab's first process alive? Its start time tells it from a later process with the same number."""
    return "pid" in lab and start_time(lab["pid"]) == lab["started"]


def start_time(pid: int) -> str | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # A zombie has ended already.
    return None if fields[0] == "Z" else fields[19]


def write(state: Path, lab: dict[str, Any]) -> None:
    (state / "lab.json").write_text(json.dumps(lab, indent=2), "utf-8")


def output(*command: object) -> str:
    """Run a command. Raises LabError with what it complained about."""
    done = subprocess.run([str(part) for part in command], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise LabError(f"{' '.join(str(part) for part in command)}: {done.stderr.strip()}")
    return done.stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(description="A lab of hosts for the Molecule scenarios.")
    parser.add_argument("--init", choices=["sshd", "systemd"], default="sshd", help="what runs first on a host")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("up", "down"):
        commands.add_parser(command).add_argument("state", type=Path, help="the lab's own folder")
    commands.choices["up"].add_argument("hosts", nargs="+")
    arguments = parser.parse_args()
    try:
        if arguments.command == "down":
            down(arguments.state.absolute())
        else:
            print(json.dumps(up(arguments.state.absolute(), arguments.hosts, arguments.init)))
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
