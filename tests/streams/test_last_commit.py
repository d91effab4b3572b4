"""What is finished is committed when a partition goes, whoever's turn it is: none of it is done again (I3, I6)."""

from __future__ import annotations

import asyncio

import pytest

from streams.delivery import delivery
from tests.streams.test_caps import Hand, in_hand


@pytest.mark.parametrize("how", ["revoked", "stopped"])
def test_the_tracker_s_offsets_are_committed_as_the_partition_goes(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "COMMIT_EVERY_S", 1e6)

    async def main(hand: Hand) -> None:
        hand.accept("stuck", "a", partition=1, stuck=True)
        for number in range(3):
            hand.accept(f"m{number}", f"c{number}")
            hand.accept(f"n{number}", f"d{number}", partition=1)
        await asyncio.sleep(2.0)
        assert hand.log.committed == {}, "nobody's turn has come"
        await (hand.worker.delivery.revoke() if how == "revoked" else hand.worker.delivery.stop())
        assert hand.log.committed == {0: 3}, "of the other one the first is not finished"

    in_hand(main)
