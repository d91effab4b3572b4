"""Faust's waits of a second that nothing here needs: for tables at the start, and for the event loop at the end."""

from __future__ import annotations

import logging
import os
import sys
import threading

import faust
from faust.tables.manager import TableManager

LAST_WORDS_S = 0.5  # for the line and the logs: whoever reads stderr may have stopped reading


class NoTables(TableManager):
    """There are no tables: nobody has to be given a second to register theirs."""

    async def on_start(self) -> None:
        """See Faust's own, which sleeps first."""
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()


class QuickWorker(faust.Worker):
    """Ends as soon as all services have: the offsets are committed, the group is left, the sockets are closed."""

    def _shutdown_loop(self) -> None:
        leave(1 if self.crash_reason else 0)


def leave(code: int, line: str = "") -> None:
    """End the process now: Faust's own way out waits for Kafka, and hides the code.

    Whatever holds stderr, a full pipe or a handler's lock, it ends within LAST_WORDS_S (I6, I8).
    """
    try:
        speaking = threading.Thread(target=_say, args=(line,), name="last words", daemon=True)
        speaking.start()
        speaking.join(LAST_WORDS_S)
    finally:
        os._exit(code)


def _say(line: str) -> None:
    if line:
        print(f"edna-amocrm: {line}", file=sys.stderr)  # noqa: T201 - the one line an operator reads
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
