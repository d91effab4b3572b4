"""When `make run` opens the page by itself."""

from __future__ import annotations

import pytest

from sandbox.browser import somebody_looks


@pytest.mark.parametrize(
    ("environment", "terminal", "platform", "looks"),
    [
        ({"DISPLAY": ":0"}, True, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True, "linux", True),
        ({}, True, "darwin", True),
        ({}, True, "linux", False),
        ({"DISPLAY": ":0"}, False, "linux", False),
        ({"DISPLAY": ":0", "CI": "true"}, True, "linux", False),
        ({"DISPLAY": "localhost:10", "SSH_CONNECTION": "1.2.3.4"}, True, "linux", False),
    ],
)
def test_the_page_is_opened_only_where_somebody_looks(
    environment: dict[str, str], terminal: bool, platform: str, looks: bool
) -> None:
    assert somebody_looks(environment, terminal, platform) is looks
