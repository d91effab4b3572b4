"""The image, built once for all tests from a copy of the checkout, and a compose project with the sandbox."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.docker import Project, copy_tree, docker, environment


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, with a secret where it must not be taken from."""
    answer = subprocess.run(("docker", "info"), capture_output=True, text=True, check=False, env=environment())
    if answer.returncode:
        pytest.fail("no Docker engine answers: these tests need one (`docker info`)")
    folder = copy_tree(tmp_path_factory.mktemp("checkout"))
    (folder / "bridge" / ".env").write_text("EDNA_API_KEY=must-not-be-copied\n")
    return folder


@pytest.fixture(scope="session")
def image(tree: Path) -> Iterator[str]:
    """The image of the copy, under a name of this run's own."""
    name = f"edna-amocrm-test-{uuid.uuid4().hex[:8]}"
    docker("build", "-q", "-t", name, str(tree))
    yield name
    docker("image", "rm", "-f", name)


@pytest.fixture(scope="module")
def sandboxed(image: str, tree: Path) -> Iterator[Project]:
    """Everything, on the fakes, started as the READMEs say; each test leaves it running."""
    project = Project(tree, image, sandbox=True)
    try:
        project.up("--build")
        yield project
    finally:
        project.remove()


@pytest.fixture
def bare(image: str, tree: Path) -> Iterator[Project]:
    """The project without the profile, not started; `tree / ".env"` goes with it."""
    project = Project(tree, image, sandbox=False)
    try:
        yield project
    finally:
        project.remove()
        (tree / ".env").unlink(missing_ok=True)
