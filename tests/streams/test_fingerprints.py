"""What is remembered in few bytes is what would be remembered in many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.events import MessageStatus
from streams.delivery.fingerprints import Fingerprints, fingerprint_of
from streams.delivery.progress import Reached

IDS = st.integers(1, 2**64 - 1) | st.integers(1, 40)


@given(st.lists(st.tuples(IDS, st.integers(0, 2**64 - 1)), max_size=400), st.integers(1, 50))
def test_the_newest_are_known_with_their_last_number_and_never_too_many(
    written: list[tuple[int, int]], capacity: int
) -> None:
    known = Fingerprints(capacity, numbers=True)
    for fingerprint, number in written:
        known.put(fingerprint, number)
    last = dict(written)
    newest = list(dict.fromkeys(fingerprint for fingerprint, _ in reversed(written)))[:capacity]
    assert all(known.get(fingerprint) == last[fingerprint] for fingerprint in newest)
    assert len(known) <= 2 * capacity
    assert all(last[fingerprint] == number for fingerprint, number in known.items())


@given(st.sets(IDS, max_size=2_000), st.sets(IDS, max_size=200))
def test_within_its_capacity_it_is_a_set(ids: set[int], others: set[int]) -> None:
    known = Fingerprints(2_000)
    for each in ids:
        known.put(each)
    assert set(known) == ids
    assert all(known.get(each) is None for each in others - ids)


def test_parts_are_not_run_together() -> None:
    assert fingerprint_of("ab", "c") != fingerprint_of("a", "bc") != fingerprint_of("abc")


@given(st.sampled_from(MessageStatus), st.text(max_size=40), st.none() | st.text(max_size=40))
def test_what_was_reached_is_a_number_and_back(status: MessageStatus, request_id: str, stage: str | None) -> None:
    reached = Reached.of(status, request_id, stage)
    assert reached.number < 2**64
    assert Reached.from_number(reached.number) == reached
