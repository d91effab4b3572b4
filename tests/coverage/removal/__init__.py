"""`python -m tests.coverage.removal`: whether each row of `docs/coverage.md` fails when its mapping is taken away.

Tests that pass show that a mapping works; only a mapping that is gone shows that they would tell. Everything that the
bridge knows of types, statuses and forms is found by itself, taken away one at a time in a child process, and the tests
of all rows are run without it. Asked in both directions: an entry of a table that no row misses is not tested, and a
row that fails only when half of the page fails with it proves nothing of its own.
"""
