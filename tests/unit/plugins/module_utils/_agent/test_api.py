# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP client against a server that answers as agents do, and worse."""

from __future__ import annotations

import http.server
import json
import socketserver
import subprocess
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent import api as agent_api

Server = Callable[..., "FakeAgent"]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers from the server's table, and remembers what it was asked."""

    protocol_version = "HTTP/1.1"
    server: Any

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, self.headers.get("X-Consul-Token")))
        if self.server.drop_next:
            self.server.drop_next = False
            self.close_connection = True
            return
        status, body, headers = self.server.answers.get(self.path, (404, "unknown service ID", {}))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())
        if self.server.close_after_answer:
            self.close_connection = True

    def do_PUT(self) -> None:
        self.do_GET()

    def log_message(self, *_arguments: Any) -> None:
        """Quiet."""

    def address_string(self) -> str:
        return "client"


class FakeAgent:
    """A server in a thread, over TCP or a unix socket."""

    def __init__(self, path: Path | None = None, tls: Any = None) -> None:
        self.server: Any
        if path:

            class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
                daemon_threads = True

            self.server = UnixServer(str(path), Handler)
            self.address = f"unix://{path}"
        else:
            self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            self.address = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_address[1]}"
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.server.answers = {}
        self.server.asked = []
        self.server.connections = 0
        self.server.drop_next = False
        self.server.close_after_answer = False
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def answer(self, path: str, status: int = 200, body: Any = "", **headers: str) -> None:
        self.server.answers[path] = (status, body if isinstance(body, str) else json.dumps(body), headers)

    @property
    def asked(self) -> list[tuple[str, str, str | None]]:
        return list(self.server.asked)

    def api(self, token: str | None = None, **options: Any) -> agent_api.AgentApi:
        return agent_api.AgentApi(agent_api.Endpoint(self.address, token, **options), timeout=10.0)


@pytest.fixture
def serve() -> Iterator[Server]:
    running: list[FakeAgent] = []

    def start(*arguments: Any, **options: Any) -> FakeAgent:
        running.append(FakeAgent(*arguments, **options))
        return running[-1]

    yield start
    for agent in running:
        agent.server.shutdown()
        agent.server.server_close()


def test_a_decoded_answer_with_the_token_on_one_connection(serve: Server) -> None:
    agent = serve()
    agent.answer("/v1/agent/services?ns=team-1", body={"web": {"Port": 80}})
    api = agent.api("the-token")
    for _time in range(3):
        assert api.get("/v1/agent/services", {"ns": "team-1"}) == {"web": {"Port": 80}}
    assert agent.asked == [("GET", "/v1/agent/services?ns=team-1", "the-token")] * 3
    assert agent.server.connections == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, "Permission denied", agent_api.AclDenied),
        (403, "ACL not found", agent_api.AclDenied),
        (403, "Access is restricted", agent_api.Blocked),
        (403, "Endpoint is blocked by agent configuration", agent_api.Blocked),
        (404, "unknown service ID", agent_api.NotFound),
        (500, "Failed reloading services:\n\tService name missing", agent_api.ServerError),
        (301, "", agent_api.ServerError),
        (429, "", agent_api.ServerError),
    ],
)
def test_every_refusal_has_its_kind_and_the_agents_words(serve: Server, status: int, body: str, kind: type[Exception]) -> None:
    agent = serve()
    agent.answer("/v1/agent/self", status, body)
    with pytest.raises(kind) as refusal:
        agent.api().get("/v1/agent/self")
    assert refusal.value.__class__ is kind
    assert " ".join(body.split()) in str(refusal.value)


def test_a_redirect_gets_no_token(serve: Server) -> None:
    here, elsewhere = serve(), serve()
    here.answer("/v1/agent/self", 307, "", Location=elsewhere.address + "/v1/agent/self")
    with pytest.raises(agent_api.ServerError):
        here.api("the-token").get("/v1/agent/self")
    assert elsewhere.asked == []


