"""Every guard of the promises, broken once, and the tests that must notice: data for the runner."""

from __future__ import annotations

from tests.mutants import of_amojo, of_delivery, of_edna, of_gateway, of_trouble

MUTANTS = (*of_delivery.MUTANTS, *of_trouble.MUTANTS, *of_gateway.MUTANTS, *of_edna.MUTANTS, *of_amojo.MUTANTS)
