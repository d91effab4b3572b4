"""Mutants of what is acknowledged, what is done again, and in which order."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MACHINE = "tests/streams/test_delivery_machine.py"
ATTEMPTS = "tests/streams/test_attempts.py"
READING = "tests/streams/test_reading_receipts.py"
COURIER_PY = "streams/delivery/courier.py"
ATTEMPTS_PY = "streams/delivery/attempts.py"
RECEIPTS_PY = "streams/delivery/receipts.py"

SLOTS = "tests/streams/test_slots.py"

MUTANTS = (
    Mutant(
        "acknowledge without a receipt",
        "I3",
        COURIER_PY,
        """        self._receipt_writer.write(
            held.partition, held.offset, held.key, receipt, lambda: memory.confirmed(receipt.event_id)
        )
""",
        "        held.partition.finish(held.offset)\n",
        (MACHINE,),
    ),
    Mutant(
        "acknowledge before the receipt is confirmed",
        "I3",
        "streams/delivery/receipt_writer.py",
        "        unconfirmed = _Unconfirmed(",
        "        partition.finish(offset)\n        unconfirmed = _Unconfirmed(",
        ("tests/streams/test_receipt_writer.py",),
    ),
    Mutant(
        "step over an unfinished event",
        "I3",
        "streams/delivery/tracker.py",
        "        order, finished = self._order, self._finished\n",
        "        order, finished = self._order, self._finished\n        self._acknowledged = offset + 1\n",
        ("tests/streams/test_tracker.py",),
    ),
    Mutant(
        "commit what was taken instead of what is finished",
        "I3",
        "streams/delivery/delivery.py",
        "                number: partition.tracker.committable\n",
        "                number: partition.tracker._last + 1\n",
        (MACHINE,),
    ),
    Mutant(
        "commit nothing as a partition goes",
        "I3, I6",
        "streams/delivery/delivery.py",
        "            async with asyncio.timeout(COMMIT_WITHIN_S):\n                await self.commit()\n",
        "            pass\n",
        ("tests/streams/test_last_commit.py",),
    ),
    Mutant(
        "acknowledge an event that has brought a bug to light",
        "I1, I3",
        COURIER_PY,
        "            await asyncio.Event().wait()\n",
        "            held.partition.finish(held.offset)\n",
        ("tests/streams/test_courier.py",),
    ),
    Mutant(
        "hold a lane until Kafka has the receipt",
        "I8",
        COURIER_PY,
        "        memory.note(event.event_id)\n        if",
        "        while held.partition.unconfirmed:\n            await asyncio.sleep(0.01)\n"
        "        memory.note(event.event_id)\n        if",
        ("tests/streams/test_courier.py",),
    ),
    Mutant(
        "let an epoch that is over acknowledge",
        "I3",
        "streams/delivery/partition.py",
        "        if self.current:\n",
        "        if True:\n",
        ("tests/streams/test_receipt_writer.py",),
    ),
    Mutant(
        "forget the receipt that an epoch could not write",
        "I3, I4",
        "streams/delivery/memory.py",
        "        return receipt if left_in != epoch else None\n",
        "        return None\n",
        ("tests/streams/test_left_behind.py",),
    ),
    Mutant(
        "forget the receipts",
        "I4",
        "streams/delivery/memory.py",
        "        return self._done.get(fingerprint_of(event_id)) is not None\n",
        "        return False\n",
        (MACHINE,),
    ),
    Mutant(
        "forget what was done a moment ago",
        "I4",
        COURIER_PY,
        "        memory.note(event.event_id)\n",
        "",
        (MACHINE,),
    ),
    Mutant(
        "read no receipts at an assignment",
        "I4",
        RECEIPTS_PY,
        "spans = {tp: (starts[tp], ends[tp]) for tp in by_tp}",
        "spans = {tp: (ends[tp], ends[tp]) for tp in by_tp}",
        (READING,),
    ),
    Mutant(
        "read receipts of a shorter time",
        "I4",
        RECEIPTS_PY,
        "WINDOW_MS = 2 * 3_600_000",
        "WINDOW_MS = 60_000",
        (READING,),
    ),
    Mutant(
        "read receipts no further back than usual for a backlog of hours",
        "I4",
        RECEIPTS_PY,
        "min(oldest[sources[source]], records[0].timestamp)",
        "oldest[sources[source]]",
        (READING,),
    ),
    Mutant(
        "start an attempt for a partition that is gone",
        "I4",
        ATTEMPTS_PY,
        "        if partition.draining or not partition.current:\n",
        "        if False:\n",
        (SLOTS,),
    ),
    Mutant(
        "start an attempt without a heartbeat",
        "I4",
        ATTEMPTS_PY,
        "        while not self._liveness.fresh:\n",
        "        while False:\n",
        (SLOTS, MACHINE),
    ),
    Mutant(
        "take a refused id for delivered",
        "I1",
        ATTEMPTS_PY,
        "                if verdict.already and refused:\n                    #",
        "                if False:\n                    #",
        (ATTEMPTS, MACHINE),
    ),
    Mutant(
        "take a refusal at the door for one of the id",
        "I4",
        ATTEMPTS_PY,
        "            if verdict.of_message:\n",
        "            if outcome is Outcome.REFUSED or outcome is Outcome.PERMANENT:\n",
        (ATTEMPTS, MACHINE),
    ),
    Mutant(
        "write no receipt of a refusal",
        "I1",
        ATTEMPTS_PY,
        "            await self._remember.refusal(held, event, vendor_id)\n",
        "            pass\n",
        (ATTEMPTS,),
    ),
    Mutant(
        "carry the newest of a lane first",
        "I2",
        "streams/delivery/lanes.py",
        "            await self._carry(waiting[0])\n            self._released(waiting.popleft())\n",
        "            one = waiting.pop()\n            await self._carry(one)\n            self._released(one)\n",
        ("tests/streams/test_lanes.py", MACHINE),
    ),
    Mutant(
        "carry a conversation's events side by side",
        "I2",
        "streams/delivery/lanes.py",
        "            await self._carry(waiting[0])\n            self._released(waiting.popleft())\n",
        "            one = waiting.popleft()\n            asyncio.create_task(self._carry(one))\n"
        "            self._released(one)\n",
        ("tests/streams/test_lanes.py",),
    ),
    Mutant(
        "write the dead letter after the receipt",
        "I1",
        COURIER_PY,
        "            await self._bury(held, ending, started_ms)\n            await self._tell(",
        "            asyncio.get_running_loop().call_later(\n"
        "                1.0, lambda: asyncio.ensure_future(self._bury(held, ending, started_ms)))\n"
        "            await self._tell(",
        (MACHINE,),
    ),
    Mutant(
        "tell nobody of a dead letter",
        "I1",
        COURIER_PY,
        "            await self._tell(held, event, ending)\n",
        "",
        (MACHINE,),
    ),
    Mutant(
        "let a status go backwards",
        "I5",
        "streams/delivery/progress.py",
        "    return RANKS[new.status] > RANKS[last.status]\n",
        "    return True\n",
        ("tests/streams/test_progress.py",),
    ),
)
