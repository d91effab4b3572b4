"""What runs as long as the worker goes on after any error, and ends with its epoch (I4, I5, I8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

import pytest

from bridge.events import MessageLink, MessageStatus, encode
from bridge.settings import Settings
from bridge.topics import BY_NAME, STATUS_LINKS
from streams.delivery import delivery, links
from streams.delivery.links import Links
from streams.delivery.partition import Partition
from streams.delivery.progress import Reached
from streams.directory import ChannelsOfEdna
from tests.streams.clockwork import SimulatedLoop, settle, simulated
from tests.streams.scripted import ScriptedCarrier, Vendor, message
from tests.streams.worker import Log, Worker

SETTINGS = Settings(_env_file=None, topic_prefix="t.", events_held=5)
ODD: tuple[BaseException, ...] = (AssertionError("aiokafka's"), asyncio.CancelledError("an echo"), KeyError("a bug"))


class Stage:
    """A worker of one partition, on a log in memory."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self.log, self.vendor = Log(1), Vendor()
        self.worker = Worker("w", loop, self.log, ScriptedCarrier(self.vendor), SETTINGS)

    async def begin(self) -> None:
        """Start, and assign the partition."""
        self.worker.start()
        await settle()
        self.log.owners = {0: self.worker.id}
        await self.worker.assigned([0])

    def accept(self, *names: str) -> None:
        """Messages come, each of a conversation of its own."""
        for name in names:
            self.log.append(0, name.encode(), encode(message(name, name)))


def on_stage(main: Callable[[Stage], Coroutine[Any, Any, None]]) -> None:
    """Run with a worker that has not begun."""

    async def run(loop: SimulatedLoop) -> None:
        stage = Stage(loop)
        await main(stage)
        stage.worker.kill()

    simulated(run)


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_lanes_open_whatever_the_first_reading_of_receipts_raised(odd: BaseException) -> None:
    async def main(stage: Stage) -> None:
        receipts = stage.worker.delivery.receipts
        load, failures = receipts.load, [odd]

        async def first_fails(partitions: Iterable[Partition]) -> None:
            if failures:
                raise failures.pop()
            await load(partitions)

        stage.worker.delivery.receipts.load = first_fails  # type: ignore[method-assign]
        stage.accept("m")
        await stage.begin()
        await asyncio.sleep(5.0)
        assert stage.vendor.taken == ["m"]

    on_stage(main)


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_offsets_are_committed_whatever_the_first_commits_raised(odd: BaseException) -> None:
    async def main(stage: Stage) -> None:
        await stage.begin()
        commit, failures = stage.worker.commit, [odd, odd]

        async def first_fails(offsets: Mapping[int, int]) -> None:
            if failures:
                raise failures.pop()
            await commit(offsets)

        stage.worker.commit = first_fails  # type: ignore[method-assign]
        stage.accept("m")
        await asyncio.sleep(10.0)
        assert stage.log.committed == {0: 1}

    on_stage(main)


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_revocation_ends_whatever_its_commit_raised(odd: BaseException) -> None:
    """Else the group would lose its member with the call that told it."""

    async def main(stage: Stage) -> None:
        await stage.begin()
        stage.accept("m")
        await asyncio.sleep(0.1)

        async def fails(_offsets: Mapping[int, int]) -> None:
            raise odd

        stage.worker.commit = fails  # type: ignore[method-assign, assignment]
        await stage.worker.revoked()
        assert stage.worker.delivery.partitions == {}

    on_stage(main)


def test_lanes_open_only_when_the_links_have_been_read() -> None:
    async def main(stage: Stage) -> None:
        read = asyncio.Event()

        class NotYet:
            def assign(self, _numbers: Iterable[int]) -> None:
                pass

            async def caught_up(self) -> None:
                await read.wait()

        stage.worker.delivery._carrier.links = NotYet()  # type: ignore[misc, assignment]
        stage.accept("m")
        await stage.begin()
        await asyncio.sleep(30.0)
        assert stage.vendor.calls == []
        read.set()
        await asyncio.sleep(1.0)
        assert stage.vendor.taken == ["m"]

    on_stage(main)


