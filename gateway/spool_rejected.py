"""What the spool has set aside: what is damaged or what Kafka refuses for ever, each in a file with its reason.

A file is a line of JSON that says why, and the bytes; a whole file of the spool where there was no room for that. None
is ever overwritten by another (I1). Blocking; for one thread, `count` may be read from any.
"""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import structlog

from gateway.spool_folder import REJECTED, REJECTED_SUFFIX, rejected_in
from gateway.spool_record import Damage, Whole, encoded
from gateway.spool_segment import DIGITS, FILE_MODE, FOLDER_MODE, Segment, sync_folder

log = structlog.get_logger(__name__)

_OURS = re.compile(rf"(\d{{{DIGITS}}})-\d+{re.escape(REJECTED_SUFFIX)}")


class Rejected:
    """See the module. `highest`: the number of the latest segment of this folder of which something stands here."""

    def __init__(self, folder: Path) -> None:
        """Count what stands there. Raises OSError."""
        self._folder = folder / REJECTED
        self._folder.mkdir(mode=FOLDER_MODE, exist_ok=True)  # now, while there is room
        names = [path.name for path in rejected_in(folder)]
        self.count = len(names)
        self.highest = max((int(ours[1]) for name in names if (ours := _OURS.fullmatch(name))), default=0)

    def add(self, segment: Segment, found: Whole | Damage, reason: str) -> None:
        """Set one aside, durably. Raises OSError."""
        record = found.record if isinstance(found, Whole) else None
        told = {
            "reason": reason,
            "rejected_at": time.time_ns() // 1_000_000,
            "topic": record and record.topic,
            "event_id": record and dict(record.headers).get("ce_id", b"").decode(),
        }
        raw = encoded(found.record) if isinstance(found, Whole) else found.raw
        path = self._folder / f"{segment.path.stem}-{found.start}{REJECTED_SUFFIX}"
        again = path.exists()  # drained twice, after a crash
        try:
            _write_whole(path, json.dumps(told).encode() + b"\n" + raw)
        except OSError:
            if again:
                return
            os.link(segment.path, path)  # a full disk has room for that: the whole file is kept instead
        sync_folder(self._folder)
        self.count += not again
        log.error("spool.rejected", reason=reason, file=path.name, event_id=told["event_id"], topic=told["topic"])

    def adopt(self, folder: Path) -> None:
        """Take over what another has set aside, durably. Raises OSError."""
        for path in rejected_in(folder):
            path.rename(self._free(f"{folder.name}-{path.name.removesuffix(REJECTED_SUFFIX)}"))
            self.count += 1
        sync_folder(self._folder)

    def _free(self, stem: str) -> Path:
        found, number = self._folder / f"{stem}{REJECTED_SUFFIX}", 1
        while found.exists():  # of a process of that name that was adopted earlier
            number += 1
            found = found.with_name(f"{stem}.{number}{REJECTED_SUFFIX}")
        return found


def _write_whole(path: Path, data: bytes) -> None:
    """Make a file durable, or leave nothing. Raises OSError."""
    fresh = path.with_suffix(".new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
