"""A process that ends does so whatever has become of its stderr (I6, I8)."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time

import pytest

from bridge.errors import EXIT_STUCK

LEAVE = "from streams.quick import leave; leave({code}, 'the last words')"
BLOCKED = """
    import asyncio, logging, sys, time
    from bridge.errors import EXIT_STUCK
    from streams.delivery import watchdog
    from streams.quick import leave

    watchdog.LOOP_LAG_S, watchdog.LOOK_EVERY_S = 0.2, 0.1

    async def main():
        dog = watchdog.Watchdog(
            watchdog.Watch(10.0), lambda: watchdog.Signs(0, 0, 0.0, True), None, lambda why: leave(EXIT_STUCK, why)
        )
        dog.start()
        await asyncio.sleep(0.3)
        print("turning", flush=True)
        while True:  # until nobody reads it any more; then for ever, with the lock of the handler
            log.error("a line like any other " * 40)

    logging.basicConfig(stream=sys.stderr)
    log = logging.getLogger()
    asyncio.run(main())
"""


def test_the_last_words_and_the_code_arrive() -> None:
    done = subprocess.run([sys.executable, "-c", LEAVE.format(code=70)], capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert done.stderr == "edna-amocrm: the last words\n"


def test_a_worker_whose_stderr_nobody_reads_any_more_ends_all_the_same() -> None:
    stuck = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(BLOCKED)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert stuck.stdout is not None
        assert stuck.stdout.readline() == b"turning\n"
        began = time.monotonic()
        assert stuck.wait(timeout=10) == EXIT_STUCK
        assert time.monotonic() - began < 5
    finally:
        stuck.kill()
        stuck.communicate()


def test_a_pipe_that_was_closed_does_not_hide_the_code() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([sys.executable, "-c", LEAVE.format(code=78)], stderr=writing, check=False)
    finally:
        os.close(writing)
    assert done.returncode == 78


@pytest.mark.parametrize("code", [0, 1])
def test_without_words_it_only_ends(code: int) -> None:
    command = f"from streams.quick import leave; leave({code})"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (code, b"")
