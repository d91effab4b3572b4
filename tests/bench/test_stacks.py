"""Reading profiles: own time is the innermost frame's, whole time counts a stack once."""

from __future__ import annotations

import pytest

from tests.bench.stacks import Profile, area_of, function_of

MAIN = "thread (7): MainThread;main (/repo/streams/__main__.py:18)"
CARRY = "carry (/repo/streams/delivery/courier.py:64)"
STACKS = [
    f"{MAIN};{CARRY};dumps (/usr/lib/python3.11/json/__init__.py:183) 6",
    f"{MAIN};{CARRY};{CARRY} 3",
    f"{MAIN} 1",
    "thread (9): Waiting;run (/repo/.venv/lib/python3.11/site-packages/mode/threads.py:1) 90",
]


def test_own_time_is_that_of_the_innermost_frame() -> None:
    profile = Profile.of(STACKS, "/repo", frozenset({9}))
    assert profile.total == 10
    assert profile.own == {
        "json/__init__.py:dumps": 6,
        "streams/delivery/courier.py:carry": 3,
        "streams/__main__.py:main": 1,
    }


def test_whole_time_counts_a_stack_once_however_deep_a_function_calls_itself() -> None:
    profile = Profile.of(STACKS, "/repo", frozenset({9}))
    assert profile.whole["streams/delivery/courier.py:carry"] == 9
    assert profile.whole["streams/__main__.py:main"] == 10


def test_a_thread_that_waits_is_left_out_only_when_it_is_named() -> None:
    assert Profile.of(STACKS, "/repo").own["mode/threads.py:run"] == 90


def test_modules_are_summed_by_their_area() -> None:
    assert Profile.of(STACKS, "/repo", frozenset({9})).own_by_module == {
        "json/__init__": 6,
        "streams/delivery": 3,
        "streams/__main__": 1,
    }


@pytest.mark.parametrize(
    ("frame", "named"),
    [
        ("f (/repo/a/b.py:3)", ("f", "a/b.py")),
        ("C.<locals>.g (/lib/python3.11/site-packages/aiohttp/client.py)", ("C.<locals>.g", "aiohttp/client.py")),
        ("_run_code (<frozen runpy>:65)", ("_run_code", "<frozen runpy>")),
        ("thread (7): MainThread", None),
    ],
)
def test_a_frame_is_a_function_and_its_module(frame: str, named: tuple[str, str] | None) -> None:
    assert function_of(frame, "/repo") == named


def test_a_module_deep_in_a_package_belongs_to_its_area() -> None:
    assert (area_of("aiokafka/producer/sender.py"), area_of("aiohttp/client.py")) == (
        "aiokafka/producer",
        "aiohttp/client",
    )
