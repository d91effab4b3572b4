"""The spool on this machine: whether SPOOL_DIR can take what Kafka does not, and what has been left in it."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from bridge.settings import Settings
from ops.checks.check import Check, Patient
from ops.spool import Folder, look

NAME = "spool"
MEGABYTE = 1_000_000


async def examine(patient: Patient) -> list[Check]:
    """See the module."""
    return await asyncio.to_thread(examined, patient.settings)


def examined(settings: Settings) -> list[Check]:
    """Blocking. Raises Failed when a folder cannot be read."""
    root = Path(settings.spool_dir).absolute()
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        detail = f"SPOOL_DIR={settings.spool_dir}: this user cannot write there"
        return [Check(NAME, "wrong", detail, "let the gateway's user own the folder, or set another SPOOL_DIR")]
    folders = look(settings)
    return [_room(settings, there, sum(each.waits.bytes for each in folders)), *(_left(each) for each in folders)]


def _room(settings: Settings, there: Path, used: int) -> Check:
    free = shutil.disk_usage(there).free
    if free < settings.spool_max_bytes - used:
        detail = (
            f"{free // MEGABYTE} MB are free on the disk of SPOOL_DIR, and SPOOL_MAX_BYTES allows "
            f"{settings.spool_max_bytes // MEGABYTE} MB"
        )
        return Check(NAME, "warning", detail, "make room, or set a SPOOL_MAX_BYTES that fits: a full disk ends in 503")
    return Check(NAME, "ok", f"SPOOL_DIR can be written, and {free // MEGABYTE} MB are free")


def _left(folder: Folder) -> Check:
    name, waits = f"spool of {folder.path.name}", folder.waits
    if waits.rejected:
        detail = f"{waits.rejected} records were set aside in rejected/, each with its reason"
        return Check(name, "warning", detail, "see `edna-amocrm spool status`; what they hold has not arrived")
    if not waits.records:
        return Check(name, "ok", "nothing waits")
    detail = f"{waits.records} wait, the oldest for {folder.age_s or 0:.0f} s"
    if folder.running:
        return Check(name, "warning", detail, "its gateway drains it when Kafka takes it: see the rows of Kafka")
    return Check(name, "warning", detail, "its gateway is gone: start it, or run `edna-amocrm spool drain`")