def test_proxies_of_the_environment_are_not_used(serve: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = serve()
    agent.answer("/v1/agent/self", body={})
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert agent.api().get("/v1/agent/self") == {}


def test_an_idle_connection_that_the_agent_closed_is_opened_again(serve: Server) -> None:
    agent = serve()
    agent.answer("/v1/agent/self", body={})
    api = agent.api()
    api.get("/v1/agent/self")
    agent.server.drop_next = True
    assert api.get("/v1/agent/self") == {}
    assert agent.server.connections == 2


def test_a_write_is_never_sent_twice(serve: Server) -> None:
    agent = serve()
    agent.answer("/v1/agent/self", body={})
    agent.answer("/v1/agent/reload")
    api = agent.api()
    api.get("/v1/agent/self")
    agent.server.drop_next = True
    with pytest.raises(agent_api.Unreachable):
        api.put("/v1/agent/reload")
    assert [path for _method, path, _token in agent.asked] == ["/v1/agent/self", "/v1/agent/reload"]


def test_nobody_there(serve: Server, tmp_path: Path) -> None:
    for address in ("http://127.0.0.1:1", f"unix://{tmp_path}/no.sock"):
        with pytest.raises(agent_api.Unreachable, match=f"No answer from {address}"):
            agent_api.AgentApi(agent_api.Endpoint(address, "the-token")).get("/v1/agent/self")


def test_something_else_than_an_agent(serve: Server) -> None:
    agent = serve()
    agent.answer("/v1/agent/self", body="<html>")
    with pytest.raises(agent_api.ServerError, match="is this a consul agent"):
        agent.api().get("/v1/agent/self")


def test_unix_socket(serve: Server, tmp_path: Path) -> None:
    agent = serve(tmp_path / "agent.sock")
    agent.answer("/v1/agent/self", body={"a": 1})
    assert agent.api().get("/v1/agent/self") == {"a": 1}


def certificates(root: Path) -> dict[str, Path]:
    """A self-signed certificate for the name agent.test."""
    key, certificate = root / "key.pem", root / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=agent.test", "-addext", "subjectAltName=DNS:agent.test"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return {"key": key, "certificate": certificate}


def test_tls_is_verified_by_name_and_authority(serve: Server, tmp_path: Path) -> None:
    import ssl

    files = certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files["certificate"], files["key"])
    agent = serve(tls=context)
    agent.answer("/v1/agent/self", body={})
    authority = str(files["certificate"])
    assert agent.api(ca_cert=authority, tls_server_name="agent.test").get("/v1/agent/self") == {}
    assert agent.api(validate_certs=False).get("/v1/agent/self") == {}
    for options in ({"ca_cert": authority}, {"tls_server_name": "agent.test"}):
        with pytest.raises(agent_api.Untrusted, match="TLS with"):
            agent.api(**options).get("/v1/agent/self")
    with pytest.raises(agent_api.BadOptions, match="TLS files"):
        agent.api(ca_cert=str(tmp_path / "none.pem")).get("/v1/agent/self")


def test_the_task_weighs_more_than_the_environment_and_that_more_than_the_agents_own_address(tmp_path: Path) -> None:
    environment = {"CONSUL_HTTP_ADDR": "10.0.0.1:8500", "CONSUL_HTTP_TOKEN": "of-environment"}
    assert agent_api.endpoint({"http_addr": "https://a:1", "http_token": "of-task"}, environment, "http://own:1") == agent_api.Endpoint(
        "https://a:1", "of-task"
    )
    assert agent_api.endpoint({}, environment, "http://own:1") == agent_api.Endpoint("http://10.0.0.1:8500", "of-environment")
    assert agent_api.endpoint({}, {}, "unix:///run/consul.sock").address == "unix:///run/consul.sock"
    assert agent_api.endpoint({}, {}, None).address == "http://127.0.0.1:8500"


