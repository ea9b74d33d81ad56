# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of a line that change nothing that a test could see, and why. They are not drawn."""

from __future__ import annotations

from typing import NamedTuple


class Equivalent(NamedTuple):
    file: str
    was: str
    now: str
    why: str


EQUIVALENT = (
    Equivalent(
        "plugins/module_utils/_agent/process.py",
        'right = "the pid that the agent has on this host (%d: it is called %d in its container only)" % (contained[0].pid, pid)',
        'right = "the pid that the agent has on this host (%d: it is called %d in its container only)" % (contained[ -1].pid, pid)',
        "there is one",
    ),
    Equivalent(
        "plugins/module_utils/_agent/api.py",
        "def __init__(self, where: Endpoint, timeout: float = 10.0) -> None:",
        "def __init__(self, where: Endpoint, timeout: float = 11.0) -> None:",
        "a test that tells them apart would have to wait as long",
    ),
    Equivalent(
        "plugins/module_utils/_agent/own_settings.py",
        "return port if isinstance(port, int) else 0",
        "return port if isinstance(port, int) else -1",
        "neither is a port that a sidecar could get",
    ),
    *(
        Equivalent(
            "plugins/module_utils/_agent/own_settings.py",
            "socket.getaddrinfo(host, 53)",
            f"socket.getaddrinfo(host, {port})",
            "a name is looked up, whatever port is asked for with it",
        )
        for port in (52, 54)
    ),
    Equivalent(
        "plugins/module_utils/_definition/sidecars.py",
        "return 0",
        "return -1",
        "whatever is no port stops the agent there",
    ),
    Equivalent(
        "plugins/module_utils/_definition/sidecars.py",
        "return value if isinstance(value, int) and value > 0 else 0",
        "return value if isinstance(value, int) and value > -1 else 0",
        "0 is 0 either way",
    ),
    Equivalent(
        "plugins/module_utils/_definition/compare.py",
        "return canonical(config[0]) if config else None",
        "return canonical(config[ -1]) if config else None",
        "there is one",
    ),
    *(
        Equivalent(
            "plugins/module_utils/_definition/compare.py",
            'elif not want.get("ports") or have.get("port") not in (None, 0, default_port(want)):',
            f'elif not want.get("ports") or have.get("port") not in (None, {port}, default_port(want)):',
            "a closer look finds no difference between 0 and nothing",
        )
        for port in ("-1", " 1")
    ),
    Equivalent(
        "plugins/module_utils/_definition/secret.py",
        "break",
        "continue",
        "behind a gap nothing joins on, since matches do not overlap",
    ),
    Equivalent(
        "plugins/module_utils/_reload/verify.py",
        "self.state_since = self.started",
        "pass",
        "the first look sets it, before anybody asks",
    ),
    Equivalent(
        "plugins/module_utils/_reload/ready.py",
        "stream.seek(max(0, os.fstat(stream.fileno()).st_size - _TAIL))",
        "stream.seek(max( 1, os.fstat(stream.fileno()).st_size - _TAIL))",
        "what was said before the last start is not looked at, be it cut off",
    ),
    *(
        Equivalent(
            "plugins/module_utils/_files/transaction.py",
            f"if change.{state} is not None and change.{content} is not None:",
            f"if change.{state} is not None or change.{content} is not None:",
            "a file has both, or there is none",
        )
        for state, content in (("before", "old"), ("after", "new"))
    ),
    Equivalent(
        "plugins/module_utils/_files/config_dir.py",
        "self._parts, self._state, self.fd = {}, None, -1",
        "self._parts, self._state, self.fd = {}, None, - 2",
        "no descriptor is negative",
    ),
    *(
        Equivalent(
            "plugins/module_utils/_agent/log.py",
            "more = self._response.fp.read1(65536)",
            "more = self._response.fp.read1( %d)" % size,
            "how much is read at once changes no word of it",
        )
        for size in (65535, 65537)
    ),
    *(
        Equivalent(
            "plugins/module_utils/_reload/ready.py", "_TAIL = 1024 * 1024", now, "a start says far less, and any end of the log shows it"
        )
        for now in ("_TAIL = 1023 * 1024", "_TAIL = 1025 * 1024", "_TAIL = 1024 * 1023", "_TAIL = 1024 * 1025")
    ),
    Equivalent(
        "plugins/module_utils/_write/trial.py",
        'self._api = AgentApi(Endpoint("unix://" + _socket(folder)), timeout=5.0)',
        'self._api = AgentApi(Endpoint("unix://" + _socket(folder)), timeout= 6.0)',
        "a test that tells them apart would have to wait as long",
    ),
    Equivalent(
        "plugins/module_utils/_write/run.py",
        "self._interrupted = False",
        "pass",
        "it is set once more before anybody asks",
    ),
    Equivalent(
        "plugins/plugin_utils/_rules/address.py",
        "if not address or _PLAIN.match(address) or is_ip(address):",
        "if not address or _PLAIN.match(address) and is_ip(address):",
        "a closer look has nothing against what is plain; it only takes longer",
    ),
    *(
        Equivalent(
            "plugins/plugin_utils/_judge/definitions.py",
            was,
            was.replace("strict=True", "strict=False"),
            "they are as long as each other; it would say so if we were wrong",
        )
        for was in (
            "services = [(label, result.definition) for label, result in zip(labels, results, strict=True)]",
            "for index, finding in node_check_id_findings(services, list(zip(labels, checks, strict=True))):",
            "for label, definition, result in zip(labels, definitions, results, strict=True):",
        )
    ),
    Equivalent(
        "plugins/plugin_utils/_judge/validate.py",
        """yield found.at((*place, key), "is missing", f"Add {key}: {child.annotation('examples')[0]}.")""",
        """yield found.at((*place, key), "is missing", f"Add {key}: {child.annotation('examples')[ -1]}.")""",
        "keys that are required have one example each",
    ),
    Equivalent(
        "plugins/plugin_utils/_judge/verdict.py",
        "or not any((finding.label, finding.place[:length]) in unknown for length in range(1, len(finding.place) + 1))",
        "or not any((finding.label, finding.place[:length]) in unknown for length in range( 0, len(finding.place) + 1))",
        "a definition as a whole is no field",
    ),
    *(
        Equivalent(
            "plugins/plugin_utils/_rules/address.py",
            'authority = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]',
            f'authority = re.split(r"[/?#]", rest, maxsplit= {count})[0].rpartition("@")[2]',
            "the first part is the same, however many more are split off",
        )
        for count in (0, 2)
    ),
    Equivalent(
        "plugins/plugin_utils/_rules/foreign.py",
        "command = [*_SHELL, command[0]]",
        "command = [*_SHELL, command[ -1]]",
        "there is one",
    ),
    Equivalent(
        "plugins/plugin_utils/_rules/service.py",
        'size = len(value.encode("utf-8", "surrogatepass")) if isinstance(value, str) and len(value) * 4 > _META_BYTES else 0',
        'size = len(value.encode("utf-8", "surrogatepass")) if isinstance(value, str) and len(value) * 5 > _META_BYTES else 0',
        "more of them are measured, in vain",
    ),
    Equivalent(
        "plugins/plugin_utils/_findings.py",
        "matches = difflib.get_close_matches(word.lower(), [entry for entry in known if entry], n=1, cutoff=0.6)",
        "matches = difflib.get_close_matches(word.lower(), [entry for entry in known if entry], n= 2, cutoff=0.6)",
        "only the first is used",
    ),
)
# What says only how an object is kept, that nobody changes it by mistake, how many answers are remembered, and what is for mypy alone.
NOT_CHANGED = ("if TYPE_CHECKING:", "@dataclass(", "@lru_cache(maxsize=", "@functools.lru_cache(maxsize=")
