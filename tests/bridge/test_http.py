"""A URL as it is asked for: parsed once, and what is none is the error that every caller knows."""

from __future__ import annotations

import pytest

from bridge.errors import TransportError
from bridge.http import parsed


@pytest.mark.parametrize("url", ["http://host:port/x", "http://[::1/x", "http://host:99999/x"])
def test_what_is_no_url_is_a_transport_error_that_does_not_show_it(url: str) -> None:
    with pytest.raises(TransportError) as caught:
        parsed(url)
    assert url not in str(caught.value)


def test_a_url_stays_as_it_is_written() -> None:
    assert str(parsed("http://host/%2f?a=%20b")) == "http://host/%2f?a=%20b"
