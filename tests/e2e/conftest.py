"""One red session of an example, for all the tests that look at it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.warm import programs

ROOT = Path(__file__).parents[2]


def copy_example(name: str, folder: Path) -> Path:
    """Copy an example, without what running it leaves behind."""
    ignored = shutil.ignore_patterns(".llmobs", "__pycache__")
    return shutil.copytree(ROOT / "examples" / name, folder / name, ignore=ignored)


def plain_environment() -> dict[str, str]:
    """Return the environment without what changes the plugin, for fixtures of more than one test."""
    left_out = (
        "CI",
        "ANTHROPIC_API_KEY",
        "COVERAGE_PROCESS_START",
        "LLMOBS_CONFIRMING",
        "PYTHONDONTWRITEBYTECODE",
    )
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    # hypothesis isn't what users install for this, and takes a sixth of a session
    return kept | {"PYTHONPATH": str(ROOT / "tests" / "absent"), "PYTEST_ADDOPTS": "-p no:hypothesispytest"}


def run_pytest(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder as users do, with further environment variables."""
    return subprocess.run(
        [programs() / "pytest", *arguments],
        cwd=folder,
        env=plain_environment() | {"COLUMNS": "80"} | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


class Red(NamedTuple):
    """A copy of examples/support_bot after a red experiment in it, and what that printed."""

    folder: Path
    output: str


@pytest.fixture(scope="session")
def red(tmp_path_factory: pytest.TempPathFactory) -> Red:
    from tests.e2e.here import pytest_here  # which needs the functions above

    folder = copy_example("support_bot", tmp_path_factory.mktemp("red"))
    done = pytest_here(folder, "--llm-experiment", SUPPORT_PROMPT="support:northwind")
    assert done.returncode == 1, done.stdout + done.stderr
    return Red(folder, done.stdout)
