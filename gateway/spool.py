"""What Kafka cannot take right now, kept on this machine's disk in the order in which it was accepted (I1, I2).

The folder holds numbered files, which are written at one end and drained at the other. What cannot be read, or what
Kafka refuses for ever, is set aside in `rejected/` with its reason and is not in the way. Neither is a file that the
disk does not let be read or deleted: it stays, and whoever opens the folder next has it again. Files left by processes
that are gone are adopted: they come behind what was here and before what comes. Blocking, and for one thread at a time;
`depth`, `bytes`, `oldest_at`, `rejected` and `left` may be read from any.
"""

from __future__ import annotations

import errno
import os
import time
from collections import deque
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import structlog

from gateway.spool_folder import Claim, claim, folders_in, remove
from gateway.spool_record import Damage, SpoolRecord, Whole, encoded
from gateway.spool_rejected import Rejected
from gateway.spool_segment import DIGITS, FILE_MODE, NOTE_SUFFIX, Segment, paths_in, sync_folder

log = structlog.get_logger(__name__)

SEGMENT_BYTES = 4 * 1_048_576  # freed at once; also what is read into memory at once
READ_ATTEMPTS = 3  # of a file, one a drain, before it is passed over
DAMAGED = "its bytes are damaged: the CRC does not fit"


class SpoolFull(OSError):
    """SPOOL_MAX_BYTES is reached."""


class Ahead(NamedTuple):
    """One that is to be drained."""

    segment: Segment
    found: Whole | Damage