def test_a_reading_of_receipts_that_an_epoch_left_behind_changes_nothing_in_the_next() -> None:
    async def main(stage: Stage) -> None:
        receipts, slow = stage.worker.delivery.receipts, asyncio.Event()
        load, loads = receipts.load, 0

        async def first_is_slow(partitions: Iterable[Partition]) -> None:
            nonlocal loads
            loads += 1
            if loads == 1:
                await slow.wait()
                for partition in partitions:
                    receipts.memory(partition).note_reached("m", Reached.of(MessageStatus.DELIVERED, "r", ""))
            else:
                await load(partitions)

        receipts.load = first_is_slow  # type: ignore[method-assign]
        await stage.begin()
        await asyncio.sleep(1.0)
        await stage.worker.revoked()
        await stage.worker.assigned([0])
        await asyncio.sleep(1.0)
        (partition,) = stage.worker.delivery.partitions.values()
        assert partition.ready.is_set()
        memory = receipts.memory(partition)
        memory.note_reached("m", Reached.of(MessageStatus.READ, "r", ""))
        slow.set()
        await asyncio.sleep(1.0)
        assert memory.reached("m") == Reached.of(MessageStatus.READ, "r", "")

    on_stage(main)


def test_nothing_is_dropped_when_partitions_come_without_having_been_given_up() -> None:
    async def main(stage: Stage) -> None:
        stage.accept("stuck")
        stage.vendor.scripts["stuck"].before_s = 1e6
        await stage.begin()
        await asyncio.sleep(1.0)
        worker = stage.worker.delivery
        again = asyncio.create_task(worker.assign([0]))
        await asyncio.sleep(0)
        await worker.take(0, 0, b"a", encode(message("a", "a")), (), 1)
        await worker.take(0, 1, b"b", encode(message("b", "b")), (), 1)
        await again
        await asyncio.sleep(5.0)
        assert stage.vendor.taken == ["a", "b"]
        assert stage.log.committed == {0: 2}

    on_stage(main)


def test_a_hand_that_stays_full_is_told_once_with_the_channels_that_fill_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, dict[str, Any]]] = []

    class _Log:
        def error(self, event: str, **facts: Any) -> None:
            told.append((event, facts))

        info = warning = exception = error

    monkeypatch.setattr(delivery, "log", _Log())

    async def main(stage: Stage) -> None:
        await stage.begin()
        stage.accept(*(f"m{number}" for number in range(10)))
        for number in range(10):
            stage.vendor.scripts[f"m{number}"].before_s = 100.0
        await asyncio.sleep(20.0)
        assert stage.worker.delivery.full_s > 10
        assert "hand.full" not in dict(told)
        await asyncio.sleep(70.0)
        assert [event for event, _ in told].count("hand.full") == 1
        assert dict(told)["hand.full"]["held"] == 5
        await asyncio.sleep(300.0)
        assert stage.worker.delivery.full_s == 0
        assert len(stage.vendor.taken) == 10

    on_stage(main)


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_links_are_followed_whatever_the_first_look_raised(odd: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "TRY_AGAIN_S", 0.0)

    async def main() -> None:
        following: Links[MessageLink] = Links(SETTINGS, STATUS_LINKS, MessageLink)
        failures = [odd]

        async def first_fails() -> None:
            if failures:
                raise failures.pop()
            following._caught_up.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(following, "_follow", first_fails)
        following.assign([0])
        await asyncio.wait_for(following.caught_up(), 5)
        await following.close()

    asyncio.run(main())


@pytest.mark.parametrize("odd", [each for each in ODD if isinstance(each, Exception)], ids=repr)
def test_edna_is_asked_again_whatever_the_first_answer_raised(odd: Exception) -> None:
    class Client:
        asked = 0

        async def directory(self) -> Any:
            self.asked += 1
            raise odd

    async def main(_loop: SimulatedLoop) -> None:
        client = Client()
        channels = ChannelsOfEdna(SETTINGS, client)  # type: ignore[arg-type]
        await channels.start()
        await asyncio.sleep(10.0)
        assert client.asked >= 3
        await channels.close()

    simulated(main)


def test_links_are_remembered_as_long_as_their_topic_keeps_them() -> None:
    known = Links(SETTINGS, STATUS_LINKS, MessageLink)._known
    assert known.ttl * 1000 == BY_NAME[STATUS_LINKS].retention_ms
    assert known.maxsize == links.LINKS_REMEMBERED
