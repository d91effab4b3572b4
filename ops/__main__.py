"""`python -m ops`: the `edna-amocrm` command where it is not installed."""

import sys

try:
    from ops.command import run

    run()
except KeyboardInterrupt:  # while its modules are still being loaded
    sys.exit(130)
