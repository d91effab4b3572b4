"""What the spool has told of survives a power cut: files and the folders that name them are synced, in the right order.

A power cut cannot be had here, so the calls to the system are written down: which path was synced, renamed, removed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.settings import Settings
from gateway.spool_folder import claim_own
from tests.gateway.spools import opened, record

Calls = list[tuple[str, Path]]
NUMBER = "000000000001"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """The calls that count, in their order, each with the path it was made for (of a renaming: the new one)."""
    made: Calls = []

    def noted(name: str, path_of: Callable[..., Any]) -> None:
        call = getattr(os, name)

        def wrapped(*arguments: Any, **named: Any) -> Any:
            path = Path(path_of(*arguments))
            result = call(*arguments, **named)
            made.append((name, path))
            return result

        monkeypatch.setattr(f"os.{name}", wrapped)

    for name in ("fsync", "fdatasync"):
        noted(name, lambda file: Path(f"/proc/self/fd/{file}").readlink())
    for name in ("rename", "replace"):
        noted(name, lambda _old, new: new)
    for name in ("rmdir", "unlink"):
        noted(name, lambda path: path)
    return made


def test_of_the_first_record_in_a_new_file_both_the_bytes_and_the_files_name_are_durable(
    tmp_path: Path, calls: Calls
) -> None:
    spool = opened(tmp_path / "one")
    calls.clear()
    spool.append([record(1)])
    assert calls == [("fsync", tmp_path / "one"), ("fdatasync", tmp_path / "one" / f"{NUMBER}.spool")]


def test_what_is_set_aside_is_durable_before_it_has_its_name_and_its_name_before_it_is_done(
    tmp_path: Path, calls: Calls
) -> None:
    spool = opened(tmp_path / "one")
    spool.append([record(1)])
    (each,) = spool.ahead(1)
    calls.clear()
    spool.reject(each, "why")
    rejected = tmp_path / "one" / "rejected"
    kept = rejected / f"{NUMBER}-0.rejected"
    assert calls == [("fsync", kept.with_suffix(".new")), ("replace", kept), ("fsync", rejected)]


def test_what_is_adopted_has_its_note_first_and_is_durable_here_before_it_is_gone_there(
    tmp_path: Path, calls: Calls
) -> None:
    dead, ours = tmp_path / "dead", tmp_path / "ours"
    left = opened(dead)
    left.append([record(1), record(2)])
    (each,) = left.ahead(1)
    left.reject(each, "why")
    left.done(1)
    left.close()
    spool = opened(ours)
    calls.clear()
    spool.adopt(dead)
    aside = ours / "rejected" / f"dead-{NUMBER}-0.rejected"
    assert [call for call in calls if call[0] in ("rename", "fsync")] == [
        ("rename", ours / f"{NUMBER}.drained"),
        ("rename", ours / f"{NUMBER}.spool"),
        ("rename", aside),
        ("fsync", ours / "rejected"),
        ("fsync", ours),
    ]
    assert calls.index(("rmdir", dead)) > calls.index(("fsync", ours))


def test_a_spool_dir_that_was_made_now_is_durable_with_all_the_folders_above_it(tmp_path: Path, calls: Calls) -> None:
    claim_own(Settings(_env_file=None, spool_dir=str(tmp_path / "a" / "b"), instance_id="one"))
    assert calls == [("fsync", tmp_path), ("fsync", tmp_path / "a"), ("fsync", tmp_path / "a" / "b")]
