"""Each removal in a child of its own, forked when everything is imported and collected: nothing has to be undone."""

from __future__ import annotations

import gc
import os
import traceback
from collections.abc import Iterator
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tests.coverage.removal.removal import Removal
from tests.coverage.removal.session import Traces, failing, forget_answers

FORK = get_context("fork")


def tried(
    removals: list[Removal], items: list[pytest.Item], traces: Traces | None, at_once: int
) -> Iterator[tuple[Removal, frozenset[str]]]:
    """Each removal with the ids of the tests that fail without what it removes, as they become known.

    Raises RuntimeError for one that cannot be tried.
    """
    gc.freeze()  # a child that looks through what it shares with this process would copy it
    waiting = list(reversed(removals))
    running: dict[Connection, Removal] = {}
    while waiting or running:
        while waiting and len(running) < at_once:
            removal = waiting.pop()
            concerned = [item for item in items if traces is None or not removal.places.isdisjoint(traces[item.nodeid])]
            ours, theirs = FORK.Pipe(duplex=False)
            FORK.Process(target=_try, args=(removal, concerned, theirs), daemon=True).start()
            theirs.close()
            running[ours] = removal
        for ready in connection.wait(list(running)):
            assert isinstance(ready, Connection)
            removal = running.pop(ready)
            with ready:
                failed, trouble = ready.recv()
            if trouble:
                raise RuntimeError(f"{removal.name} cannot be tried: {trouble}")
            yield removal, frozenset(failed)


def _try(removal: Removal, items: list[pytest.Item], answer: Connection) -> None:
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    try:
        removal.remove()
        forget_answers()
        answer.send((failing(items), ""))
    except BaseException:  # noqa: BLE001 - told where somebody sees it
        answer.send(([], traceback.format_exc()))
