# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs inside a lab: ``inside.py switch STATE`` is its first process, ``inside.py host STATE NAME`` that of each host.

Both are started by unshare, in namespaces of their own. A host sees this machine's file system with a private layer above it:
whatever is written there is written to memory, and is gone with the host.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

# Debian has it, and the layers of a host are put together below it.
WORKSHOP = Path("/mnt")
ROOT = WORKSHOP / "root"
# What a machine of one's own would not have. Each becomes an empty folder in memory.
EMPTY = {
    "/etc/consul.d": "0755",
    "/home": "0755",
    "/root": "0700",
    "/run": "0755",
    "/tmp": "1777",
    "/var/lib/consul": "0755",
    "/var/tmp": "1777",
}
DEVICES = ("full", "null", "random", "tty", "urandom", "zero")
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
SSHD = ("/usr/sbin/sshd", "-D", "-e", "-f", "/etc/ssh/lab_sshd_config")
SSHD_CONFIG = """\
AuthorizedKeysFile /etc/ssh/lab_key.pub
HostKey /etc/ssh/lab_host_key
KbdInteractiveAuthentication no
PasswordAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
UseDNS no
UsePAM no
"""
UNITS = {
    "lab.target": "[Unit]\nRequires=sysinit.target lab-sshd.service\nAfter=sysinit.target lab-sshd.service\nAllowIsolate=yes\n",
    "lab-sshd.service": f"[Service]\nRuntimeDirectory=sshd\nExecStart={' '.join(SSHD)}\n",
}


