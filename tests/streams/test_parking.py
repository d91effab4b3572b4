"""A channel is parked when most of its messages die, of many people, lately; else it is not."""

from __future__ import annotations

from streams.delivery.parking import CONVERSATIONS, WINDOW_S, Parking
from tests.streams.clockwork import Clock


def die(parking: Parking, count: int, conversations: int = CONVERSATIONS) -> bool:
    return [parking.died(f"c{number % conversations}") for number in range(count)][-1]


def test_it_parks_with_the_twentieth_conversation_and_not_before() -> None:
    parking = Parking(Clock())
    assert not die(parking, CONVERSATIONS - 1)
    assert die(parking, CONVERSATIONS)


def test_many_deaths_of_few_people_are_their_own_trouble() -> None:
    assert not die(Parking(Clock()), 1_000, CONVERSATIONS - 1)


def test_half_of_all_may_die_but_not_more() -> None:
    parking = Parking(Clock())
    for _ in range(CONVERSATIONS):
        parking.delivered()
    assert not die(parking, CONVERSATIONS)
    assert parking.died("c0")


def test_what_is_older_than_the_window_does_not_count() -> None:
    clock = Clock()
    parking = Parking(clock)
    die(parking, CONVERSATIONS - 1)
    clock.pass_s(WINDOW_S + 1)
    assert not parking.died("the twentieth")
    clock.pass_s(WINDOW_S - 1)
    assert die(parking, CONVERSATIONS), "within the window, spread over it, all count"


def test_a_success_long_ago_does_not_excuse_deaths_of_now() -> None:
    clock = Clock()
    parking = Parking(clock)
    for _ in range(1_000):
        parking.delivered()
    clock.pass_s(WINDOW_S + 1)
    assert die(parking, CONVERSATIONS)


def test_after_it_was_parked_all_begins_anew() -> None:
    parking = Parking(Clock())
    assert die(parking, CONVERSATIONS)
    parking.forget()
    assert not die(parking, CONVERSATIONS - 1)
