"""Docker's commands as the tests give them: a project of a name of its own, on free ports, without anybody's `.env`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.kafka.broker import free_port
from tests.conftest import CREDENTIALS

ROOT = Path(__file__).parents[2]
PACKAGES = ("bridge", "gateway", "streams", "sandbox", "ops")
FILES = ("Dockerfile", ".dockerignore", "docker-compose.yml", ".env.sample", "requirements/runtime.txt")
PARTS = ("gateway", "inbound", "outbound", "status")
PUBLISHED = ("GATEWAY_PORT", "SANDBOX_PAGE_PORT", "EDNA_FAKE_PORT", "AMOJO_FAKE_PORT", "KAFKA_HOST_PORT")
COMMAND_WITHIN_S = 600.0


def eventually(what: str, look: Callable[[], Any], within_s: float = 60.0) -> Any:
    """What `look` sees as soon as it is true; fails with `what` when that is not in time."""
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"
        time.sleep(0.2)
    return seen


def copy_tree(folder: Path) -> Path:
    """A checkout's files, as far as the image is made of them, and no `.env`."""
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def filled_sample(folder: Path) -> str:
    """`.env.sample` of a checkout with its placeholders filled in, as a new user would have it."""
    given = {name.upper(): value for name, value in CREDENTIALS.items()}
    lines = (folder / ".env.sample").read_text().splitlines()
    names = [line.partition("=")[0] for line in lines]
    return "".join(
        f"{name}={given[name]}\n" if name in given else f"{line}\n" for name, line in zip(names, lines, strict=True)
    )


def environment(**more: str) -> dict[str, str]:
    """What the commands need of ours: nothing of the product's variables, which compose would put into its file."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"} or name.startswith("DOCKER_")}
    return {**kept, "DOCKER_BUILDKIT": "1", **more}


def docker(*arguments: str, codes: tuple[int, ...] = (0,), **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command of Docker's; fails with what it said when it ends with another code."""
    options = {"env": environment(), "timeout": COMMAND_WITHIN_S, **options}
    done = subprocess.run(("docker", *arguments), capture_output=True, text=True, check=False, **options)
    assert done.returncode in codes, f"docker {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def inspected(container: str) -> dict[str, Any]:
    """What the engine knows of a container."""
    found: list[dict[str, Any]] = json.loads(docker("inspect", container).stdout)
    return found[0]


def inside(container: str, *command: str, codes: tuple[int, ...] = (0,)) -> str:
    """What a command says inside of a container, on both outputs."""
    done = docker("exec", container, *command, codes=codes)
    return done.stdout + done.stderr


def fetch(url: str, document: Any = None) -> tuple[int, str]:
    """Status and text of a GET, or of a POST with a document; status 0 when nobody answers."""
    assert url.startswith("http://127.0.0.1:")
    data = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 - see above
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - see above
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except OSError:
        return 0, ""


class Project:
    """One compose project in a folder, with an image of its name. Nothing of it is left after `remove`."""

    def __init__(self, folder: Path, image: str, *, sandbox: bool) -> None:
        self.name = f"edna-amocrm-test-{uuid.uuid4().hex[:8]}"
        docker("tag", image, self.name)
        self._folder = folder
        self.ports = {variable: free_port() for variable in PUBLISHED}
        published = {variable: str(port) for variable, port in self.ports.items()}
        self._environment = environment(EDNA_AMOCRM_IMAGE=self.name, **published)
        self._profile = ("--profile", "sandbox") if sandbox else ()

    def compose(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run a command of compose's; returns its output."""
        command = ("compose", "-p", self.name, *self._profile, *arguments)
        return docker(*command, codes=codes, cwd=self._folder, env=self._environment).stdout

    def run(self, service: str, *command: str, codes: tuple[int, ...] = (0,)) -> str:
        """What a new container of a service says, once, by itself."""
        arguments = (
            "compose",
            "--progress",
            "quiet",
            "-p",
            self.name,
            *self._profile,
            "run",
            "--rm",
            "-T",
            "--no-deps",
        )
        done = docker(*arguments, service, *command, codes=codes, cwd=self._folder, env=self._environment)
        return done.stdout + done.stderr

    def up(self, *arguments: str) -> None:
        """Start what is not running and wait until all is healthy; fails with the logs."""
        try:
            self.compose("up", "-d", "--wait", "--wait-timeout", "180", *arguments)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.compose('logs', '--no-color', '--tail', '20')}") from None

    def remove(self) -> None:
        """Remove containers, network, volumes and image."""
        self.compose("down", "-v", "--timeout", "10")
        docker("image", "rm", "-f", self.name)

    def containers(self, service: str) -> list[str]:
        """The ids of a service's containers, ended ones included."""
        return self.compose("ps", "-a", "-q", service).split()

    def container(self, service: str) -> str:
        """The id of a service's only container."""
        (one,) = self.containers(service)
        return one

    def logs(self, service: str) -> str:
        """What a service has said."""
        return self.compose("logs", "--no-color", service)

    def url(self, variable: str, path: str = "") -> str:
        """Where a published port is on this machine."""
        return f"http://127.0.0.1:{self.ports[variable]}{path}"

    def journal(self, variable: str, kind: str) -> list[dict[str, Any]]:
        """The entries of one kind that a fake took; bodies are text."""
        status, lines = fetch(self.url(variable, f"/journal?kind={kind}&outcome=new"))
        assert status == 200, lines
        return [json.loads(line) for line in lines.splitlines()]
