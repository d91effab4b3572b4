"""`python -m tests.broker.launcher DIRECTION CHANGE...`: an agent that dies at an exact point, or with other constants.

before=streams.delivery.courier:Courier._tell@1    SIGKILL instead of the first call
after=streams.outbound:OutboundCarrier.attempt@2   SIGKILL when the second call has returned
slow=streams.delivery.receipts:Receipts.load@0.5   each call begins so many seconds late
set=streams.connection:AGAIN_AFTER_S@1        a module's constant
answer_within@1                                    seconds that a vendor gets for an answer
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import inspect
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from bridge.http import HttpTransport
from streams import shell
from streams.__main__ import main


def die() -> None:
    """As a process dies that nobody asks."""
    os.kill(os.getpid(), signal.SIGKILL)


def dying(method: Callable[..., Any], at_call: int, *, after: bool) -> Callable[..., Any]:
    """The method, and the end of the process before or after its n-th call."""
    calls = 0

    @functools.wraps(method)
    def plain(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        last = calls == at_call
        if last and not after:
            die()
        result = method(*args, **named)
        if not last:
            return result
        if not inspect.isawaitable(result):
            die()
        return _then_die(result)

    async def _then_die(result: Any) -> None:
        await result
        die()

    return plain


def late(method: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    """The coroutine method, each call begun late."""

    @functools.wraps(method)
    async def waiting(*args: Any, **named: Any) -> Any:
        await asyncio.sleep(seconds)
        return await method(*args, **named)

    return waiting


def change(argument: str) -> None:
    """Apply one change of the command line."""
    what, _, value = argument.rpartition("@")
    kind, _, place = what.partition("=")
    if kind == "answer_within":
        defaults: Any = HttpTransport.__init__.__kwdefaults__
        defaults["answer_within_s"] = float(value)
        return
    if kind == "faust":
        made_settings = shell._faust_settings
        shell._faust_settings = lambda *args: made_settings(*args) | {place: float(value)}
        return
    module_name, _, path = place.partition(":")
    holder: Any = importlib.import_module(module_name)
    *owners, name = path.split(".")
    for owner in owners:
        holder = getattr(holder, owner)
    found = getattr(holder, name)
    made: dict[str, Callable[[], Any]] = {
        "before": lambda: dying(found, int(value), after=False),
        "after": lambda: dying(found, int(value), after=True),
        "slow": lambda: late(found, float(value)),
        "set": lambda: float(value),
    }
    setattr(holder, name, made[kind]())


if __name__ == "__main__":
    direction, *changes = sys.argv[1:]
    sys.argv = ["streams", direction]
    for each in changes:
        change(each)
    main()
