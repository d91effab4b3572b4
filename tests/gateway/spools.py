"""Spools in folders of a test, and what stands in them."""

from __future__ import annotations

from pathlib import Path

from gateway.spool import DAMAGED, Spool
from gateway.spool_folder import claim
from gateway.spool_record import SpoolRecord, Whole


def record(number: int, *, size: int = 20) -> SpoolRecord:
    """One that is told from others by its number."""
    return SpoolRecord("inbound", b"key", b"%d" % number + b"." * size, (("ce_id", b"%d" % number),), 1_000 + number)


def opened(folder: Path, max_bytes: int = 10_000_000) -> Spool:
    """The spool in a folder that nobody has, made if need be."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    found = claim(folder, create=True)
    assert found is not None
    return Spool(found, max_bytes)


def drained(spool: Spool) -> tuple[list[SpoolRecord], int]:
    """All that waits, taken out; and how many pieces were damaged."""
    records, damaged = [], 0
    while ahead := spool.ahead(7):
        for each in ahead:
            if isinstance(each.found, Whole):
                records.append(each.found.record)
            else:
                damaged += 1
                spool.reject(each, DAMAGED)
        spool.done(len(ahead))
    return records, damaged
