"""`python -m ops`: the `edna-amocrm` command where it is not installed."""

from ops.command import run

run()
