# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that say which agent is meant and how it is asked: agent_spec() of module_utils/_options.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  http_addr:
    description:
      - Address of the agent's HTTP API as seen from the target, such as V(http://127.0.0.1:8500), V(https://127.0.0.1:8501) or
        V(unix:///run/consul/http.sock). Of a proxy before the agent it may have a path.
      - Without it the environment variable E(CONSUL_HTTP_ADDR), else what the running agent's own settings say.
      - An agent with a network of its own, as in most containers, is asked from inside that network, which takes root, or through
        its unix socket. Otherwise give an address at which it is reached from the target.
    type: str
  http_token:
    description:
      - ACL token for the HTTP API. It needs C(service:read) for services and their checks, C(node:read) for checks of the node and to
        look into the catalog, and C(agent:read) for the agent's version and its log.
      - It is sent to that address only.
      - Without it the token in O(http_token_file), else that in the file named by E(CONSUL_HTTP_TOKEN_FILE), else E(CONSUL_HTTP_TOKEN).
    type: str
  http_token_file:
    description: File on the target that holds the token.
    type: path
  ca_cert:
    description: File on the target with the certificates of the authority that signed the agent's. Without it E(CONSUL_CACERT).
    type: path
  ca_path:
    description: Directory on the target with such certificates. Without it E(CONSUL_CAPATH).
    type: path
  client_cert:
    description: File on the target with the client's certificate. Without it E(CONSUL_CLIENT_CERT).
    type: path
  client_key:
    description: File on the target with the client's private key. Without it E(CONSUL_CLIENT_KEY).
    type: path
  tls_server_name:
    description:
      - Name that the agent's certificate has to have, where it is not the host in O(http_addr). Without it E(CONSUL_TLS_SERVER_NAME).
    type: str
  validate_certs:
    description: Whether the agent's certificate is verified. Without it E(CONSUL_HTTP_SSL_VERIFY), else it is.
    type: bool
  pid:
    description:
      - Process of the agent. Needed only where several agents read the same directory.
      - The process has to be a C(consul agent) with this directory among its C(-config-dir); anything else is an error.
    type: int
  pid_file:
    description:
      - The agent's PID file. One that is left over from a crash does no harm, and one that names a wrapper leads to the agent below it.
      - The number in it may be that of this host, or the one that an agent in a container has in there.
      - Without it the running processes are looked through for the agent that reads the directory.
    type: path
  service:
    description:
      - The agent's systemd unit, such as V(consul.service).
      - Without it the running processes are looked through for the agent that reads the directory.
    type: str
"""
