"""`python -m sandbox.container COMMAND…`: a part in a container, on the sandbox's fakes where nobody gave credentials.

Promises: with all credentials, or without the sandbox, COMMAND runs as if it had been named directly; it keeps this
process's id, so that signals reach it.
"""

from __future__ import annotations

import os
import socket
import sys

from bridge.errors import EXIT_CONFIGURATION
from bridge.settings import Settings, load_settings_or_exit
from sandbox.credentials import fakes_environment, missing_credentials


def fakes_for(settings: Settings) -> dict[str, str]:
    """What to add to the environment: the sandbox's credentials, hosts and topics, or nothing.

    May wait for a name server.
    """
    host = settings.sandbox_host
    if not host or not missing_credentials(settings) or not is_found(host):
        return {}
    return fakes_environment(settings, host)


def is_found(host: str) -> bool:
    """Whether a host's name has an address, here and now."""
    # The dot at the end of a single word keeps the network's search domain from answering for it.
    name = host if "." in host or ":" in host else f"{host}."
    try:
        return bool(socket.getaddrinfo(name, None))
    except OSError:
        return False


def main(command: list[str]) -> None:
    """Become the command. Exit 78 when there is none, when it is not found, or when a variable is wrong."""
    if not command:
        say("usage: python -m sandbox.container COMMAND…")
        sys.exit(EXIT_CONFIGURATION)
    settings = load_settings_or_exit()
    fakes = fakes_for(settings)
    if fakes:
        say(
            f"edna-amocrm: {', '.join(missing_credentials(settings))} not set: FAKES of edna and amojo on host "
            f"{settings.sandbox_host} take the vendors' place; nothing reaches a real client or operator"
        )
    try:
        os.execvpe(command[0], command, {**os.environ, **fakes})  # noqa: S606 - compose names the command
    except OSError as error:
        say(f"edna-amocrm: {command[0]}: {error.strerror}")
        sys.exit(EXIT_CONFIGURATION)


def say(line: str) -> None:
    """One line for who reads the container's log."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - logging is the part's, not ours


if __name__ == "__main__":
    main(sys.argv[1:])
