"""The tests that prove rows, collected once by pytest in this process, to be run as often as anybody likes."""

from __future__ import annotations

import contextlib
import io
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from types import CodeType, FrameType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.coverage.removal.removal import Places
from tests.coverage.rows import MARKER, ROOT, files

Traces = Mapping[str, Places]  # by the id of a test, what it runs of the bridge

BRIDGE = str(ROOT / "bridge")
WITHIN_S = 5.0  # of one test, which takes milliseconds
OPTIONS = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--assert=plain", "--tb=no", "--capture=no")


class Collected:
    """A plugin of pytest's: keeps the tests of rows, and does `act` with them instead of running them."""

    def __init__(self, act: Callable[[list[pytest.Item]], None]) -> None:
        self._act = act
        self.done = False

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.get_closest_marker(MARKER) is not None]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not session.testsfailed:
            self._act(session.items)
            self.done = True
        return True


def with_tests_of_rows(act: Callable[[list[pytest.Item]], None]) -> None:
    """Collect, and do it. Raises RuntimeError with pytest's words when they cannot be collected."""
    said = io.StringIO()
    plugin = Collected(act)
    with contextlib.redirect_stdout(said):
        pytest.main([*OPTIONS, *(str(ROOT / path) for path in files())], plugins=[plugin])
    if not plugin.done:
        raise RuntimeError(said.getvalue())


def failing(items: Iterable[pytest.Item]) -> list[str]:
    """The ids of those that fail now. One that hangs fails."""
    listed = list(items)
    previous = signal.signal(signal.SIGALRM, _too_long)
    failed = []
    for item, following in zip(listed, [*listed, None][1:], strict=True):
        signal.setitimer(signal.ITIMER_REAL, WITHIN_S, WITHIN_S)
        reports = runtestprotocol(item, log=False, nextitem=following)
        if any(report.failed for report in reports):
            failed.append(item.nodeid)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, previous)
    return failed


def traced(items: Iterable[pytest.Item]) -> Traces:
    """What each test runs of the bridge. Raises RuntimeError for one that fails."""
    found = {}
    listed = list(items)
    for item in listed:
        forget_answers()
        ran: set[CodeType | str] = set()

        def seen(frame: FrameType, event: str, _given: Any, ran: set[CodeType | str] = ran) -> None:
            if event == "call" and frame.f_code.co_filename.startswith(BRIDGE):
                ran.update((frame.f_code, frame.f_code.co_filename))

        sys.setprofile(seen)
        try:
            failed = failing([item])
        finally:
            sys.setprofile(None)
        if failed:
            raise RuntimeError(f"{failed[0]} fails with nothing removed")
        found[item.nodeid] = frozenset(ran)
    return found


def forget_answers() -> None:
    """Empty what the bridge remembers of pure functions: an answer from before would hide a removal."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "bridge":
            for held in list(vars(module).values()):
                for each in (held, *(vars(held).values() if isinstance(held, type) else ())):
                    clear = getattr(getattr(each, "__func__", each), "cache_clear", None)
                    if clear is not None:
                        clear()


def _too_long(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError("hangs")
