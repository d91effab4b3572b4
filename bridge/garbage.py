"""How often Python looks for garbage in cycles.

What a process makes at start lives until its end, and each message makes dozens of objects that reference counting
frees at once. Python's defaults look through all of it every few thousand objects, a quarter of an agent's own work;
after this only what was made since is looked through, and more seldom. Memory stays flat all the same: cycles are still
found (I7).
"""

from __future__ import annotations

import gc

THRESHOLDS = (20_000, 20, 20)  # new objects, then collections of each generation before the next one is looked through


def settle() -> None:
    """Take what is there for permanent. To be called once, at the end of a start."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
