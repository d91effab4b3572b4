"""When edna is asked for its channels, and what serves when it does not answer: simulated time, no network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

from bridge.edna.channels import NOTHING_TOLD, Cascade, Directory, Profile, Route
from bridge.errors import TransportError
from bridge.outcome import Outcome, Verdict
from bridge.settings import CASCADE_PATH, Settings
from streams.directory import ChannelsOfEdna
from tests.streams.clockwork import SimulatedLoop, simulated

CHANNEL = Profile("345", "RETAIL_WA", "WHATSAPP", True)
OLD, NEW = (Directory.of([CHANNEL], [Cascade(number, ("345",), True)]) for number in ("1", "2"))


class Edna:
    """Tells what a test says; None: nobody hears it."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop
        self.tells: Directory | None = None
        self.asked_at: list[float] = []

    async def directory(self) -> Directory:
        """See `EdnaClient`."""
        self.asked_at.append(round(self._loop.time() - 1_000.0, 1))
        if self.tells is None:
            raise TransportError("the test says so")
        return self.tells


def on(main: Callable[[ChannelsOfEdna, Edna], Coroutine[Any, Any, None]]) -> None:
    """Run with channels of an edna that tells nothing at first."""

    async def run(loop: SimulatedLoop) -> None:
        edna = Edna(loop)
        settings = Settings(_env_file=None, edna_send_path=CASCADE_PATH, edna_cascade_id="9")
        channels = ChannelsOfEdna(settings, cast(Any, edna))
        try:
            await main(channels, edna)
        finally:
            await channels.close()

    simulated(run)


def cascade_of(channels: ChannelsOfEdna) -> str | None:
    """The cascade of the way to channel 345; None while it waits."""
    route = channels.route("345")
    return route.cascade_id if isinstance(route, Route) else None


def test_nothing_is_guessed_until_edna_answers_and_it_is_asked_every_two_seconds() -> None:
    async def main(channels: ChannelsOfEdna, edna: Edna) -> None:
        await channels.start()
        await asyncio.sleep(5.0)
        refusal = channels.route("345")
        assert isinstance(refusal, Verdict)
        assert refusal.outcome is Outcome.REFUSED
        assert "EDNA_API_KEY" in refusal.remedy
        edna.tells = OLD
        await asyncio.sleep(2.0)
        assert cascade_of(channels) == "1"
        assert edna.asked_at == [0.0, 2.0, 4.0, 6.0]

    on(main)


def test_where_edna_does_not_tell_the_configured_cascade_serves() -> None:
    async def main(channels: ChannelsOfEdna, edna: Edna) -> None:
        edna.tells = NOTHING_TOLD
        await channels.start()
        assert cascade_of(channels) == "9"

    on(main)


def test_edna_is_asked_again_every_ten_minutes_and_soon_when_somebody_doubts() -> None:
    async def main(channels: ChannelsOfEdna, edna: Edna) -> None:
        edna.tells = OLD
        await channels.start()
        await asyncio.sleep(650.0)
        edna.tells = NEW
        for _ in range(100):
            channels.doubt()
        await asyncio.sleep(0.1)
        assert cascade_of(channels) == "2"
        channels.doubt()
        await asyncio.sleep(0.1)
        assert edna.asked_at == [0.0, 602.0, 650.0], "not more often than every two seconds"
        await asyncio.sleep(3.0)
        assert len(edna.asked_at) == 4

    on(main)


def test_a_channel_without_a_way_makes_edna_be_asked() -> None:
    async def main(channels: ChannelsOfEdna, edna: Edna) -> None:
        edna.tells = Directory.of([CHANNEL, Profile("346", "RETAIL_VB", "VIBER", True)], [Cascade("9", ("345",), True)])
        await channels.start()
        await asyncio.sleep(10.0)
        assert isinstance(channels.route("346"), Verdict)
        await asyncio.sleep(0.1)
        assert edna.asked_at == [0.0, 10.0]

    on(main)


def test_what_was_known_serves_on_when_edna_is_silent_or_tells_no_channels_any_more() -> None:
    async def main(channels: ChannelsOfEdna, edna: Edna) -> None:
        edna.tells = OLD
        await channels.start()
        for nothing in (None, NOTHING_TOLD):
            edna.tells = nothing
            channels.doubt()
            await asyncio.sleep(5.0)
            assert cascade_of(channels) == "1"
        assert len(edna.asked_at) == 3

    on(main)
