"""Whose a folder of SPOOL_DIR is: a lock that ends with its process, however that ends.

A folder belongs to whoever holds the lock in it, so two gateways never write one file, and what a dead one left can be
taken over. A second gateway of the same name takes the next free folder instead of ending: the name may be held by a
sibling that is adopting what was left under it, and an exit would refuse webhooks that could be kept (I1).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bridge.errors import ConfigurationError
from bridge.settings import Settings
from gateway.spool_record import Whole, read
from gateway.spool_segment import FILE_MODE, FOLDER_MODE, NOTE_SUFFIX, noted, paths_in, sync_folder

LOCK = "lock"
REJECTED = "rejected"
REJECTED_SUFFIX = ".rejected"
LONGEST_NAME = 200
NAMESAKES = 100


class Claim:
    """A folder that is ours until `release`, or until this process ends."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock: int | None = lock

    def release(self) -> None:
        """Let others have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def claim_own(settings: Settings) -> Claim:
    """The folder of this instance, made if need be. Raises ConfigurationError when SPOOL_DIR cannot be used."""
    name = quote(settings.instance, safe="")[:LONGEST_NAME]
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    root = Path(settings.spool_dir).absolute()  # names count here, whatever becomes of the working folder
    try:
        _make(root)
        for number in range(1, NAMESAKES + 1):
            folder = root / (name if number == 1 else f"{name}.{number}")
            if (found := claim(folder, create=True)) is not None:
                sync_folder(root)
                return found
    except OSError as error:
        raise unusable(settings, error) from None
    raise ConfigurationError(f"SPOOL_DIR={settings.spool_dir}: {NAMESAKES} gateways are called {settings.instance!r}")


def unusable(settings: Settings, error: OSError) -> ConfigurationError:
    """What a person is told of a SPOOL_DIR that does not work, and the remedy."""
    where = f"{error.filename}: " if error.filename else ""
    return ConfigurationError(
        f"SPOOL_DIR={settings.spool_dir}: cannot be used: {where}{error.strerror}: "
        "name a folder with room in which this user may read and write everything"
    )


def claim(folder: Path, *, create: bool = False) -> Claim | None:
    """A folder, if nobody has it; without `create` only one that a gateway has made. Raises OSError."""
    while True:
        try:
            if create:
                folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), FILE_MODE)
        except (FileNotFoundError, NotADirectoryError):
            if create and folder.parent.is_dir():
                continue  # removed between the two by whoever adopted it
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(lock, folder / LOCK):
                return Claim(folder, lock)
        except BlockingIOError:
            os.close(lock)
            return None
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)  # the folder was removed before we had the lock


def is_locked(folder: Path) -> bool:
    """Whether a process has the folder now. Takes nothing."""
    if (found := claim(folder)) is None:
        return (folder / LOCK).exists()
    found.release()
    return False


def folders_in(root: Path) -> list[Path]:
    """The folders that gateways have made, by name; without those that may not be entered. Raises OSError."""
    if not root.is_dir():
        return []
    return sorted(folder for folder in root.iterdir() if os.path.isfile(folder / LOCK))  # noqa: PTH113 - Path.is_file raises where we may not look


@dataclass(frozen=True, slots=True)
class Survey:
    """What waits in a folder. `oldest_at`: when the oldest was accepted (ms since the epoch); None: nothing waits."""

    records: int = 0
    bytes: int = 0
    oldest_at: int | None = None
    rejected: int = 0


def survey(folder: Path) -> Survey:
    """Look into a folder without changing it, whoever works there. Raises OSError."""
    records, size, oldest = 0, 0, None
    for path in paths_in(folder):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            continue  # drained meanwhile
        size += len(data)
        for found in read(data, noted(path)):
            if isinstance(found, Whole):
                records += 1
                oldest = found.record.accepted_at if oldest is None else min(oldest, found.record.accepted_at)
    return Survey(records, size, oldest, sum(1 for _ in rejected_in(folder)))


def remove(folder: Path) -> None:
    """Remove a folder that has nothing of value any more. Raises OSError; one with something unknown in it stays."""
    for path in (*folder.glob(f"*{NOTE_SUFFIX}"), folder / "probe"):
        path.unlink(missing_ok=True)
    if (folder / REJECTED).is_dir():
        for path in (folder / REJECTED).glob("*.new"):
            path.unlink()
        (folder / REJECTED).rmdir()
    (folder / LOCK).unlink()
    folder.rmdir()


def rejected_in(folder: Path) -> Iterator[Path]:
    """The files of what was set aside in a folder."""
    yield from (folder / REJECTED).glob(f"*{REJECTED_SUFFIX}")


def _make(folder: Path) -> None:
    """Make a folder with those above it, so that they are there after a power cut."""
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    sync_folder(folder.parent)


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False
