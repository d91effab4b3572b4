"""A fake edna Pulse, strict where edna is (edna.md §2, §4-6, §12)."""

from sandbox.edna.config import EdnaConfig
from sandbox.edna.server import EdnaFake

__all__ = ["EdnaConfig", "EdnaFake"]
