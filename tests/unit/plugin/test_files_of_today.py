"""A control reads the files of the worktree, however the app comes by their paths; what it reads of today's is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_llmobs.plugin.control.checkout import Checkout
from pytest_llmobs.plugin.control.foreign_modules import noted_problems


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Two work trees: of one file they have two versions, of another the same, and today's has one alone."""
    for place in ("here", "there"):
        prompts = tmp_path / place / "prompts"
        prompts.mkdir(parents=True)
        prompts.joinpath("greeting.md").write_text(place)
        prompts.joinpath("same.md").write_text("Dear")
    tmp_path.joinpath("here/models").mkdir()
    tmp_path.joinpath("here/models/cache.bin").write_text("here")
    return Checkout((tmp_path / "here").resolve(), (tmp_path / "there").resolve())


def run(checkout: Checkout, folder: Path, code: str, **environment: str) -> str:
    """Run code in a process of a control, and return what it printed."""
    here = Path(checkout.trees.here)
    there = checkout.environment({"PATH": os.environ["PATH"], **environment}, here, folder)
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=checkout.folder(here), env=there, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_whole_path_in_the_environment_leads_to_the_other_tree(checkout: Checkout, tmp_path: Path) -> None:
    here, there = checkout.trees.here, checkout.trees.there
    given = {
        "PWD": here,
        "PROMPTS": f"{here}/prompts{os.pathsep}/elsewhere",
        "MODELS": f"{here}/models",  # git ignores it: it is where it was
        "HOME": here,
        "NAME": "prompts",
        "GIT_INDEX_FILE": f"{here}/.git/index",
    }
    code = "import os; print(*map(os.environ.get, ('PWD', 'PROMPTS', 'MODELS', 'HOME', 'NAME', 'GIT_INDEX_FILE')))"
    moved = f"{there} {there}/prompts{os.pathsep}/elsewhere {here}/models {here} prompts None"
    assert run(checkout, tmp_path, code, **given) == moved


@pytest.mark.parametrize(
    "way", ["open({!r})", "import os; os.open({!r}, os.O_RDONLY)", "open({!r}.encode())"]
)
def test_a_file_of_today_s_that_is_another_one_there_is_told(
    checkout: Checkout, tmp_path: Path, way: str
) -> None:
    path = f"{checkout.trees.here}/prompts/greeting.md"
    run(checkout, tmp_path, f"{way.format(path)}; open({path!r})")
    assert list(noted_problems(tmp_path)) == [
        f"the file prompts/greeting.md was read from today's work tree, {path}"
    ]


@pytest.mark.parametrize(
    "name", ["prompts/same.md", "models/cache.bin", "../there/prompts/greeting.md", "log.txt', 'w"]
)
def test_other_files_are_nobody_s_business(checkout: Checkout, tmp_path: Path, name: str) -> None:
    run(checkout, tmp_path, f"open('{checkout.trees.here}/{name}'); open('prompts/greeting.md')")
    assert list(noted_problems(tmp_path)) == []


def test_what_watches_is_no_module_of_the_app_s(checkout: Checkout) -> None:
    folder = Path(checkout.trees.here) / "tmp"  # a TMPDIR in the work tree
    folder.mkdir()
    code = (
        "import os, sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[3])!r})\n"
        "from pytest_llmobs.plugin.control.start import foreign_modules, trees_here\n"
        "print(list(foreign_modules(sys.modules, trees_here(os.environ))))"
    )
    assert run(checkout, folder, code) == "[]"


def test_baselines_of_today_are_what_both_trees_are_held_to(tmp_path: Path) -> None:
    here, there = (tmp_path / "here").resolve(), (tmp_path / "there").resolve()
    for place in (here, there):
        baselines = place / "llm-baselines"
        baselines.mkdir(parents=True)
        baselines.joinpath("test_bot.json").write_text(str(place))
        baselines.joinpath("prompt.md").write_text(str(place))
    checkout = Checkout(here, there, [here / "llm-baselines"])
    run(checkout, tmp_path, f"open({str(here / 'llm-baselines/test_bot.json')!r})")
    assert list(noted_problems(tmp_path)) == []
    tmp_path.joinpath("again").mkdir()
    run(checkout, tmp_path / "again", f"open({str(here / 'llm-baselines/prompt.md')!r})")
    assert len(list(noted_problems(tmp_path / "again"))) == 1
