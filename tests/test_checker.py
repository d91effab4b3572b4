"""The checker against histories: each broken promise is reported, by name and alone; sound ones are not."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checker import Accepted, Arrived, Report, Status, check

STEP_MS = 10


def written(count: int = 3, conversation: str = "anna", direction: str = "inbound") -> list[Accepted]:
    """`count` messages of a conversation, accepted one after another."""
    return [
        Accepted(
            direction="inbound" if direction == "inbound" else "outbound",
            conversation=conversation,
            id=f"{conversation}-{direction}-{number}",
            sequence=number,
            at=number,
            text=f"{direction} {conversation} {number}",
            recipient=conversation,
        )
        for number in range(count)
    ]


def call(message: Accepted, start: int = 0, *, ms: int = STEP_MS) -> Arrived:
    """The call that delivers a message, begun at `start`."""
    return Arrived(
        direction=message.direction,
        conversation=message.conversation,
        id=message.id,
        outcome="new",
        started_ms=start,
        at_ms=start + ms,
        text=message.text,
        recipient=message.recipient,
    )


def in_turn(messages: list[Accepted]) -> list[Arrived]:
    """Calls one after another, in this order."""
    return [call(message, STEP_MS * place) for place, message in enumerate(messages)]


def only(report: Report, kind: str) -> list[str]:
    """What was found of a kind, after making sure that nothing else was."""
    assert all(each.startswith(f"{kind}: ") for each in report.violations), str(report)
    found: list[str] = getattr(report, kind)
    return found


def test_a_sound_history_has_no_violation() -> None:
    messages = written()
    report = check(messages, in_turn(messages))
    assert report.violations == []
    assert (report.accepted, report.arrived, report.repeated) == (3, 3, 0)


def test_a_message_that_never_arrived_is_lost() -> None:
    messages = written()
    report = check(messages, in_turn([messages[0], messages[2]]))
    assert only(report, "lost") == ["inbound anna-inbound-1"]


def test_a_message_that_was_only_ever_refused_is_lost() -> None:
    messages = written(1)
    assert only(check(messages, [replace(call(messages[0]), outcome="refused")]), "lost") == ["inbound anna-inbound-0"]


def test_the_other_directions_delivery_does_not_hide_a_loss() -> None:
    message = written(1)[0]
    elsewhere = replace(message, direction="outbound")
    assert only(check([message, elsewhere], [call(elsewhere)]), "lost") == ["inbound anna-inbound-0"]


def test_what_was_set_aside_is_not_lost() -> None:
    messages = written()
    assert check(messages, in_turn(messages[1:]), set_aside={messages[0].id}).violations == []


def test_a_dead_letter_that_is_replayed_later_is_out_of_the_order() -> None:
    first, second, third = written()
    history = in_turn([second, third, first])
    assert check([first, second, third], history, set_aside={first.id}).violations == []


def test_what_was_never_answered_may_arrive_at_any_place_or_not_at_all() -> None:
    first, second, third = written()
    unanswered = replace(first, confirmed=False)
    assert check([unanswered, second, third], in_turn([second, third])).violations == []
    assert check([unanswered, second, third], in_turn([second, third, first])).violations == []


def test_a_message_taken_as_new_twice_is_seen_twice() -> None:
    messages = written(2)
    report = check(messages, in_turn([messages[0], messages[1], messages[0]]))
    assert only(report, "seen_twice") == ["inbound anna-inbound-0"]
    assert report.repeats == {"inbound anna-inbound-0": 1}


def test_the_same_words_under_two_ids_are_seen_twice() -> None:
    messages = written(1)
    again = replace(call(messages[0], STEP_MS), id="another-id")
    report = check(messages, [call(messages[0]), again])
    assert [name for name in report.seen_twice if "another-id" in name]
    assert report.unexpected == ["inbound another-id"]


def test_the_same_words_written_twice_are_two_messages() -> None:
    messages = [replace(message, text="ok") for message in written(2)]
    assert check(messages, in_turn(messages)).violations == []


def test_a_form_without_ids_is_matched_by_its_text() -> None:
    messages = written(2)
    nameless = [replace(each, id="") for each in in_turn(messages)]
    assert check(messages, nameless).violations == []
    twice = [*nameless, replace(nameless[1], started_ms=50, at_ms=60)]
    assert only(check(messages, twice), "seen_twice") == ["inbound anna-inbound-1"]
    assert only(check(messages, nameless[1:]), "lost") == ["inbound anna-inbound-0"]


def test_a_first_delivery_after_a_newer_one_is_out_of_order() -> None:
    first, second, third = written()
    assert only(check([first, second, third], in_turn([first, third, second])), "out_of_order") == [
        "inbound anna-inbound-1"
    ]


def test_the_order_is_by_the_start_of_the_calls_whatever_the_order_of_the_list() -> None:
    messages = written()
    assert check(messages, in_turn(messages)[::-1]).violations == []


def test_a_repeat_after_a_newer_message_is_counted_and_no_violation() -> None:
    first, second, _ = written()
    repeat = replace(call(first, 2 * STEP_MS), outcome="duplicate")
    report = check([first, second], [*in_turn([first, second]), repeat])
    assert report.violations == []
    assert report.repeats == {"inbound anna-inbound-0": 1}


def test_a_retry_after_a_refusal_takes_its_place_in_the_order_when_it_is_taken() -> None:
    first, second, _ = written()
    refused = replace(call(first), outcome="refused")
    late = [refused, call(second, STEP_MS), call(first, 2 * STEP_MS)]
    assert only(check([first, second], late), "out_of_order") == ["inbound anna-inbound-0"]
    in_time = [refused, call(first, STEP_MS), call(second, 2 * STEP_MS)]
    assert check([first, second], in_time).violations == []


def test_a_vendors_own_repeat_of_a_webhook_is_one_message_at_its_first_place() -> None:
    first, second, _ = written()
    again = replace(first, sequence=9)
    report = check([first, second, again], in_turn([first, second]))
    assert report.violations == []
    assert report.accepted == 2


def test_two_calls_of_one_conversation_at_once_overlap() -> None:
    first, second, _ = written()
    at_once = [call(first, 0), call(second, STEP_MS - 1)]
    assert only(check([first, second], at_once), "overlapping") == ["inbound anna-inbound-1"]


def test_a_call_within_a_long_one_overlaps_though_a_shorter_one_came_between() -> None:
    first, second, third = written()
    calls = [call(first, 0, ms=100), call(second, 10, ms=5), call(third, 50, ms=5)]
    assert len(only(check([first, second, third], calls), "overlapping")) == 2


def test_the_two_directions_of_a_conversation_do_not_overlap() -> None:
    there, back = written(1)[0], written(1, direction="outbound")[0]
    assert check([there, back], [call(there), call(back)]).violations == []


def test_calls_at_once_are_counted_per_direction() -> None:
    messages = [written(1, name)[0] for name in ("anna", "boris", "vera")]
    report = check(messages, [call(messages[0], 0), call(messages[1], 5), call(messages[2], 10)])
    assert report.max_in_flight == {"inbound": 2}


def test_a_changed_text_is_reported() -> None:
    message = written(1)[0]
    assert check([message], [replace(call(message), text="?")]).changed == ["inbound anna-inbound-0 (text)"]


def test_a_message_at_another_recipient_is_reported() -> None:
    message = written(1)[0]
    assert only(check([message], [replace(call(message), recipient="boris")]), "changed") == [
        "inbound anna-inbound-0 (recipient)"
    ]


def test_a_message_that_nobody_wrote_is_unexpected() -> None:
    message = written(1)[0]
    assert only(check([], [call(message)]), "unexpected") == ["inbound anna-inbound-0"]


@pytest.mark.parametrize(
    ("told", "broken"),
    [
        (["delivered", "read"], False),
        (["read"], False),
        (["delivered", "delivered"], False),
        (["failed", "delivered"], False),
        (["read", "delivered"], True),
        (["delivered", "failed"], True),
        (["read", "failed"], True),
    ],
)
def test_statuses_only_move_forward(told: list[str], broken: bool) -> None:
    report = check([], [], told=[Status("m", name, place) for place, name in enumerate(told)])
    assert bool(only(report, "status_regressions")) is broken


def test_a_refused_status_call_tells_nobody_anything() -> None:
    calls = [Status("m", "read", 1, "refused"), Status("m", "delivered", 2)]
    assert check([], [], told=calls).violations == []
    calls = [Status("m", "read", 1), Status("m", "delivered", 2, "refused")]
    assert check([], [], told=calls).violations == []


def test_a_status_that_was_never_told_is_lost() -> None:
    statuses = [Status("m", name, place) for place, name in enumerate(("sent", "delivered", "read"))]
    report = check([], [], statuses=statuses, told=[Status("m", "delivered", 9)])
    assert only(report, "lost") == ["status m read"]


def test_a_status_that_a_further_one_overtook_is_not_lost() -> None:
    statuses = [Status("m", "delivered", 1), Status("m", "read", 2)]
    assert check([], [], statuses=statuses, told=[Status("m", "read", 9)]).violations == []


def test_the_table_names_what_broke_and_how_often() -> None:
    messages = written(30)
    table = str(check(messages, []))
    assert "lost                30: inbound anna-inbound-0; " in table
    assert "… and 20 more" in table


ORDERS = st.integers(2, 8).flatmap(lambda count: st.permutations(range(count)))


@given(ORDERS)
def test_any_other_order_within_a_conversation_is_reported(order: list[int]) -> None:
    messages = written(len(order))
    report = check(messages, in_turn([messages[place] for place in order]))
    assert bool(only(report, "out_of_order")) is (order != sorted(order))


@given(st.lists(st.integers(0, 6), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_any_interleaving_of_conversations_is_sound(sizes: list[int], dice: random.Random) -> None:
    waiting = [written(size, f"client-{number}") for number, size in enumerate(sizes)]
    accepted = [message for conversation in waiting for message in conversation]
    order: list[Accepted] = []
    while any(waiting):
        order.append(dice.choice([one for one in waiting if one]).pop(0))
    assert check(accepted, in_turn(order)).violations == []


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_exactly_what_is_missing_is_lost_and_exactly_what_came_again_is_seen_twice(
    missing: set[int], again: set[int]
) -> None:
    messages = written(10)
    there = [message for place, message in enumerate(messages) if place not in missing]
    more = [messages[place] for place in sorted(again - missing)]
    report = check(messages, in_turn([*there, *more]))
    assert report.lost == [f"inbound {messages[place].id}" for place in sorted(missing)]
    assert report.seen_twice == [f"inbound {message.id}" for message in more]
