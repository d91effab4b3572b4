"""The spool on disk: whatever is cut off or damaged, everything else comes, in order, and nothing vanishes silently."""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.settings import Settings
from gateway.spool import DAMAGED, SpoolFull
from gateway.spool_folder import claim_own, folders_in, is_locked, survey
from gateway.spool_record import Damage, SpoolRecord, Whole, encoded, read, torn_at
from gateway.spool_segment import noted, paths_in
from tests.gateway.spools import drained, opened, record

HEADERS = st.lists(st.tuples(st.text(max_size=8), st.binary(max_size=12)), max_size=4).map(tuple)
RECORDS = st.builds(
    SpoolRecord,
    topic=st.sampled_from(["inbound", "outbound", "status", "quarantine"]),
    key=st.none() | st.binary(max_size=20),
    value=st.binary(max_size=60),
    headers=HEADERS,
    accepted_at=st.integers(min_value=0, max_value=2**52),
)
EXAMPLES = settings(max_examples=60, deadline=None)


@EXAMPLES
@given(st.lists(RECORDS, max_size=5))
def test_what_is_written_is_read(records: list[SpoolRecord]) -> None:
    found = list(read(b"".join(map(encoded, records))))
    assert [each.record for each in found if isinstance(each, Whole)] == records
    assert len(found) == len(records)


@EXAMPLES
@given(st.lists(RECORDS, min_size=1, max_size=3))
def test_cut_at_any_byte_the_whole_records_come_and_the_rest_is_told_to_be_torn(records: list[SpoolRecord]) -> None:
    written = [encoded(each) for each in records]
    data, ends = b"".join(written), [sum(map(len, written[: count + 1])) for count in range(len(written))]
    for cut in range(len(data)):
        found = list(read(data[:cut]))
        whole = sum(end <= cut for end in ends)
        assert [each.record for each in found if isinstance(each, Whole)] == records[:whole]
        assert len(found) == whole
        assert torn_at(data[:cut]) == (ends[whole - 1] if whole else 0)


@EXAMPLES
@given(st.lists(RECORDS, min_size=1, max_size=4), st.data())
def test_a_bit_that_flips_anywhere_costs_its_own_record_and_that_one_is_shown(
    records: list[SpoolRecord], data: st.DataObject
) -> None:
    written = [encoded(each) for each in records]
    hit = data.draw(st.integers(min_value=0, max_value=len(written) - 1))
    before = sum(map(len, written[:hit]))
    for bit in data.draw(st.lists(st.integers(0, len(written[hit]) * 8 - 1), min_size=20, max_size=20)):
        flipped = bytearray(b"".join(written))
        flipped[before + bit // 8] ^= 1 << bit % 8
        found = list(read(bytes(flipped)))
        assert [each.record for each in found if isinstance(each, Whole)] == records[:hit] + records[hit + 1 :]
        (damage,) = (each for each in found if isinstance(each, Damage))
        assert damage.raw == bytes(flipped[before : before + len(written[hit])])


@EXAMPLES
@given(st.integers(min_value=0, max_value=900), st.integers(min_value=0, max_value=7))
def test_in_a_folder_as_well_the_damaged_one_is_in_rejected_and_the_others_come(byte: int, bit: int) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "one"
        spool = opened(folder)
        records = [record(number) for number in range(8)]
        spool.append(records)
        spool.close()
        (path,) = paths_in(folder)
        data = bytearray(path.read_bytes())
        byte %= len(data)
        data[byte] ^= 1 << bit
        path.write_bytes(data)
        spool = opened(folder)
        found, damaged = drained(spool)
        hit = byte // len(encoded(records[0]))
        assert found == records[:hit] + records[hit + 1 :]
        assert (damaged, spool.rejected, survey(folder).rejected) == (1, 1, 1)
        (kept,) = (folder / "rejected").iterdir()
        reason, raw = kept.read_bytes().split(b"\n", 1)
        assert json.loads(reason)["reason"] == DAMAGED
        assert raw == bytes(data[hit * len(encoded(records[0])) :][: len(encoded(records[0]))])
        spool.close()


def test_a_torn_tail_is_cut_when_the_folder_is_opened_and_nothing_is_rejected(tmp_path: Path) -> None:
    spool = opened(tmp_path / "one")
    spool.append([record(1), record(2)])
    spool.close()
    (path,) = paths_in(tmp_path / "one")
    with path.open("ab") as file:
        file.write(encoded(record(3))[:-1])
    spool = opened(tmp_path / "one")
    assert spool.depth == 2
    assert path.stat().st_size == 2 * len(encoded(record(1)))
    assert drained(spool) == ([record(1), record(2)], 0)
    assert spool.rejected == 0


def test_what_was_drained_does_not_come_again_and_the_rest_does_in_order(tmp_path: Path) -> None:
    spool = opened(tmp_path / "one")
    spool.append([record(number) for number in range(10)])
    spool.ahead(4)
    spool.done(4)
    spool.close()  # as SIGKILL would: nothing more is written at the end
    spool = opened(tmp_path / "one")
    assert (spool.depth, spool.oldest_at) == (6, record(4).accepted_at)
    spool.append([record(10)])
    assert drained(spool)[0] == [record(number) for number in range(4, 11)]
    assert (spool.depth, spool.oldest_at) == (0, None)
    spool.clear()
    assert paths_in(tmp_path / "one") == []
    spool.append([record(11)])
    assert drained(spool)[0] == [record(11)]


def test_a_note_of_what_is_drained_that_is_broken_means_repeats_and_no_loss(tmp_path: Path) -> None:
    spool = opened(tmp_path / "one")
    spool.append([record(1), record(2)])
    spool.ahead(1)
    spool.done(1)
    spool.close()
    (path,) = paths_in(tmp_path / "one")
    assert noted(path) > 0
    path.with_suffix(".drained").write_bytes(b"\0" * 12)
    assert drained(opened(tmp_path / "one"))[0] == [record(1), record(2)]


def test_drained_files_are_freed_while_others_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.spool.SEGMENT_BYTES", 500)
    spool = opened(tmp_path / "one")
    for number in range(50):
        spool.append([record(number)])
    before = spool.bytes
    assert len(paths_in(tmp_path / "one")) > 5
    seen = 0
    while seen < 40:
        ahead = spool.ahead(10)
        spool.done(len(ahead))
        seen += len(ahead)
    assert spool.bytes < before / 3
    assert [each.value for each in drained(spool)[0]] == [record(number).value for number in range(seen, 50)]


def test_the_limit_refuses_whole_groups_and_keeps_what_is_there(tmp_path: Path) -> None:
    spool = opened(tmp_path / "one", max_bytes=500)
    spool.append([record(1)])
    with pytest.raises(SpoolFull):
        spool.append([record(number) for number in range(20)])
    spool.append([record(2)])
    assert drained(spool)[0] == [record(1), record(2)]


def test_a_disk_that_is_full_takes_nothing_halfway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = opened(tmp_path / "one")
    spool.append([record(1)])
    write = os.pwrite

    def full(file: int, data: memoryview, at: int) -> int:
        if at == 0 or len(data) < 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[:50], at)

    with monkeypatch.context() as patch:
        patch.setattr("os.pwrite", full)
        with pytest.raises(OSError, match="No space"):
            spool.append([record(2), record(3), record(4)])
    spool.append([record(5)])
    spool.close()
    spool = opened(tmp_path / "one")
    assert drained(spool) == ([record(1), record(5)], 0)


