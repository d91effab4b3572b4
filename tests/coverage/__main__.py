"""`python -m tests.coverage`: write `docs/coverage.md` anew."""

from __future__ import annotations

from tests.coverage.page import page
from tests.coverage.rows import ROOT, all_rows

PAGE = ROOT / "docs" / "coverage.md"

if __name__ == "__main__":
    PAGE.write_text(page(all_rows()))