def test_tokens_from_files_in_consuls_own_order(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("of-file\n")
    path = str(tmp_path / "token")
    assert agent_api.endpoint({"http_token_file": path}, {"CONSUL_HTTP_TOKEN": "x"}, None).token == "of-file"
    assert agent_api.endpoint({}, {"CONSUL_HTTP_TOKEN_FILE": path, "CONSUL_HTTP_TOKEN": "x"}, None).token == "of-file"
    with pytest.raises(agent_api.BadOptions, match=r"token file .*none cannot be read"):
        agent_api.endpoint({"http_token_file": str(tmp_path / "none")}, {}, None)


def test_tls_from_the_environment() -> None:
    environment = {
        "CONSUL_HTTP_ADDR": "agent:8501",
        "CONSUL_HTTP_SSL": "true",
        "CONSUL_HTTP_SSL_VERIFY": "false",
        "CONSUL_CACERT": "/ca.pem",
        "CONSUL_CAPATH": "/ca",
        "CONSUL_CLIENT_CERT": "/cert.pem",
        "CONSUL_CLIENT_KEY": "/key.pem",
        "CONSUL_TLS_SERVER_NAME": "server.dc1.consul",
    }
    expected = agent_api.Endpoint("https://agent:8501", None, "/ca.pem", "/ca", "/cert.pem", "/key.pem", "server.dc1.consul", False)
    assert agent_api.endpoint({}, environment, None) == expected
    assert agent_api.endpoint({"validate_certs": True}, environment, None).validate_certs is True


@pytest.mark.parametrize(
    "address",
    [
        "ftp://agent",
        "http://agent:port",
        "http://[::1:8500",
        "[::1",
        "http://\u2100:8500",
        "the agent:8500",
        "http://a..b",
        "http://" + "a" * 64,
    ],
)
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(agent_api.BadOptions, match="address"):
        agent_api.AgentApi(agent_api.endpoint({"http_addr": address}, {}, None)).demand_usable()


@pytest.mark.parametrize("name", [".agent", "a..b"])
def test_a_name_that_no_certificate_has(name: str) -> None:
    with pytest.raises(agent_api.BadOptions, match="tls_server_name"):
        agent_api.AgentApi(agent_api.endpoint({"http_addr": "https://agent", "tls_server_name": name}, {}, None)).demand_usable()


def test_an_agent_behind_a_path(serve: Server) -> None:
    proxy = serve()
    proxy.address += "/consul/"
    proxy.answer("/consul/v1/agent/self", body={})
    assert proxy.api().get("/v1/agent/self") == {}


@pytest.mark.parametrize("address", ["http://user:planted@agent:8500", "planted@agent", "ftp://user:planted@agent", "u:planted@[x"])
def test_a_password_in_the_address_is_not_quoted(address: str) -> None:
    with pytest.raises(agent_api.BadOptions, match=r"The agent's address (has a user or a password in it|is none)") as refusal:
        agent_api.endpoint({"http_addr": address}, {}, None)
    assert "planted" not in str(refusal.value)


@pytest.mark.parametrize("token", ["secret\nX-Other: 1", "secr\u00e9t", "secret\x00"])
def test_a_token_that_is_none_is_not_quoted(token: str) -> None:
    with pytest.raises(agent_api.BadOptions) as refusal:
        agent_api.endpoint({"http_token": token}, {}, None)
    assert "secr" not in str(refusal.value)


def test_an_agent_that_ends_between_two_requests_is_asked_twice_and_no_more(serve: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = serve()
    agent.answer("/v1/agent/services", body={})
    api = agent.api()
    api.get("/v1/agent/services")
    agent.server.drop_next = True
    attempts = []
    connection = agent_api._Connection

    def count(*arguments: Any) -> Any:
        attempts.append(1)
        agent.server.drop_next = True
        return connection(*arguments)

    monkeypatch.setattr(agent_api, "_Connection", count)
    with pytest.raises(agent_api.Unreachable):
        api.get("/v1/agent/services")
    assert len(agent.asked) == 3
    assert len(attempts) == 1


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [("http://agent", "agent", 8500), ("https://agent", "agent", 8501), ("https://[::1]:1", "::1", 1), ("http://", "localhost", 8500)],
)
def test_ports_that_agents_have_where_none_is_given(address: str, host: str, port: int) -> None:
    connection = agent_api._Connection(agent_api.Endpoint(address), 10.0)
    assert (connection.host, connection.port) == (host, port)


@pytest.mark.parametrize(
    ("text", "secure", "verified"), [("1", True, True), ("T", True, True), ("0", False, False), ("False", False, False), ("x", False, True)]
)
def test_switches_of_the_environment_are_read_as_consul_does(text: str, secure: bool, verified: bool) -> None:
    found = agent_api.endpoint({}, {"CONSUL_HTTP_SSL": text, "CONSUL_HTTP_SSL_VERIFY": text, "CONSUL_HTTP_ADDR": "a:1"}, None)
    assert (found.address, found.validate_certs) == ("https://a:1" if secure else "http://a:1", verified)


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "/v1/agent/self: forbidden"), (404, "/v1/agent/self: not found"), (500, "HTTP status 500 for /v1/agent/self")],
)
def test_a_refusal_without_words_says_what_was_asked(serve: Server, status: int, words: str) -> None:
    agent = serve()
    agent.answer("/v1/agent/self", status, "")
    with pytest.raises(agent_api.ApiError) as refusal:
        agent.api().get("/v1/agent/self")
    assert str(refusal.value) == words


def test_empty_tokens_are_none_and_tokens_in_files_are_text(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff")
    assert agent_api.endpoint({"http_token": "", "http_token_file": str(tmp_path / "empty")}, {}, None).token is None
    assert agent_api.endpoint({}, {"CONSUL_HTTP_TOKEN": ""}, None).token is None
    with pytest.raises(agent_api.BadOptions, match=r"binary cannot be read \(not text\)"):
        agent_api.endpoint({"http_token_file": str(tmp_path / "binary")}, {}, None)


def test_what_goes_on_has_a_connection_of_its_own(serve: Server) -> None:
    agent = serve()
    agent.answer("/v1/agent/self", body={})
    agent.answer("/v1/agent/monitor?loglevel=err", body="said")
    agent.answer("/v1/agent/monitor?loglevel=warn", 403, "Permission denied")
    api = agent.api("the-token")
    api.get("/v1/agent/self")
    response, connection = api.stream("/v1/agent/monitor", {"loglevel": "err"})
    assert (response.read(), agent.server.connections) == (b"said", 2)
    connection.close()
    with pytest.raises(agent_api.AclDenied, match="Permission denied"):
        api.stream("/v1/agent/monitor", {"loglevel": "warn"})
    api.get("/v1/agent/self")
    assert agent.server.connections == 3, "the first one is kept"
    agent.answer("/v1/agent/monitor?loglevel=err", body="said", Connection="close")
    response, connection = api.stream("/v1/agent/monitor", {"loglevel": "err"})
    connection.setblocking(True)
    assert response.read() == b"said"
    connection.close()


def test_a_connection_that_the_agent_will_close_is_not_kept(serve: Server) -> None:
    agent = serve()
    agent.answer("/v1/agent/self", body={}, Connection="close")
    api = agent.api()
    for _time in range(2):
        api.get("/v1/agent/self")
        assert api._kept is None
    assert (agent.server.connections, len(agent.asked)) == (2, 2)