def test_what_a_failed_fsync_has_left_is_written_behind_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = opened(tmp_path / "one")
    spool.append([record(1)])

    def broken(_file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("os.fdatasync", broken)
        with pytest.raises(OSError, match="Input/output"):
            spool.append([record(2)])
    spool.append([record(3)])
    assert len(paths_in(tmp_path / "one")) == 2
    assert drained(spool)[0] == [record(1), record(3)]


def test_on_a_full_disk_the_file_with_the_damage_is_kept_whole_and_is_not_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = opened(tmp_path / "one")
    spool.append([record(1), record(2)])
    spool.close()
    (path,) = paths_in(tmp_path / "one")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    spool = opened(tmp_path / "one")

    def full(_path: Path, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("gateway.spool_rejected._write_whole", full)
    assert drained(spool) == ([record(1)], 1)
    spool.clear()
    (kept,) = (tmp_path / "one" / "rejected").iterdir()
    assert kept.read_bytes() == bytes(data)
    assert (spool.rejected, paths_in(tmp_path / "one")) == (1, [])


def test_only_its_user_can_read_it(tmp_path: Path) -> None:
    spool = opened(tmp_path / "one")
    spool.append([record(1)])
    (each,) = spool.ahead(1)
    spool.reject(each, "why")
    spool.done(1)
    for path in (tmp_path / "one").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_what_a_dead_sibling_left_comes_behind_ours_and_before_what_comes(tmp_path: Path) -> None:
    dead = opened(tmp_path / "dead")
    dead.append([record(number) for number in range(10, 16)])
    dead.ahead(2)
    dead.done(2)
    (first,) = dead.ahead(1)
    dead.reject(first, "why")
    dead.done(1)
    dead.close()
    alive = opened(tmp_path / "alive")
    alive.append([record(20)])
    ours = opened(tmp_path / "ours")
    ours.append([record(1)])
    ours.adopt_orphans()
    ours.append([record(2)])
    assert folders_in(tmp_path) == [tmp_path / "alive", tmp_path / "ours"]
    assert (ours.depth, ours.rejected, survey(tmp_path / "ours").records) == (5, 1, 5)
    assert drained(ours)[0] == [record(number) for number in (1, 13, 14, 15, 2)]
    assert drained(alive)[0] == [record(20)]


def test_adopting_more_than_the_limit_leaves_room_for_what_comes(tmp_path: Path) -> None:
    dead = opened(tmp_path / "dead")
    dead.append([record(number) for number in range(100)])
    dead.close()
    ours = opened(tmp_path / "ours", max_bytes=500)
    ours.adopt_orphans()
    ours.append([record(100)])
    assert len(drained(ours)[0]) == 101


def test_two_of_one_name_get_a_folder_each_and_a_dead_ones_is_free(tmp_path: Path) -> None:
    given_name = Settings(_env_file=None, spool_dir=str(tmp_path / "spool"), instance_id="../a host")
    first, second = claim_own(given_name), claim_own(given_name)
    assert [first.path.name, second.path.name] == ["%2E.%2Fa%20host", "%2E.%2Fa%20host.2"]
    assert is_locked(first.path)
    first.release()
    assert not is_locked(first.path)
    assert claim_own(given_name).path == first.path
