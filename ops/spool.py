"""`edna-amocrm spool`: what gateways keep on this machine's disk because Kafka did not take it, and getting it there.

A folder belongs to the process that has its lock: a running gateway drains its own by itself, and nobody else touches
it (I2). What a gateway has left that will not start again here can be drained by hand.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from bridge.errors import ConfigurationError, KafkaUnavailable
from bridge.kafka.admin import describe_topics
from bridge.kafka.producer import Producer
from bridge.settings import Settings
from gateway.disk import Disk
from gateway.drain import Drain
from gateway.spool import Spool
from gateway.spool_folder import REJECTED, Survey, claim, folders_in, is_locked, survey
from ops.output import Advance, Failed, cell, console, note, progress, say_json
from ops.sandbox_world import settings_here

CONFIRM_WITHIN_S = 10.0
RUNNING_REMEDY = "a running gateway has it and drains it by itself when Kafka takes it; stop that gateway to do it here"


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder of SPOOL_DIR. `running`: a process has its lock."""

    path: Path
    running: bool
    waits: Survey

    @property
    def age_s(self) -> float | None:
        """Seconds since the oldest that waits was accepted."""
        return None if self.waits.oldest_at is None else max(0.0, time.time() - self.waits.oldest_at / 1000)


def look(settings: Settings) -> list[Folder]:
    """Every folder of SPOOL_DIR. Raises Failed when one cannot be read."""
    try:
        return [Folder(path, is_locked(path), survey(path)) for path in folders_in(_root(settings))]
    except OSError as error:
        raise Failed(
            f"SPOOL_DIR={_root(settings)}: cannot be read: {error.strerror}: run this as the gateway's user"
        ) from None


def _root(settings: Settings) -> Path:
    """SPOOL_DIR as it is found from anywhere: the working folder counts for a relative one."""
    return Path(settings.spool_dir).absolute()


def status(as_json: bool) -> None:
    """Print every folder. Raises Failed, ConfigurationError."""
    settings = settings_here()
    folders = look(settings)
    if as_json:
        say_json({"spool_dir": str(_root(settings)), "folders": [_document(each) for each in folders]})
        return
    if not folders:
        typer.echo(f"no gateway has a spool in {_root(settings)}")
        return
    console().print(_table(folders))


def drain(names: Sequence[str]) -> None:
    """Drain folders that nobody has into Kafka; without names all of them.

    Raises Failed when a wanted one is not there or is a running gateway's, ConfigurationError, KafkaUnavailable.
    """
    settings = settings_here()
    folders = look(settings)
    known = {each.path.name: each for each in folders}
    if unknown := [name for name in names if name not in known]:
        raise Failed(f"no folder {', '.join(unknown)} in {_root(settings)}: see `edna-amocrm spool status`")
    wanted = [known[name] for name in names] if names else [each for each in folders if each.waits.records]
    if names:
        _refuse_running(wanted)
    free = [each for each in wanted if not each.running]
    if free:
        asyncio.run(_drain_all(settings, free))
    elif not wanted:
        typer.echo("nothing waits")
    _refuse_running(wanted)


def _refuse_running(folders: Sequence[Folder]) -> None:
    for each in folders:
        if each.running:
            raise Failed(f"{each.path.name} is not drained here ({each.waits.records} wait): {RUNNING_REMEDY}")


async def _drain_all(settings: Settings, folders: Sequence[Folder]) -> None:
    absent = [state.name for state in await describe_topics(settings) if not state.partitions]
    if absent:
        raise ConfigurationError(f"{', '.join(absent)} missing: run `edna-amocrm topics create`")
    producer = Producer(settings, confirm_within_s=CONFIRM_WITHIN_S, client_id="edna-amocrm-spool")
    await producer.start()
    try:
        if not await producer.wait_connected(CONFIRM_WITHIN_S):
            raise KafkaUnavailable(f"Kafka at {settings.kafka_bootstrap_servers} does not answer")
        total = sum(each.waits.records for each in folders)
        with progress("draining") as advance:
            done = 0
            for each in folders:
                done += await _drain_one(settings, producer, each, partial(_advance, advance, done, total))
    finally:
        await producer.stop()
    typer.echo(f"{done} drained into Kafka")


async def _drain_one(settings: Settings, producer: Producer, folder: Folder, advance: Callable[[int], None]) -> int:
    claimed = claim(folder.path)
    if claimed is None:
        raise Failed(f"{folder.path.name} is not drained here: {RUNNING_REMEDY}")
    done, before = 0, folder.waits.rejected
    disk = Disk()
    try:
        spool = Spool(claimed, settings.spool_max_bytes)
        work = Drain(spool, disk, producer, settings.topic_prefix)
        while count := await work.batch(CONFIRM_WITHIN_S):
            done += count
            advance(done)
        spool.clear()
        if spool.rejected > before:
            note(
                f"{spool.rejected - before} were not taken and stand in {folder.path / REJECTED}, each with its reason"
            )
        spool.leave()
    except OSError as error:
        raise Failed(f"{folder.path}: {error.strerror}") from None
    finally:
        disk.end()
        claimed.release()
    return done


def _advance(advance: Advance, before: int, total: int, done: int) -> None:
    advance(before + done, total)


def _table(folders: Sequence[Folder]) -> Table:
    table = Table("folder", "gateway")
    for name in ("records", "bytes", "oldest", "rejected"):
        table.add_column(name, justify="right")
    for each in folders:
        age = "" if each.age_s is None else f"{each.age_s:.0f} s"
        row: tuple[Any, ...] = (each.path.name, "runs" if each.running else "gone")
        table.add_row(*map(cell, (*row, each.waits.records, each.waits.bytes, age, each.waits.rejected)))
    return table


def _document(folder: Folder) -> dict[str, Any]:
    waits = asdict(folder.waits)
    del waits["oldest_at"]
    return {"folder": folder.path.name, "running": folder.running, "oldest_s": folder.age_s, **waits}
