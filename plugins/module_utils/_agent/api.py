# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small client of one agent's HTTP API: http, https and unix sockets, one connection kept open.

The token goes to that one address and nowhere else: redirects are not followed, proxies are not used.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple
from urllib.parse import urlencode, urlsplit

from .namespaces import network_of

if TYPE_CHECKING:
    import ssl

DEFAULT_ADDRESS = "http://127.0.0.1:8500"
DEFAULT_PORTS = {"http": 8500, "https": 8501}
_VARIABLES = {
    "ca_cert": "CONSUL_CACERT",
    "ca_path": "CONSUL_CAPATH",
    "client_cert": "CONSUL_CLIENT_CERT",
    "client_key": "CONSUL_CLIENT_KEY",
    "tls_server_name": "CONSUL_TLS_SERVER_NAME",
}


class ApiError(Exception):
    """The agent did not give what it was asked for. The message is fit for the user."""


class Unreachable(ApiError):
    """Nobody answered at the address, or not in time."""


class Untrusted(ApiError):
    """Somebody answered, and TLS came to nothing: a certificate, a name, or no TLS at all."""


class AclDenied(ApiError):
    """403: the token may not do this (the message has the agent's words)."""


class Blocked(ApiError):
    """403 for everybody: ``http_config.block_endpoints`` or ``allow_write_http_from``."""


class NotFound(ApiError):
    """404."""


class ServerError(ApiError):
    """The agent answered with an error; the message is its words."""


class BadOptions(ApiError):
    """The address, the token file or a TLS file cannot be used."""


class Endpoint(NamedTuple):
    """Where the agent answers and how we talk to it."""

    address: str
    token: str | None = None
    ca_cert: str | None = None
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    tls_server_name: str | None = None
    validate_certs: bool = True
    network: str | None = None  # the network namespace to ask from, where it is not ours


def endpoint(options: Mapping[str, Any], environment: Mapping[str, str], own_address: str | None, network: str | None = None) -> Endpoint:
    """Join the task's options, the CONSUL_* variables and the agent's own address, in this order of weight.

    network is that of the agent's own address.

    Raises BadOptions when the token file cannot be read or the address is none.
    """
    address = options.get("http_addr") or environment.get("CONSUL_HTTP_ADDR") or own_address or DEFAULT_ADDRESS
    secure = _flag(environment.get("CONSUL_HTTP_SSL"), False)
    validate = options.get("validate_certs")
    return Endpoint(
        address=_with_scheme(address, "https" if secure else "http"),
        token=_token(options, environment),
        validate_certs=_flag(environment.get("CONSUL_HTTP_SSL_VERIFY"), True) if validate is None else validate,
        network=network,
        **{name: options.get(name) or environment.get(variable) for name, variable in _VARIABLES.items()},
    )


class AgentApi:
    """Requests to one agent."""

    def __init__(self, where: Endpoint, timeout: float = 10.0) -> None:
        self.where = where
        self.timeout = timeout
        self._kept: _Connection | None = None

    def demand_usable(self) -> None:
        """Raise BadOptions where nobody could ever be asked like this. Asks nobody."""
        if _Connection(self.where, self.timeout).scheme == "https":
            _tls_context(self.where)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The decoded JSON answer. Raises an ApiError of the fitting kind."""
        return self._decoded(path, self._ask("GET", path, query))

    def put(self, path: str) -> None:
        """A write, never repeated. Raises an ApiError of the fitting kind."""
        self.close()
        self._ask("PUT", path, None)

    def send(self, method: str, path: str, content: Any) -> Any:
        """Send something as JSON, never twice, and return the decoded answer. Raises an ApiError of the fitting kind."""
        self.close()
        return self._decoded(path, self._ask(method, path, None, json.dumps(content).encode("utf-8")))

    def stream(self, path: str, query: Mapping[str, str]) -> tuple[http.client.HTTPResponse, socket.socket]:
        """An answer that goes on, and the connection of its own, both for the caller to close. Raises a fitting ApiError."""
        connection = _Connection(self.where, self.timeout)
        try:
            response = self._exchange(connection, "GET", path, query)
            if response.status != 200:
                raise _refusal(response.status, self._body(response, path), path)
        except ApiError:
            connection.close()
            raise
        return response, connection.opened

    def close(self) -> None:
        """Give the connection back."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _decoded(self, path: str, text: bytes) -> Any:
        try:
            return json.loads(text)
        except ValueError:
            raise ServerError("%s answered %s with no JSON: is this a consul agent?" % (self.where.address, path)) from None

    def _ask(self, method: str, path: str, query: Mapping[str, str] | None, body: bytes | None = None) -> bytes:
        reused = self._kept is not None
        self._kept = self._kept or _Connection(self.where, self.timeout)
        try:
            response = self._exchange(self._kept, method, path, query, body)
            answer = self._body(response, path)
        except Unreachable:
            self.close()
            if reused and method == "GET":
                # The agent closes idle connections, and all of them when it ends: only a fresh one tells.
                return self._ask(method, path, query)
            raise
        if response.will_close:
            self.close()
        if response.status != 200:
            raise _refusal(response.status, answer, path)
        return answer

    def _body(self, response: http.client.HTTPResponse, path: str) -> bytes:
        try:
            return response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable("%s broke off in its answer to %s (%s)." % (self.where.address, path, _reason(error))) from error

    def _exchange(
        self, connection: _Connection, method: str, path: str, query: Mapping[str, str] | None, body: bytes | None = None
    ) -> http.client.HTTPResponse:
        target = connection.prefix + path + ("?" + urlencode(query) if query else "")
        try:
            if connection.sock is not None:
                connection.sock.settimeout(self.timeout)
            connection.request(method, target, body, {"X-Consul-Token": self.where.token} if self.where.token else {})
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Unreachable("No answer from %s (%s)." % (self.where.address, _reason(error))) from error


