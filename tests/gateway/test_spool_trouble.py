"""A disk that can no longer be changed or read is in nobody's way: what is drained is done, the rest stays (I1)."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.errors import ConfigurationError
from bridge.kafka.producer import BatchRecord, Producer
from bridge.settings import Settings
from gateway.drain import Drain
from gateway.kafka_watch import KafkaWatch
from gateway.spool import DAMAGED, READ_ATTEMPTS, Spool
from gateway.spool_folder import folders_in, is_locked
from gateway.spool_segment import Segment, paths_in
from gateway.writer import Mode, Writer
from tests.gateway.forms import pulse
from tests.gateway.server import Gateway, MakeSettings
from tests.gateway.spools import drained, opened, record

WITHIN_S = 10.0


def refusing(call: Callable[..., Any], code: int, *, suffix: str = "") -> Callable[..., Any]:
    """A call that fails for paths with this end."""

    def refused(path: Path, *arguments: Any, **named: Any) -> Any:
        if str(path).endswith(suffix):
            raise OSError(code, os.strerror(code), str(path))
        return call(path, *arguments, **named)

    return refused


def read_only(patch: pytest.MonkeyPatch) -> None:
    """Let no file be written, made, renamed or removed any more."""
    unlink, fdatasync = refusing(Path.unlink, errno.EROFS), refusing(os.fdatasync, errno.EROFS)
    patch.setattr(Path, "unlink", unlink)
    patch.setattr("os.fdatasync", fdatasync)


class Kafka:
    """A producer and a watch that take all they are given, once they are there."""

    confirm_within_s = 1.0
    has_topics = True
    problem = ""

    def __init__(self) -> None:
        self.connected = False
        self.log: list[bytes] = []

    async def send_batch(self, _topic: str, records: list[BatchRecord], **_named: Any) -> None:
        """Keep what comes."""
        self.log += [each.value for each in records]


async def test_a_disk_that_turned_read_only_with_records_on_it_does_not_keep_the_gateway_from_a_kafka_that_is_back(
    tmp_path: Path,
) -> None:
    kafka = Kafka()
    settings = Settings(_env_file=None, spool_dir=str(tmp_path), topic_prefix="p.")
    one = Writer(settings, cast(Producer, kafka), cast(KafkaWatch, kafka))
    await one.start()
    await one.hand_over("p.inbound", BatchRecord(b"key", b"1"), 1)
    with pytest.MonkeyPatch.context() as patch:
        read_only(patch)
        kafka.connected = True
        await one.wait_direct(WITHIN_S)
        assert one.mode is Mode.DIRECT
        await one.hand_over("p.inbound", BatchRecord(b"key", b"2"), 2)
        assert (one.spool.depth, one.spool.left) == (0, 1)
    await one.stop()
    assert kafka.log == [b"1", b"2"]
    assert paths_in(one.spool.folder) == [], "the disk works again, and it is deleted at last"


def test_a_drained_file_that_cannot_be_deleted_is_passed_and_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = opened(tmp_path / "one")
    spool.append([record(1)])
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refusing(Path.unlink, errno.EIO, suffix=".spool"))
        assert drained(spool)[0] == [record(1)]
        spool.clear()
        spool.clear()
    assert (spool.depth, spool.bytes, spool.left, len(paths_in(tmp_path / "one"))) == (0, 0, 1, 1)
    spool.append([record(2)])
    spool.close()
    spool = opened(tmp_path / "one")
    assert drained(spool)[0] == [record(2)]


@pytest.mark.parametrize("through", ["pread", "open"])
def test_a_file_that_cannot_be_read_is_tried_again_and_then_passed_over_and_stays_for_whoever_opens_it_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, through: str
) -> None:
    for number in (1, 2):
        spool = opened(tmp_path / "one")
        spool.append([record(number)])
        spool.close()
    spool = opened(tmp_path / "one")
    read_on, (bad, _good) = Segment.read_on, paths_in(tmp_path / "one")

    def broken(segment: Segment) -> Any:
        if segment.path == bad:
            raise OSError(errno.EIO, "Input/output error")
        return read_on(segment)

    with monkeypatch.context() as patch:
        if through == "pread":
            patch.setattr(Segment, "read_on", broken)
        else:
            patch.setattr("os.open", refusing(os.open, errno.EIO, suffix=bad.name))
        for _ in range(READ_ATTEMPTS - 1):
            with pytest.raises(OSError, match="Input/output error"):
                spool.ahead(10)
        assert drained(spool)[0] == [record(2)]
    spool.clear()
    assert (spool.depth, spool.oldest_at, spool.left, paths_in(tmp_path / "one")) == (0, None, 1, [bad])
    with pytest.raises(OSError, match="1 files can be neither"):
        spool.leave()
    spool.close()
    assert drained(opened(tmp_path / "one"))[0] == [record(1)]


def test_a_file_that_has_lost_its_end_is_not_taken_for_drained(tmp_path: Path) -> None:
    spool = opened(tmp_path / "one")
    spool.append([record(1)])
    (path,) = paths_in(tmp_path / "one")
    os.truncate(path, path.stat().st_size - 1)
    with pytest.raises(OSError, match="shorter"):
        spool.ahead(1)


def test_what_can_be_neither_drained_nor_set_aside_stays_in_its_file_and_the_others_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = opened(tmp_path / "one")
    spool.append([record(1), record(2), record(3)])
    with monkeypatch.context() as patch:
        patch.setattr("gateway.spool_rejected._write_whole", refusing(Path.unlink, errno.EROFS))
        patch.setattr("os.link", refusing(os.link, errno.EROFS))
        first, second, _third = spool.ahead(3)
        spool.done(1)
        spool.reject(second, DAMAGED)
        spool.done(1)
        assert drained(spool)[0] == [record(3)]
        spool.clear()
    assert (spool.rejected, spool.left, first.segment.path.exists()) == (0, 1, True)
    spool.close()
    assert drained(opened(tmp_path / "one"))[0] == [record(2), record(3)], "a repeat is harmless, a loss is not"


def test_what_is_set_aside_is_never_overwritten_by_what_comes_later(tmp_path: Path) -> None:
    for number in (1, 2):
        spool = opened(tmp_path / "ours")
        spool.append([record(number)])
        (each,) = spool.ahead(1)
        spool.reject(each, "why")
        spool.done(1)
        spool.clear()
        spool.close()
    for number in (3, 4):
        dead = opened(tmp_path / "dead")
        dead.append([record(number)])
        (each,) = dead.ahead(1)
        dead.reject(each, "why")
        dead.done(1)
        dead.close()
        ours = opened(tmp_path / "ours")
        ours.adopt_orphans()
        ours.close()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "ours" / "rejected").iterdir())
    assert [number for number in range(1, 5) if record(number).value in kept] == [1, 2, 3, 4]
    assert ours.rejected == 4


def test_a_folder_in_spool_dir_that_may_not_be_entered_is_no_gateways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lost+found").mkdir()
    opened(tmp_path / "one").close()
    monkeypatch.setattr("os.stat", refusing(os.stat, errno.EACCES, suffix="lost+found/lock"))
    assert folders_in(tmp_path) == [tmp_path / "one"]


async def test_a_spool_that_cannot_be_read_at_the_start_is_named_with_a_remedy_and_let_go_of(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, spool_dir=str(tmp_path), instance_id="one")
    opened(tmp_path / "one").close()
    (tmp_path / "one" / "000000000001.spool").mkdir()
    writer = Writer(settings, cast(Producer, Kafka()), cast(KafkaWatch, Kafka()))
    with pytest.raises(ConfigurationError, match=r"^SPOOL_DIR=.*000000000001.spool: Is a directory: name a folder"):
        await writer.start()
    await writer.stop()
    assert not is_locked(tmp_path / "one")


def test_adopting_a_folder_with_a_strangers_file_leaves_room_for_what_comes(tmp_path: Path) -> None:
    dead = opened(tmp_path / "dead")
    dead.append([record(number) for number in range(100)])
    dead.close()
    (tmp_path / "dead" / "notes.txt").touch()
    ours = opened(tmp_path / "ours", max_bytes=500)
    assert ours.adopt(tmp_path / "dead") == 100
    ours.append([record(100)])
    assert len(drained(ours)[0]) == 101
    assert (tmp_path / "dead" / "notes.txt").exists()
    assert folders_in(tmp_path) == [tmp_path / "ours"]


@pytest.mark.broker
async def test_with_kafka_there_and_a_spool_that_neither_drains_nor_takes_anything_it_is_not_ready(
    make_settings: MakeSettings, topics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_drain: Drain, _within_s: float) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Drain, "batch", broken)
    monkeypatch.setattr(Spool, "append", refusing(Spool.append, errno.EROFS))
    async with Gateway(make_settings()) as gateway:
        assert (await gateway.edna(pulse())).status == 503
        await gateway.becomes_ready(mode="spool", status=503)
        assert (await gateway.edna(pulse())).status == 503
