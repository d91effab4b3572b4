"""A port that cannot be listened on names the variable that is wrong, and what to set instead."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from bridge.errors import ConfigurationError
from bridge.listening import cannot_listen
from streams.health import HealthServer


def server(host: str, port: int) -> HealthServer:
    return HealthServer(host, port, "INBOUND_PORT", lambda: (True, {}), lambda: None)


@pytest.mark.parametrize("host", ["nope.invalid", "192.0.2.1"])
async def test_a_host_that_is_not_of_this_machine_is_listen_host_and_not_the_port(host: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        await server(host, 0).start()
    assert str(caught.value).startswith(f"LISTEN_HOST={host}: cannot listen")
    assert "set a name or an address of this machine" in str(caught.value)
    assert "INBOUND_PORT" not in str(caught.value)


async def test_a_port_that_is_taken_is_the_port_of_the_direction() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"^INBOUND_PORT={port} is taken: "):
            await server("127.0.0.1", port).start()


def test_a_port_below_1024_without_the_right_to_it_is_the_port() -> None:
    error = OSError(errno.EACCES, os.strerror(errno.EACCES))
    assert str(cannot_listen(error, "127.0.0.1", 80, "GATEWAY_PORT")).startswith("GATEWAY_PORT=80 ")
