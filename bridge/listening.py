"""Why a port could not be listened on, as a fault of the configuration: with the variable to change."""

from __future__ import annotations

import errno

from bridge.errors import ConfigurationError


def cannot_listen(error: OSError, host: str, port: int, variable: str) -> ConfigurationError:
    """The error to raise for the system's. `variable` is where the port comes from, `host` is LISTEN_HOST."""
    if error.errno == errno.EADDRINUSE:
        return ConfigurationError(
            f"{variable}={port} is taken: stop the other process or set another port (0 = a free one)"
        )
    if error.errno == errno.EACCES:
        return ConfigurationError(f"{variable}={port} is for administrators alone: set another port, above 1023")
    why = error.strerror or str(error)
    return ConfigurationError(
        f"LISTEN_HOST={host}: cannot listen there on port {port} ({why}): set a name or an address of this machine, "
        "127.0.0.1 for itself alone or 0.0.0.0 for others as well"
    )
