"""The machine under the figures, in words."""

from __future__ import annotations

import datetime
import os
import platform
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("aiohttp", "aiokafka", "faust-streaming", "uvloop", "pydantic")
GIB = 1024**3
BUSY_ABOVE = 0.5  # of the load average, by core: somebody else is at work


def facts(broker: str) -> dict[str, str]:
    """What a reader needs to judge the figures; to be asked before anything runs."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return {
        "CPU": f"{cpu_model()}, {len(os.sched_getaffinity(0))} cores, shared by the side, the vendor and Kafka",
        "Memory": f"{memory:.0f} GB",
        "System": f"{platform.system()} {platform.release().partition('-')[0]}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "Packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "Broker": broker,
        "Date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Load average before the start": load + (" (**busy: these figures are worth little**)" if busy() else ""),
    }


def busy() -> bool:
    """Whether others work on this machine now, so that figures of it would be theirs as well."""
    return os.getloadavg()[0] > BUSY_ABOVE * len(os.sched_getaffinity(0))


def cpu_model(path: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name, or its architecture where the system does not tell."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
