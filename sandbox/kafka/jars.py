"""Kafka's jars: resolved by their Maven coordinates once, checked against the committed list, kept in a cache.

Later starts use no network: a cache in which every listed jar has the size and time of its last check is taken as it
is.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bridge.errors import ConfigurationError

KAFKA_VERSION = "4.3.1"
COORDINATES = (f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4")
LIST = Path(__file__).with_name("jars.sha256")
STAMP = "checked.json"


def cache_dir() -> Path:
    """Where the jars stay between starts: under XDG_CACHE_HOME, else ~/.cache."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "edna-amocrm" / f"kafka-{KAFKA_VERSION}"


def classpath(folder: Path | None = None) -> str:
    """The classpath of a broker; fetches the jars first when they are not there.

    Raises ConfigurationError that names a jar whose content is not the committed one, or what kept them from coming.
    """
    folder = folder or cache_dir()
    listed = committed()
    if not _checked_before(folder, listed):
        with _alone_in(folder):
            if not all((folder / name).is_file() for name in listed):
                _fetch(folder, listed)
            check(folder, listed)
            stamp = {name: _signature(folder / name, digest) for name, digest in listed.items()}
            (folder / STAMP).write_text(json.dumps(stamp))
    return os.pathsep.join(str(folder / name) for name in listed)


def committed() -> dict[str, str]:
    """Name and SHA-256 of each jar, as `sha256sum` prints them."""
    lines = (line.split() for line in LIST.read_text().splitlines() if line)
    return {name: digest for digest, name in lines}


def check(folder: Path, listed: dict[str, str]) -> None:
    """Hold every jar against the list. Raises ConfigurationError that names the first that differs."""
    for name, digest in listed.items():
        path = folder / name
        if not path.is_file():
            raise ConfigurationError(f"{name} is missing in {folder}: remove that folder and start again")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise ConfigurationError(f"{name} in {folder} is not the committed one: remove that folder and start again")


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Two first starts at once: the second waits for the first, and then finds everything there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _signature(path: Path, digest: str) -> list[int | str]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, digest]


def _checked_before(folder: Path, listed: dict[str, str]) -> bool:
    try:
        stamp = json.loads((folder / STAMP).read_text())
        return all(stamp.get(name) == _signature(folder / name, digest) for name, digest in listed.items())
    except (OSError, ValueError):
        return False


def _fetch(folder: Path, listed: dict[str, str]) -> None:
    from jgo.maven import MavenContext  # noqa: PLC0415 - only a first start needs it, and it is slow to import

    # The resolver takes for whole whatever lies in its repository, and a stopped download leaves halves: begin anew.
    repository = folder / "repository"
    shutil.rmtree(repository, ignore_errors=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            there = sum((folder / name).is_file() for name in listed)
            task = progress.add_task(f"Kafka {KAFKA_VERSION}: finding its jars", total=len(listed), completed=there)
            context = MavenContext(repo_cache=repository)
            found = []
            for coordinates in COORDINATES:
                direct, transitive = context.resolver.resolve([context.create_dependency(coordinates)])
                found += [*direct, *transitive]
            progress.update(task, description=f"Kafka {KAFKA_VERSION}: fetching its jars")
            for dependency in found:
                name = dependency.artifact.filename
                if name in listed and not (folder / name).exists():
                    partial = folder / f"{name}.partial"
                    shutil.copyfile(dependency.artifact.resolve(), partial)
                    partial.rename(folder / name)
                    progress.advance(task)
    except Exception as error:
        raise ConfigurationError(
            f"Kafka's jars could not be fetched ({type(error).__name__}: {error}); a first start needs network"
        ) from error
    shutil.rmtree(repository, ignore_errors=True)
