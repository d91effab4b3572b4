"""Collapsed stacks, as py-spy writes them, read into tables of who spends the time. Pure.

A line is `outermost;…;innermost COUNT`, a frame is `function (file)`. Own time is that of the innermost frame; the
whole time of a function counts each stack once, however often the function stands in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

FRAME = re.compile(r"^(?P<function>.+) \((?P<file>[^()]*?)(?::\d+)?\)$")
THREAD = re.compile(r"^thread \((\d+)\)")
LIBRARY = re.compile(r".*/(?:site-packages|lib/python[\d.]+)/")
MODULE_DEPTH = 2  # of a library, so much of its path makes a row of the table by module


@dataclass(slots=True)
class Profile:
    """Samples by function and by module, of `total`."""

    total: int = 0
    own: Counter[str] = field(default_factory=Counter)
    whole: Counter[str] = field(default_factory=Counter)
    own_by_module: Counter[str] = field(default_factory=Counter)
    whole_by_module: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, lines: Iterable[str], root: str = "", idle: frozenset[int] = frozenset()) -> Profile:
        """The profile of collapsed stacks; paths below `root` are told relative to it.

        `idle` are the numbers of threads that used no CPU: py-spy takes one that waits inside a C loop for a busy one.
        """
        made = cls()
        for line in lines:
            stack, _, count = line.strip().rpartition(" ")
            thread = THREAD.match(stack)
            if thread is not None and int(thread[1]) in idle:
                continue
            frames = [named for frame in stack.split(";") if (named := function_of(frame, root)) is not None]
            if frames and count.isdigit():
                made._add(frames, int(count))
        return made

    def _add(self, frames: list[tuple[str, str]], count: int) -> None:
        self.total += count
        function, module = frames[-1]
        self.own[f"{module}:{function}"] += count
        self.own_by_module[area_of(module)] += count
        for name in {f"{module}:{function}" for function, module in frames}:
            self.whole[name] += count
        for name in {area_of(module) for _, module in frames}:
            self.whole_by_module[name] += count


def function_of(frame: str, root: str = "") -> tuple[str, str] | None:
    """The function of a frame and its module's path; None for what is no function (a thread's or process's name)."""
    match = FRAME.match(frame)
    if match is None:
        return None
    path = match["file"]
    if root and path.startswith(root) and "/site-packages/" not in path:
        path = path[len(root) :].lstrip("/")
    return match["function"], LIBRARY.sub("", path)


def area_of(module: str) -> str:
    """The part of the program that a module belongs to: `aiokafka/producer`, `streams/delivery`, `json`."""
    parts = module.split("/")
    return "/".join(parts[:MODULE_DEPTH]) if len(parts) > MODULE_DEPTH else module.removesuffix(".py")
