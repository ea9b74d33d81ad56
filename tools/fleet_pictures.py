# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the maps of the documentation anew: the example of five services, and one of two hundred. Needs Graphviz.

What it writes says what it was made from, so that the tests find without Graphviz whether it is still what the playbook makes.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
EXAMPLE = REPOSITORY / "docs" / "examples" / "fleet.yml"
PAGE = REPOSITORY / "docs" / "fleet_map.md"
PICTURES = REPOSITORY / "docs" / "docsite" / "rst" / "images"
SMALL, LARGE = "fleet", "fleet_200"

_PAGE = """<!--
Copyright (c) 2026, The registrar.consul authors
SPDX-License-Identifier: GPL-3.0-or-later
Written by tools/fleet_pictures.py: do not edit.
-->

# Maps of fleets

What the playbook `registrar.consul.fleet` writes as `fleet.mmd`, for two fleets. Git hosts draw such text by themselves; elsewhere it can
be pasted into whatever knows Mermaid. [The guide](docsite/rst/guide_whole.rst) shows the same maps as Graphviz draws them.

## Five services

The example of the guide, [examples/fleet.yml](examples/fleet.yml). Two upstreams lead nowhere.

```mermaid
{small}```

## Two hundred services

Services whose names begin alike are one box, and what is at either end of a broken upstream is a box of its own.

```mermaid
{large}```
"""
# Teams, and those whose services theirs call; within a team each service calls the next.
_TEAMS = {
    "storefront": ("search", "cart", "account"),
    "mobile": ("search", "cart", "account"),
    "search": ("catalog",),
    "cart": ("catalog", "checkout"),
    "account": ("auth",),
    "checkout": ("billing", "shipping"),
    "catalog": ("stock", "media"),
    "billing": ("ledger",),
    "shipping": ("stock",),
    "stock": (),
    "media": (),
    "auth": (),
    "ledger": (),
}


def large_fleet() -> dict[str, Any]:
    """Return an inventory of two hundred services of thirteen teams, three upstreams of which lead nowhere."""
    teams = list(_TEAMS)
    names = [f"{teams[number % len(teams)]}-{number // len(teams)}" for number in range(200)]
    wanted = {name: list(_wanted(name, set(names))) for name in names}
    wanted["cart-3"].append("stok-1")
    wanted["checkout-2"].append("billing-99")
    wanted["search-0"].append("mainframe")
    hosts = {f"node{number}": {"consul_services_definitions": [_service(name, wanted[name])]} for number, name in enumerate(names)}
    return {"all": {"hosts": hosts, "vars": {"consul_fleet_external": []}}}


def _wanted(name: str, known: set[str]) -> Iterator[str]:
    team, _dash, number = name.partition("-")
    for other in (f"{team}-{int(number) + 1}", *(f"{other}-{number}" for other in _TEAMS[team])):
        if other in known:
            yield other


def _service(name: str, wanted: list[str]) -> dict[str, Any]:
    upstreams = [{"destination_name": other, "local_bind_port": 5000 + number} for number, other in enumerate(wanted)]
    return {"name": name, "port": 8080, "connect": {"sidecar_service": {"proxy": {"upstreams": upstreams}}}}


def page(maps: dict[str, dict[str, str]]) -> str:
    """Return the page, from what the playbook has written for both fleets."""
    return _PAGE.format(small=maps[SMALL]["fleet.mmd"], large=maps[LARGE]["fleet.mmd"])


def made_from(dot: str) -> str:
    """Return the comment by which a picture says what it was made from."""
    return f"<!-- Made by tools/fleet_pictures.py from a fleet.dot with the SHA-256 {hashlib.sha256(dot.encode()).hexdigest()} -->\n"


def main() -> int:
    sys.path.insert(0, str(REPOSITORY / "tests"))
    from support.paths import ensure_tree

    sys.path[0] = str(ensure_tree())
    from ansible_collections.registrar.consul.tests.support.runs.fleet import fleet_files

    with tempfile.TemporaryDirectory(prefix="registrar-fleet-") as folder:
        maps = {
            SMALL: fleet_files(Path(folder) / SMALL, EXAMPLE.read_text(encoding="utf-8")),
            LARGE: fleet_files(Path(folder) / LARGE, large_fleet()),
        }
    for name, files in maps.items():
        if "fleet.svg" not in files:
            print("Graphviz (its program dot) is needed to draw the pictures")
            return 1
        (PICTURES / f"{name}.svg").write_text(files["fleet.svg"] + made_from(files["fleet.dot"]), encoding="utf-8")
    PAGE.write_text(page(maps), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