class Spool:
    """See the module. `max_bytes` bounds what this process adds; what it adopted does not count."""

    def __init__(self, claimed: Claim, max_bytes: int) -> None:
        """Open what stands in the folder. Raises OSError."""
        self.folder = claimed.path
        self._claim = claimed
        self._limit = max_bytes
        self._segments: list[Segment] = []
        self._current: Segment | None = None
        self._ahead: deque[Ahead] = deque()
        self._left: list[Segment] = []  # not in the order any more, and still on the disk
        self._unread = 0  # attempts at the file that is next
        self.oldest_at: int | None = None
        self._rejected = Rejected(self.folder)
        self._number = self._rejected.highest  # no place that was ever rejected comes again
        for path in paths_in(self.folder):
            self._take(path)
        known = {segment.note_path for segment in self._segments}
        for note in set(self.folder.glob(f"*{NOTE_SUFFIX}")) - known:
            note.unlink()  # its number will come again

    @property
    def depth(self) -> int:
        """Records that wait."""
        return sum(segment.records for segment in list(self._segments))

    @property
    def rejected(self) -> int:
        """Records that were set aside."""
        return self._rejected.count

    @property
    def left(self) -> int:
        """Files that can be neither drained nor deleted."""
        return len(self._left)

    @property
    def bytes(self) -> int:
        """Bytes on disk that wait."""
        return sum(segment.size for segment in list(self._segments))

    @property
    def age_s(self) -> float:
        """Seconds since the oldest that waits was accepted; 0 when nothing waits."""
        return 0.0 if self.oldest_at is None else max(0.0, time.time() - self.oldest_at / 1000)

    def append(self, records: Sequence[SpoolRecord]) -> None:
        """Add records at the end; they are durable when this returns.

        Raises OSError, SpoolFull among them, and none counts as added then.
        """
        data = b"".join(map(encoded, records))
        if self.bytes + len(data) > self._limit:
            raise SpoolFull(errno.ENOSPC, f"SPOOL_MAX_BYTES, {self._limit} bytes, is reached")
        segment = self._current or self._begin()
        try:
            segment.append(data)
        except OSError as error:
            self._current = None  # how its end is on disk is not known: nothing is written behind it
            if not segment.size:
                self._drop(segment)
            raise OSError(error.errno, error.strerror) from None
        if self.oldest_at is None:
            self.oldest_at = records[0].accepted_at
        segment.records += len(records)
        if segment.size >= SEGMENT_BYTES:
            self._current = None

    def probe(self) -> None:
        """See whether a file can be written. Raises OSError."""
        path = self.folder / "probe"
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            os.write(file, b"\0" * 4096)
            os.fsync(file)
        finally:
            os.close(file)
            path.unlink(missing_ok=True)
        if self.bytes >= self._limit:
            raise SpoolFull(errno.ENOSPC, f"SPOOL_MAX_BYTES, {self._limit} bytes, is reached")

    def ahead(self, limit: int) -> list[Ahead]:
        """The oldest, at most so many, in order; they stay until they are `done`.

        Raises OSError, READ_ATTEMPTS - 1 times for a file that cannot be read.
        """
        while not self._ahead and self._segments:
            head = self._segments[0]
            try:
                self._ahead.extend(Ahead(head, found) for found in head.read_on())
            except OSError as error:
                self._pass_over(head, error)
                continue
            self._unread = 0
            if not self._ahead:
                if head is self._current:
                    break
                self._drop(head)
        return list(islice(self._ahead, limit))

    def done(self, count: int) -> None:
        """The oldest `count` are in Kafka or rejected."""
        passed = list(islice(self._ahead, count))
        if not passed:
            return
        passed[-1].segment.drain_to(passed[-1].found.end)  # of one file, as `ahead` reads them
        for each in passed:
            self._ahead.popleft()
            if isinstance(each.found, Whole):
                each.segment.records -= 1
                self.oldest_at = each.found.record.accepted_at
        following = self._ahead[0].found if self._ahead else None
        if isinstance(following, Whole):
            self.oldest_at = following.record.accepted_at
        elif self.depth == 0:
            self.oldest_at = None

    def reject(self, each: Ahead, reason: str) -> None:
        """Set one aside, durably, or else keep its file as it is; it still has to be `done`."""
        try:
            self._rejected.add(each.segment, each.found, reason)
        except OSError as error:
            each.segment.kept = True
            log.error("spool.not_rejected", reason=reason, file=each.segment.path.name, why=error.strerror)  # noqa: TRY400 - one line

    def clear(self) -> None:
        """Free the file that is all drained, when nothing waits."""
        for segment in [each for each in self._left if not each.kept]:
            self._delete(segment)
        if self.depth or self._ahead or any(segment.drained < segment.size for segment in self._segments):
            return
        self._current = None
        for segment in list(self._segments):
            self._drop(segment)

    def adopt(self, folder: Path) -> int:
        """Take over what a dead process left; how many records. 0 when somebody has it. Raises OSError."""
        found = claim(folder)
        if found is None:
            return 0
        try:
            before = self.depth
            self._current = None  # what comes is written behind what is adopted
            for path in paths_in(folder):
                self._number += 1
                target = self.folder / f"{self._number:0{DIGITS}}{path.suffix}"
                note = path.with_suffix(NOTE_SUFFIX)
                if note.exists():  # first: a file without a note is drained again, a note without a file is nothing
                    note.rename(target.with_suffix(NOTE_SUFFIX))
                path.rename(target)
                self._take(target)
                self._limit += self._segments[-1].size
            self._rejected.adopt(folder)
            sync_folder(self.folder)
            try:
                remove(folder)
            except OSError as error:
                log.error("spool.not_removed", file=folder.name, why=error.strerror)  # noqa: TRY400 - one line
            return self.depth - before
        finally:
            found.release()

    def adopt_orphans(self) -> None:
        """Adopt every sibling that nobody has; what cannot be adopted stays, and is said."""
        for folder in folders_in(self.folder.parent):
            if folder == self.folder:
                continue
            try:
                if count := self.adopt(folder):
                    log.warning("spool.adopted", left_by=folder.name, records=count)
            except OSError as error:
                log.error("spool.not_adopted", left_by=folder.name, why=error.strerror)  # noqa: TRY400 - one line

    def close(self) -> None:
        """Let go of the folder; what waits is drained by whoever comes next."""
        self.close_files()
        self._claim.release()

    def close_files(self) -> None:
        """Let go of the files and keep the folder."""
        for segment in self._segments:
            segment.close()

    def leave(self) -> None:
        """Close it, and remove the folder if nothing stands there. Raises OSError, also when files are `left`."""
        self.close_files()
        if self._left:
            raise OSError(errno.EIO, f"{self.left} files can be neither drained nor deleted")
        if not self._segments and not self.rejected:
            remove(self.folder)

    def _take(self, path: Path) -> None:
        """Open a file that is there and count what waits in it."""
        segment = Segment.opened(path)
        self._number = max(self._number, segment.number)
        waiting = [found for found in segment.read_on() if isinstance(found, Whole)]
        segment.read_again()
        segment.close()  # until its turn comes
        if self.oldest_at is None and waiting:
            self.oldest_at = waiting[0].record.accepted_at
        segment.records = len(waiting)
        self._segments.append(segment)

    def _begin(self) -> Segment:
        self._number += 1
        self._current = Segment.created(self.folder, self._number)
        self._segments.append(self._current)
        return self._current

    def _pass_over(self, segment: Segment, error: OSError) -> None:
        """Leave a file that cannot be read where it is. Raises `error` while that may be for a moment only."""
        self._unread += 1
        if self._unread < READ_ATTEMPTS:
            raise error
        self._unread = 0
        segment.kept = True
        log.error("spool.not_read", file=segment.path.name, records=segment.records, why=error.strerror)
        self._drop(segment)

    def _drop(self, segment: Segment) -> None:
        """Take a file out of the order; it is deleted, or `left`."""
        self._segments.remove(segment)
        if segment is self._current:
            self._current = None
        if self.depth == 0:
            self.oldest_at = None
        self._left.append(segment)
        if segment.kept:
            segment.close()
        elif (error := self._delete(segment)) is not None:
            log.error("spool.not_removed", file=segment.path.name, why=error.strerror)

    def _delete(self, segment: Segment) -> OSError | None:
        try:
            segment.remove()
        except OSError as error:
            return error
        self._left.remove(segment)
        return None
