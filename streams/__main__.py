"""`python -m streams inbound|outbound|status`: one agent as a process.

The same app runs under Faust's own command: `faust -A streams.inbound worker -l info --without-web`.
"""

from __future__ import annotations

import asyncio
import importlib
import sys

import uvloop

from bridge.errors import EXIT_CONFIGURATION
from bridge.topics import DIRECTIONS


def main() -> None:
    """Run the direction that the command line names, until SIGTERM or SIGINT."""
    if len(sys.argv) != 2 or sys.argv[1] not in DIRECTIONS:
        print(f"usage: python -m streams {'|'.join(DIRECTIONS)}", file=sys.stderr)  # noqa: T201 - for a person
        sys.exit(EXIT_CONFIGURATION)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    asyncio.set_event_loop(asyncio.new_event_loop())
    app = importlib.import_module(f"streams.{sys.argv[1]}").app
    worker = app.Worker(quiet=True, override_logging=False, redirect_stdouts=False)
    worker.spinner = None  # it writes control characters where logs go
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
