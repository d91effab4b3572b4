"""A fake amojo (amoCRM chats), strict where amojo is (amojo.md §1-6, §10)."""

from sandbox.amojo.config import AmojoConfig
from sandbox.amojo.server import AmojoFake

__all__ = ["AmojoConfig", "AmojoFake"]
