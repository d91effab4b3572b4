"""The two-sided chat page: a client's phone and an operator's card, with everything between them visible.

The page only shows and asks: messages are written at the fakes, and appear on the other side when the other vendor's
fake has really received them.
"""

from sandbox.page.server import Page, PageTargets

__all__ = ["Page", "PageTargets"]