def mapping(api: AgentApi, path: str, of: type[Any] = object, namespace: str = "") -> dict[str, Any]:
    """An answer that agents give as a mapping to values of one kind.

    Raises an ApiError: whatever else is there may answer with any JSON.
    """
    answer = api.get(path, {"ns": namespace} if namespace else None)
    if not isinstance(answer, dict) or not all(isinstance(value, of) for value in answer.values()):
        raise ServerError("%s answered %s otherwise than consul agents do" % (api.where.address, path))
    return answer


def entries(api: AgentApi, path: str, namespace: str = "") -> dict[str, dict[str, Any]]:
    """The services or checks of an answer, by their ids. Raises an ApiError."""
    return mapping(api, path, dict, namespace)


class _Connection(http.client.HTTPConnection):
    """A connection over TCP, TLS or a unix socket, whichever the address says."""

    def __init__(self, where: Endpoint, timeout: float) -> None:
        parts = urlsplit(where.address)
        self._where = where
        self.scheme = parts.scheme
        self._path = parts.netloc + parts.path
        # What a proxy before the agent may want before each path.
        self.prefix = "" if parts.scheme == "unix" else parts.path.rstrip("/")
        host = parts.hostname or "localhost"
        try:
            port = DEFAULT_PORTS.get(parts.scheme) if parts.port is None else parts.port
            for name in (host, where.tls_server_name or host):
                name.encode("idna")
            super().__init__(host, port, timeout=timeout)
        except (ValueError, http.client.InvalidURL):
            raise BadOptions(
                "The agent's address %s cannot be used: its host, its port or tls_server_name is none." % where.address
            ) from None

    def connect(self) -> None:
        if self.scheme == "unix":
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(self.timeout)
            self.sock.connect(self._path)
        elif self._where.network is not None:
            with network_of(self._where.network):
                super().connect()
        else:
            super().connect()
        if self.scheme == "https":
            self.sock = _secured(self.sock, self._where, self._where.tls_server_name or self.host)
        # Its own is forgotten where the answer says that the connection ends with it.
        self.opened = self.sock


def _secured(connection: socket.socket, where: Endpoint, name: str) -> socket.socket:
    import ssl

    try:
        return _tls_context(where).wrap_socket(connection, server_hostname=name)
    except ssl.SSLError as error:
        connection.close()
        raise Untrusted("TLS with %s failed (%s)." % (where.address, _reason(error))) from error


def _tls_context(where: Endpoint) -> ssl.SSLContext:
    import ssl

    try:
        context = ssl.create_default_context(cafile=where.ca_cert, capath=where.ca_path)
        if where.client_cert:
            context.load_cert_chain(where.client_cert, where.client_key)
    except (OSError, ssl.SSLError) as error:
        raise BadOptions("The TLS files for %s cannot be used (%s)." % (where.address, _reason(error))) from error
    if not where.validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _refusal(status: int, body: bytes, path: str) -> ApiError:
    words = " ".join(body[:4096].decode("utf-8", "replace").split())
    if status == 403:
        blocked = "Access is restricted" in words or "blocked by agent configuration" in words
        return (Blocked if blocked else AclDenied)("%s: %s" % (path, words or "forbidden"))
    if status == 404:
        return NotFound("%s: %s" % (path, words or "not found"))
    return ServerError(words or "HTTP status %d for %s" % (status, path))


def _reason(error: Exception) -> str:
    if isinstance(error, socket.timeout):
        return "timed out"
    return getattr(error, "strerror", None) or getattr(error, "reason", None) or str(error) or type(error).__name__


def _with_scheme(address: str, scheme: str) -> str:
    text = address if "://" in address else "%s://%s" % (scheme, address)
    # None of the two is quoted: there may be a password in it.
    try:
        parts = urlsplit(text)
    except ValueError:
        raise BadOptions("The agent's address is none. Give http://host:port, with an IPv6 address in brackets.") from None
    if "@" in parts.netloc:
        raise BadOptions(
            "The agent's address has a user or a password in it, which no agent asks for. Leave them out, and give an ACL token."
        )
    if parts.scheme not in ("http", "https", "unix"):
        raise BadOptions("The agent's address %s is neither http://, https:// nor unix://." % address)
    return text


def _token(options: Mapping[str, Any], environment: Mapping[str, str]) -> str | None:
    # The order of Consul's own command line.
    path = options.get("http_token_file") or environment.get("CONSUL_HTTP_TOKEN_FILE")
    token = options.get("http_token") or (_from_file(path) if path else environment.get("CONSUL_HTTP_TOKEN")) or None
    if token is not None and not (token.isascii() and token.isprintable()):
        # As a header it would be refused with a message that quotes it.
        raise BadOptions("The ACL token holds characters that no token has. Check where it comes from.")
    return token


def _from_file(path: str) -> str:
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as stream:
            return stream.read().strip()
    except (OSError, ValueError) as error:
        raise BadOptions("The token file %s cannot be read (%s)." % (path, getattr(error, "strerror", None) or "not text")) from None


def _flag(text: str | None, default: bool) -> bool:
    """A switch as Go's strconv.ParseBool reads it."""
    if text in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    return False if text in ("0", "f", "F", "false", "FALSE", "False") else default
