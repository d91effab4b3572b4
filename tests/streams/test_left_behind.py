"""A receipt that an epoch could not write is written by the next one before its event counts as done (I3, I4)."""

from __future__ import annotations

import asyncio

from bridge.events import encode
from tests.streams.clockwork import SimulatedLoop
from tests.streams.scripted import ScriptedCarrier, Vendor, message
from tests.streams.test_delivery_machine import SETTINGS
from tests.streams.worker import Log, Worker


def test_a_worker_that_gets_its_partition_back_commits_only_what_has_a_receipt() -> None:
    loop = SimulatedLoop()
    asyncio.set_event_loop(loop)
    log, vendor = Log(1), Vendor()
    worker = Worker("w", loop, log, ScriptedCarrier(vendor), SETTINGS)
    log.owners = {0: worker.id}
    bare: list[int] = []  # offsets that were committed before a receipt stood in Kafka
    log.on_commit = lambda _number, offset: bare.append(offset) if len(log.receipts[0]) < offset else None

    async def story() -> None:
        worker.start()
        await worker.run(worker.assigned([0]))
        log.read_only = True  # the group works, and receipts cannot be written
        event = message("m", "c")
        log.append(0, event.conversation_id.encode(), encode(event))
        await asyncio.sleep(5.0)
        assert log.receipts[0] == []
        await worker.run(worker.revoked())
        await worker.run(worker.assigned([0]))
        await asyncio.sleep(5.0)
        assert log.committed.get(0, 0) == 0, "known to be done here, and to nobody else"
        log.read_only = False
        await asyncio.sleep(5.0)

    try:
        loop.run_until_complete(story())
    finally:
        worker.kill()
        loop.close()
        asyncio.set_event_loop(None)
    assert [receipt.event_id for receipt in log.receipts[0]] == [message("m", "c").event_id]
    assert log.committed[0] == 1
    assert bare == []
    assert len(vendor.calls) == 1
