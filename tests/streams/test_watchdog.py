"""A worker that is stuck ends; one that waits does not (I8)."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from bridge.errors import EXIT_STUCK
from streams.delivery.pulse import Pulse
from streams.delivery.watchdog import SILENT_S, Signs, Watch, Watchdog
from tests.broker.agents import ROOT, eventually
from tests.streams.clockwork import Clock

SESSION_S = 10.0
WELL = Signs(held=3, waiting_lanes=1, silent_s=0.0, in_group=True)


def alone(watch: Watch, clock: Clock, seconds: float, *, kafka_answers: bool = True, in_group: bool = False) -> str:
    """What it says after so many seconds, looked at each second."""
    signs = Signs(held=0, waiting_lanes=0, silent_s=0.0, in_group=in_group)
    said = ""
    for _ in range(int(seconds)):
        assert watch.wants_kafka(signs) is not in_group
        said = watch.verdict(signs, kafka_answers) or ""
        clock.pass_s(1.0)
    return said


def test_events_in_hand_and_nothing_happening_is_being_stuck() -> None:
    stuck = Signs(held=3, waiting_lanes=0, silent_s=SILENT_S + 1, in_group=True)
    assert "3 events in hand" in (Watch(SESSION_S).verdict(stuck, kafka_answers=True) or "")


@pytest.mark.parametrize(
    "signs",
    [
        WELL,
        Signs(held=3, waiting_lanes=1, silent_s=100_000, in_group=True),
        Signs(held=0, waiting_lanes=0, silent_s=100_000, in_group=True),
        Signs(held=3, waiting_lanes=0, silent_s=SILENT_S - 1, in_group=True),
    ],
    ids=["well", "waiting for a vendor", "nothing to do", "busy a moment ago"],
)
def test_waiting_and_idling_is_not(signs: Signs) -> None:
    assert Watch(SESSION_S).verdict(signs, kafka_answers=True) is None


def test_out_of_the_group_for_twice_the_session_while_kafka_answers_is_being_stuck() -> None:
    clock = Clock()
    watch = Watch(SESSION_S, clock)
    assert alone(watch, clock, 2 * SESSION_S + 1) == ""
    assert "has not taken this worker back" in alone(watch, clock, 2)


def test_out_of_the_group_while_kafka_is_silent_is_not_and_its_return_begins_the_count() -> None:
    clock = Clock()
    watch = Watch(SESSION_S, clock)
    alone(watch, clock, 2 * SESSION_S)
    assert alone(watch, clock, 1_000, kafka_answers=False) == ""
    assert alone(watch, clock, 2 * SESSION_S) == ""


def test_a_short_return_to_the_group_begins_the_count_anew() -> None:
    clock = Clock()
    watch = Watch(SESSION_S, clock)
    alone(watch, clock, 2 * SESSION_S)
    alone(watch, clock, 1, in_group=True)
    assert alone(watch, clock, 2 * SESSION_S) == ""


def test_the_pulse_counts_who_waits_whatever_ends_the_waiting() -> None:
    pulse = Pulse()
    waiting = pulse.waiting()
    waiting.__enter__()
    assert pulse.waiting_lanes == 1
    assert not waiting.__exit__(RuntimeError, RuntimeError(), None), "whatever it was is not swallowed"
    assert pulse.waiting_lanes == 0
    assert pulse.silent_s < 1


@pytest.mark.parametrize("odd", [RuntimeError("a bug"), asyncio.CancelledError("an echo")], ids=repr)
async def test_a_watchdog_that_fails_itself_looks_again(monkeypatch: pytest.MonkeyPatch, odd: BaseException) -> None:
    monkeypatch.setattr("streams.delivery.watchdog.LOOK_EVERY_S", 0.01)
    looks = 0
    reasons: list[str] = []

    def signs() -> Signs:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise odd
        return Signs(held=1, waiting_lanes=0, silent_s=SILENT_S + 1, in_group=True)

    async def kafka_answers() -> bool:
        return True

    dog = Watchdog(Watch(SESSION_S), signs, kafka_answers, reasons.append)
    dog.start()
    await eventually("the second look", lambda: reasons)
    dog.stop()


# A loop that is watched and, on SIGUSR1, really blocked.
WATCHED = """
import asyncio, os, signal, sys, time
from streams.delivery import watchdog
from streams.delivery.watchdog import Signs, Watch, Watchdog

watchdog.LOOK_EVERY_S, watchdog.LOOP_LAG_S = 0.05, 0.5

def leave(reason):
    print(reason, flush=True)
    os._exit(int(sys.argv[1]))

async def kafka_answers():
    return True

async def main():
    Watchdog(Watch(10.0), lambda: Signs(0, 0, 0.0, True), kafka_answers, leave).start()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, time.sleep, 60)
    print("watched", flush=True)
    for line in iter(lambda: asyncio.to_thread(sys.stdin.readline), None):
        print(await line, end="", flush=True)

asyncio.run(main())
"""


def test_a_loop_that_is_blocked_ends_its_process_and_one_that_was_stopped_does_not() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WATCHED, str(EXIT_STUCK)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "watched\n"
            os.kill(process.pid, signal.SIGSTOP)
            time.sleep(1.2)  # longer than the lag that counts
            os.kill(process.pid, signal.SIGCONT)
            time.sleep(0.2)  # for some looks after it
            print("alive", file=process.stdin, flush=True)
            assert process.stdout.readline() == "alive\n"
            os.kill(process.pid, signal.SIGUSR1)
            assert "the event loop has not turned" in process.stdout.readline()
            assert process.wait(10) == EXIT_STUCK == 70
        finally:
            process.kill()
