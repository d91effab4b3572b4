"""One file of the spool: appended to, made durable, read from the front, removed when it is drained.

What `append` has returned from survives a power cut. What is drained is noted beside the file without an fsync: that
survives SIGKILL, and a power cut costs repeats at most, which event ids make one (I1, I4). Blocking; for one thread.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import zlib
from pathlib import Path

from gateway.spool_record import Damage, Whole, read, torn_at

SUFFIX = ".spool"
NOTE_SUFFIX = ".drained"
DIGITS = 12  # of a file's number
FILE_MODE = 0o600
FOLDER_MODE = 0o700
_NOTE = struct.Struct(">QI")  # offset, its CRC


class Segment:
    """See the module. `size` are the bytes that are safe, `drained` those of them that are done.

    `records` of it wait. A `kept` one is not deleted, and nothing more is noted: whoever opens it next has all again.
    """

    def __init__(self, path: Path, size: int, drained: int) -> None:
        self.path = path
        self.size = size
        self.drained = drained
        self.records = 0
        self.kept = False
        self._loaded = drained
        self._file: int | None = None
        self._note: int | None = None

    @classmethod
    def created(cls, folder: Path, number: int) -> Segment:
        """A new and empty one, which is there after a power cut. Raises OSError."""
        made = cls(folder / f"{number:0{DIGITS}}{SUFFIX}", 0, 0)
        made._file = os.open(made.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
        try:
            sync_folder(folder)
        except OSError:
            made.remove()
            raise
        return made

    @classmethod
    def opened(cls, path: Path) -> Segment:
        """One that another process has left. What was cut off at its end is removed. Raises OSError."""
        data = path.read_bytes()
        size = torn_at(data)
        if size < len(data):
            os.truncate(path, size)
        return cls(path, size, min(noted(path), size))

    @property
    def number(self) -> int:
        """Its place among the others."""
        return int(self.path.stem)

    @property
    def note_path(self) -> Path:
        """Where it is noted how much is drained."""
        return self.path.with_suffix(NOTE_SUFFIX)

    def append(self, data: bytes) -> None:
        """Write at the end and make it durable. Raises OSError, and nothing of `data` counts as written then."""
        file = self._opened()
        try:
            at = self.size
            left = memoryview(data)
            while left:
                written = os.pwrite(file, left, at)
                at, left = at + written, left[written:]
            os.fdatasync(file)
        except OSError:
            os.ftruncate(file, self.size)
            raise
        self.size = at

    def read_on(self) -> list[Whole | Damage]:
        """What has not been read yet, in order; places are those in the file. Raises OSError."""
        if self._loaded >= self.size:
            return []
        data = os.pread(self._opened(), self.size - self._loaded, self._loaded)
        if len(data) < self.size - self._loaded:
            raise OSError(errno.EIO, "the file is shorter than it was")
        found = [_moved(each, self._loaded) for each in read(data)]
        self._loaded = self.size
        return found

    def read_again(self) -> None:
        """Forget what was read and is not drained."""
        self._loaded = self.drained

    def drain_to(self, end: int) -> None:
        """All up to `end` is done. Noted if the disk allows: a full one must not stop the drain that empties it."""
        self.drained = end
        if self.kept:
            return
        with contextlib.suppress(OSError):
            if self._note is None:
                self._note = os.open(self.note_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
            os.pwrite(self._note, _NOTE.pack(end, zlib.crc32(end.to_bytes(8, "big"))), 0)

    def close(self) -> None:
        """Let go of the files."""
        for file in (self._file, self._note):
            if file is not None:
                os.close(file)
        self._file = self._note = None

    def remove(self) -> None:
        """Close and delete it. Raises OSError."""
        self.close()
        self.path.unlink(missing_ok=True)
        self.note_path.unlink(missing_ok=True)  # after the file: without a note all would be drained again

    def _opened(self) -> int:
        if self._file is None:
            self._file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)  # of another process: it is only read
        return self._file


def noted(path: Path) -> int:
    """How many bytes of a segment are noted as drained; 0 when that cannot be read."""
    with contextlib.suppress(OSError, struct.error):
        end, crc = _NOTE.unpack(path.with_suffix(NOTE_SUFFIX).read_bytes())
        if crc == zlib.crc32(end.to_bytes(8, "big")):
            return int(end)
    return 0


def paths_in(folder: Path) -> list[Path]:
    """The segments of a folder in their order."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if path.stem.isdecimal())


def sync_folder(folder: Path) -> None:
    """Make durable which files a folder has. Raises OSError."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _moved(found: Whole | Damage, by: int) -> Whole | Damage:
    if isinstance(found, Whole):
        return Whole(found.start + by, found.end + by, found.record)
    return Damage(found.start + by, found.end + by, found.raw)