def switch(state: Path) -> None:
    """Connect the hosts and the machine outside with each other, start the hosts, and stay."""
    lab = json.loads((state / "lab.json").read_text("utf-8"))
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "switch", "type", "bridge")
    run("ip", "link", "set", "switch", "up")
    for number, host in enumerate(lab["hosts"]):
        process = subprocess.Popen(
            [
                *("unshare", "--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc"),
                *(sys.executable, __file__, "host", str(state), host),
            ]
        )
        wait_until(lambda pid=process.pid: os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net"))
        run("ip", "link", "add", f"port{number}", "master", "switch", "type", "veth", "peer", "name", "eth0", "netns", process.pid)
        run("ip", "link", "set", f"port{number}", "up")
    wait_until(lambda: has_link("uplink"))
    run("ip", "link", "set", "uplink", "master", "switch", "up")
    # A host that ends takes the lab with it, so that a broken one is seen at once.
    os.wait()


def host(state: Path, name: str) -> None:
    """Become a host: build the file system, take the name and the address, start sshd, and stay."""
    lab = json.loads((state / "lab.json").read_text("utf-8"))
    keys = {key: (state / key).read_text("utf-8") for key in (f"host_key_{name}", "id.pub")}
    if lab["init"] == "systemd":
        enter_cgroup(Path(lab["cgroup"]) / name)
    build_root(lab)
    wait_until(lambda: has_link("eth0"))
    set_up_network(lab, name)
    os.chdir(ROOT)
    (ROOT / "oldroot").mkdir()
    run("pivot_root", ".", "oldroot")
    os.chdir("/")
    run("umount", "--lazy", "/oldroot")
    Path("/oldroot").rmdir()
    set_up_identity(lab, name)
    set_up_sshd(keys[f"host_key_{name}"], keys["id.pub"])
    if lab["init"] == "systemd":
        become_systemd()
    subprocess.Popen(SSHD, env=ENVIRONMENT)
    reap()


def build_root(lab: dict[str, Any]) -> None:
    mount("-t", "tmpfs", "-o", "size=512m,mode=0755", "tmpfs", WORKSHOP)
    for folder in ("upper", "work", "root"):
        (WORKSHOP / folder).mkdir()
    mount("-t", "overlay", "-o", f"lowerdir=/,upperdir={WORKSHOP}/upper,workdir={WORKSHOP}/work", "overlay", ROOT)
    run("cp", "-a", f"{lab['sshd']}/.", ROOT)
    for folder, mode in {**EMPTY, lab["hidden"]: "0755"}.items():
        below(folder).mkdir(parents=True, exist_ok=True)
        mount("-t", "tmpfs", "-o", f"size=256m,mode={mode}", "tmpfs", below(folder))
    mount("-t", "proc", "proc", below("/proc"))
    mount("-t", "sysfs", "-o", "ro", "sysfs", below("/sys"))
    build_devices()
    program = below("/usr/local/bin/consul")
    program.touch()
    mount("--bind", "-o", "ro", lab["consul"], program)


def build_devices() -> None:
    mount("-t", "tmpfs", "-o", "size=64k,mode=0755", "tmpfs", below("/dev"))
    for device in DEVICES:
        below(f"/dev/{device}").touch()
        mount("--bind", f"/dev/{device}", below(f"/dev/{device}"))
    for folder in ("pts", "shm"):
        below(f"/dev/{folder}").mkdir()
    mount("-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=0620", "devpts", below("/dev/pts"))
    mount("-t", "tmpfs", "-o", "size=64m,mode=1777", "tmpfs", below("/dev/shm"))
    links = {
        "fd": "/proc/self/fd",
        "ptmx": "pts/ptmx",
        "stderr": "/proc/self/fd/2",
        "stdin": "/proc/self/fd/0",
        "stdout": "/proc/self/fd/1",
    }
    for name, target in links.items():
        below(f"/dev/{name}").symlink_to(target)


def set_up_network(lab: dict[str, Any], name: str) -> None:
    length = lab["network"].partition("/")[2]
    run("ip", "address", "add", f"{lab['hosts'][name]}/{length}", "dev", "eth0")
    run("ip", "link", "set", "eth0", "up")
    run("ip", "link", "set", "lo", "up")


def set_up_identity(lab: dict[str, Any], name: str) -> None:
    socket.sethostname(name)
    Path("/etc/hostname").write_text(f"{name}\n", "utf-8")
    lines = ["127.0.0.1 localhost", *(f"{address} {host}" for host, address in lab["hosts"].items())]
    Path("/etc/hosts").write_text("\n".join(lines) + "\n", "utf-8")


def set_up_sshd(host_key: str, user_key: str) -> None:
    folder = Path("/etc/ssh")
    folder.mkdir(exist_ok=True)
    for name, text, mode in (("lab_host_key", host_key, 0o600), ("lab_key.pub", user_key, 0o644), ("lab_sshd_config", SSHD_CONFIG, 0o644)):
        (folder / name).write_text(text, "utf-8")
        (folder / name).chmod(mode)
    Path("/run/sshd").mkdir(mode=0o755)
    accounts = Path("/etc/passwd").read_text("utf-8")
    if "\nsshd:" not in accounts:
        Path("/etc/passwd").write_text(accounts + "sshd:x:64022:65534::/run/sshd:/usr/sbin/nologin\n", "utf-8")
    # sshd takes a "!" for an account that nobody may enter, not even with a key.
    run("usermod", "--password", "*", "root")


def enter_cgroup(group: Path) -> None:
    group.mkdir(parents=True)
    (group / "cgroup.procs").write_text("0", "utf-8")


def become_systemd() -> None:
    """Replace this process by systemd, with its own cgroups, and with none of the units that this machine has enabled."""
    for name in ("fstab", "machine-id"):
        Path("/etc", name).write_text("", "utf-8")
    units = Path("/etc/systemd/system")
    shutil.rmtree(units, ignore_errors=True)
    units.mkdir(parents=True)
    for name, text in UNITS.items():
        (units / name).write_text(text, "utf-8")
    script = "mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec /lib/systemd/systemd --unit=lab.target"
    # By this variable systemd knows that it does not have a machine of its own.
    os.execvpe("unshare", ["unshare", "--cgroup", "sh", "-c", script], {**ENVIRONMENT, "container": "lab"})


def reap() -> None:
    """Bury the dead, as the first process of a process tree has to. Ends when there is no child left."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


def below(path: str) -> Path:
    return ROOT / path.lstrip("/")


def has_link(name: str) -> bool:
    return subprocess.run(["ip", "link", "show", name], check=False, capture_output=True).returncode == 0


def wait_until(condition: Any) -> None:
    """For ever: whoever started the lab knows how long to wait, and ends it."""
    while not condition():
        time.sleep(0.02)


def mount(*arguments: object) -> None:
    run("mount", *arguments)


def run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if sys.argv[1] == "switch":
        switch(Path(sys.argv[2]))
    else:
        host(Path(sys.argv[2]), sys.argv[3])
