"""`docs/coverage.md`: every type of both vendors, what it becomes, and the test that proves it.

The rows are the parameters of the tests themselves, named by a marker that stands on the test:

    @pytest.mark.row("client → operator", "edna Pulse", "{kind}", "{expected}")

Each argument is a text; what stands in braces is a parameter of the test, or a part of one (`{row.name}`).
"""
