"""Splitting a text: every part fits, nothing but white space between parts is lost, no sign is torn."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.edna.splitting import distinct, split

SIGNS = st.sampled_from(["a", "ы", " ", "  ", "\n", "é", "👍🏽", "👩‍👩‍👧", "🇷🇺", "е\u0301", "слово ", "❤️"])
TEXTS = st.one_of(st.text(max_size=300), st.lists(SIGNS, max_size=120).map("".join))


def without_space(text: str) -> str:
    return "".join(text.split())


@given(TEXTS, st.integers(1, 60))
def test_parts_fit_and_hold_all_that_was_said_in_order(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(0 < len(part) <= limit for part in parts)
    assert without_space("".join(parts)) == without_space(text)
    assert all(part in text for part in parts), "inside a part nothing is changed"
    assert parts == split(text, limit)


@given(st.lists(st.text("абв", min_size=1, max_size=10), min_size=1, max_size=60), st.integers(20, 60))
def test_words_shorter_than_half_a_part_are_never_torn(words: list[str], limit: int) -> None:
    assert [word for part in split(" ".join(words), limit) for word in part.split()] == words


@pytest.mark.parametrize("sign", ["👍🏽", "👩‍👩‍👧", "🇷🇺", "е\u0301", "❤️"])
@given(before=st.integers(0, 9))
def test_no_sign_is_torn_apart(sign: str, before: int) -> None:
    parts = split("x" * before + sign * 20, 10)
    assert [len(part) % len(sign) for part in parts[1:]] == [0] * (len(parts) - 1)
    assert (len(parts[0]) - before) % len(sign) == 0


@given(TEXTS, st.integers(20, 60))
def test_parts_that_edna_would_take_for_repeats_are_told_apart_by_their_numbers(text: str, limit: int) -> None:
    parts = distinct(text, limit)
    assume(len(parts) <= 9)
    assert all(0 < len(part) <= limit for part in parts)
    assert len(set(parts)) == len(parts)
    if len(set(split(text, limit))) == len(split(text, limit)):
        assert parts == split(text, limit), "without need nothing is added"


def test_a_line_that_ends_late_enough_ends_the_part() -> None:
    assert split("первая строка\nвторая строка", 20) == ["первая строка", "вторая строка"]
    assert split("а\nвторая строка и третья", 20) == ["а\nвторая строка и", "третья"]
    assert split(" \n ", 5) == []
