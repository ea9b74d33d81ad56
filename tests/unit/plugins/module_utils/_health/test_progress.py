# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is noted down of a wait while it lasts, and that it never stands in its way."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused, error
from ansible_collections.registrar.consul.plugins.module_utils._health import progress
from ansible_collections.registrar.consul.plugins.module_utils._health.awaited import Awaited
from ansible_collections.registrar.consul.plugins.module_utils._health.progress import FILE, MARK, Notice
from ansible_collections.registrar.consul.plugins.module_utils._health.wait import Ailing, Health
from ansible_collections.registrar.consul.tests.support.faults.clock import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def ailing(*names: str, status: str = "critical", seconds: float = 28.4, fresh: bool = False) -> list[Ailing]:
    return [Ailing(Awaited(name, "http"), name, "web", status, "an output", seconds, fresh) for name in names]


def health(*found: Ailing, trouble: str = "") -> Health:
    return Health(False, found, (), 30.0, trouble)


def teller(directory: Path | None, hide: Any = str) -> Any:
    module = SimpleNamespace(_tmpdir=directory and str(directory))
    return Notice(module, hide).saying("not healthy yet")


def noted(directory: Path, *found: Ailing, **more: Any) -> str:
    tell = teller(directory, more.pop("hide", str))
    tell(health(*found, **more))
    text = (directory / FILE).read_text(encoding="utf-8")
    assert text.startswith(MARK)
    assert text.endswith("\n")
    return text[len(MARK) : -1]


def test_checks_are_named_with_their_states_and_times(tmp_path: Path) -> None:
    found = [
        *ailing("young", status="passing", seconds=3.0, fresh=True),
        *ailing("service:web"),
        *ailing("service:db", seconds=12.0),
        *ailing("x", status=""),
    ]
    assert noted(tmp_path, *found) == (
        "not healthy yet: service:db (critical, 12 s), service:web (critical, 28 s), x (missing, 28 s), young (passing, only 3 s)"
    )


def test_many_are_counted_and_long_names_cut(tmp_path: Path) -> None:
    names = "".join(f"{letter} (critical, 28 s), " for letter in "abcd")
    assert noted(tmp_path, *ailing(*"gfedcba")) == f"not healthy yet: {names}e (critical, 28 s) and 2 more"
    assert noted(tmp_path, *ailing("n" * 1000)) == f"not healthy yet: {'n' * 80}… (critical, 28 s)"


def test_neither_outputs_nor_secrets_are_noted_down(tmp_path: Path) -> None:
    def hide(text: str) -> str:
        return text.replace("x" * 100, "********")

    assert noted(tmp_path, *ailing("of " + "x" * 100), hide=hide) == "not healthy yet: of ******** (critical, 28 s)"


def test_an_agent_that_shows_nothing(tmp_path: Path) -> None:
    assert noted(tmp_path, trouble="no answer from 127.0.0.1") == noted(tmp_path) == "not healthy yet: the agent does not show its checks"


def test_it_is_for_one_user_and_gone_when_the_wait_is_over(tmp_path: Path, clock: Clock) -> None:
    tell = teller(tmp_path)
    tell(health(*ailing("web")))
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    tell(None)
    assert not list(tmp_path.iterdir())
    tell(health(*ailing("web")))
    assert (tmp_path / FILE).exists(), "the next wait notes down at once"


def test_it_is_renewed_every_two_seconds(tmp_path: Path, clock: Clock) -> None:
    tell = teller(tmp_path)
    for second, shown in ((0.0, "a"), (1.9, "a"), (2.0, "c"), (3.5, "c"), (4.0, "e")):
        clock.now = 1000.0 + second
        tell(health(*ailing("abcde"[(0.0, 1.9, 2.0, 3.5, 4.0).index(second)])))
        assert f": {shown} (" in (tmp_path / FILE).read_text(encoding="utf-8")


def test_where_nobody_looks_nothing_is_noted_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for module in (SimpleNamespace(_tmpdir=None, tmpdir=str(tmp_path)), SimpleNamespace(tmpdir=str(tmp_path))):
        tell = Notice(module, str).saying("not healthy yet")
        tell(health(*ailing("web")))
        tell(None)
    assert not list(tmp_path.iterdir())


def test_that_it_cannot_be_noted_down_is_no_failure(tmp_path: Path) -> None:
    def hide(text: str) -> str:
        raise Refused(error("place", "rule", "is broken.", "Mend it."))

    for tell in (teller(tmp_path / "missing"), teller(tmp_path, hide)):
        tell(health(*ailing("web")))
        tell(None)
    (tmp_path / FILE).mkdir()
    tell = teller(tmp_path)
    tell(health(*ailing("web")))
    tell(None)


def test_whoever_has_the_directory_does_not_choose_where_it_goes(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("as it was", encoding="utf-8")
    for name in (FILE, FILE + ".new"):
        (tmp_path / name).symlink_to(precious)
    noted(tmp_path, *ailing("web"))
    assert precious.read_text(encoding="utf-8") == "as it was"
    assert not (tmp_path / FILE).is_symlink()
