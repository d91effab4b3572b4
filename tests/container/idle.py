"""`python -m tests.container.idle`: what each process costs while nothing happens.

    python -m tests.container.idle --project edna-amocrm    a compose project's containers (the engine on this Linux)
    python -m tests.container.idle --parent PID             `make run` of this process id, and what it has started

Prints a table: MB of resident and of proportional memory, % of one core over the whole time. For containers the last
column counts the container as a whole, with its health checks.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
# Where a container's CPU time stands, which word of it, and how many of it are a second: cgroup v2, v1.
CGROUP_USAGE = (
    ("/sys/fs/cgroup/cpu.stat", 1, 1e6),
    ("/sys/fs/cgroup/cpuacct/cpuacct.usage", 0, 1e9),
)


@dataclass(frozen=True, slots=True)
class Watched:
    """A process, and how to ask for the CPU seconds of all that its container ran."""

    name: str
    pid: int
    container_cpu_s: Callable[[], float] | None = None


def of_project(project: str) -> list[Watched]:
    """The running containers of a project."""
    ids = _said("docker", "ps", "-q", "--filter", f"label=com.docker.compose.project={project}").split()
    form = "{{.State.Pid}} {{.Name}}"
    found = []
    for one in ids:
        pid, name = _said("docker", "inspect", "--format", form, one).split()
        found.append(Watched(name.strip("/"), int(pid), lambda one=one: _container_cpu_s(one)))  # type: ignore[misc]
    return sorted(found, key=lambda watched: watched.name)


def of_parent(parent: int) -> list[Watched]:
    """A process and its children, named by their last arguments."""
    children = [int(pid) for pid in _said("ps", "-o", "pid=", "--ppid", str(parent)).split()]
    return [Watched(_command(pid), pid) for pid in (parent, *children) if Path(f"/proc/{pid}/cmdline").exists()]


def cpu_s(pid: int) -> float:
    """The CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid: int, kind: str) -> float:
    """Rss or Pss of a process."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"{kind} of process {pid} is not told")


def measure(watched: list[Watched], seconds: float) -> list[str]:
    """A line of a Markdown table for each process."""
    before = [(cpu_s(one.pid), one.container_cpu_s() if one.container_cpu_s else 0.0) for one in watched]
    started = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - started
    lines = []
    for one, (own, whole) in zip(watched, before, strict=True):
        share = 100 * (cpu_s(one.pid) - own) / took
        container = f"{100 * (one.container_cpu_s() - whole) / took:.1f}" if one.container_cpu_s else "–"
        rss, pss = memory_mb(one.pid, "Rss"), memory_mb(one.pid, "Pss")
        lines.append(f"| {one.name} | {rss:.0f} | {pss:.0f} | {share:.1f} | {container} |")
    return lines


def _container_cpu_s(container: str) -> float:
    for file, word, a_second in CGROUP_USAGE:
        done = subprocess.run(("docker", "exec", container, "cat", file), capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return int(done.stdout.split()[word]) / a_second
    raise ValueError(f"container {container} tells no CPU time")


def _command(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_text().strip("\0").split("\0")
    return " ".join(words[-2:]) if "-m" in words else Path(words[0]).name


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.container.idle", description="The cost of doing nothing")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--project", help="of compose")
    which.add_argument("--parent", type=int, help="the process id of `make run`")
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    watched = of_project(given.project) if given.project else of_parent(given.parent)
    print("| process | RSS, MB | PSS, MB | CPU, % | container's CPU, % |\n|---|---|---|---|---|")  # noqa: T201 - the answer
    print("\n".join(measure(watched, given.seconds)))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
