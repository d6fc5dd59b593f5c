"""CONTRIBUTING.md's additions: each diff applies to this checkout, passes its contract tests, and does what it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
COPIED = ("pytest_llmobs", "tests", "pyproject.toml", "README.md")
DIFFS = dict(
    re.findall(r"^### ([^\n]+)\n(?:(?!^### ).)*?```diff\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
)
SUITE = """
import pytest

def answer(query):
    return f"You asked: {query}"

@pytest.mark.llm_dataset(DATASET, target=answer, evaluators=EVALUATORS)
def test_answer(example, llm_run):
    assert llm_run.outputs
"""


class Checkout:
    """A copy of this project that an addition is applied to, and a user's folder beside it."""

    def __init__(self, folder: Path) -> None:
        self.project, self.user = folder / "project", folder / "user"
        self.project.mkdir()
        self.user.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                # with its bytecode, which is as good there as here, but for what is being written meanwhile
                shutil.copytree(source, self.project / name, ignore=shutil.ignore_patterns("*.pyc.*"))
            else:
                shutil.copy(source, self.project)

    def apply(self, diff: str) -> None:
        subprocess.run(["git", "apply", "-"], cwd=self.project, input=diff, text=True, check=True)

    def suite(self, dataset: str, evaluators: str = "[]") -> None:
        text = SUITE.replace("DATASET", dataset).replace("EVALUATORS", evaluators)
        self.user.joinpath("test_it.py").write_text(text)

    def run(self, *words: str, folder: Path | None = None) -> str:
        """Run ``python -m`` with the changed package, in the user's folder unless another is named; it must pass."""
        path = os.pathsep.join([str(self.project), str(self.user), os.environ["PYTHONPATH"]])
        result = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=folder or self.user,
            env={**os.environ, "PYTHONPATH": path, "COLUMNS": "120"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def contract(self, *arguments: str) -> None:
        """Run tests of the project's own over the registry that now has one entry more."""
        self.run("pytest", "-q", "-p", "no:cacheprovider", *arguments, folder=self.project)


def an_evaluator(checkout: Checkout) -> None:
    checkout.contract("tests/unit/evaluators/test_contract.py", "-k", "asks_nothing")
    checkout.suite('[{"inputs": {"query": "why?"}}]', '["asks_nothing"]')
    assert "asks_nothing" in checkout.run("pytest", "--llm-experiment")


def a_dataset_format(checkout: Checkout) -> None:
    checkout.contract("tests/unit/datasets/test_formats.py", "tests/unit/datasets/test_loading.py")
    checkout.user.joinpath("golden.toml").write_text('[[example]]\nid = "one"\ninputs.query = "why"\n')
    checkout.suite('"golden.toml"')
    assert "test_answer[one]" in checkout.run("pytest", "-v")


def a_provider(checkout: Checkout) -> None:
    checkout.user.joinpath("acme_sdk.py").write_text(
        "class Client:\n    def ask(self, prompt):\n        return prompt.upper()\n"
    )
    checkout.contract("tests/unit/providers/test_contract.py", "-k", "acme")
    checkout.user.joinpath("test_it.py").write_text(
        "import acme_sdk\n\ndef test_it(llm_run):\n    acme_sdk.Client().ask('hello')\n"
    )
    checkout.run("pytest", "--llm-experiment")
    (trial,) = json.loads(checkout.run("pytest_llmobs.cli", "show", "--json"))["trials"]
    assert "acme.ask" in checkout.run("pytest_llmobs.cli", "show", trial["run_id"])


def a_report(checkout: Checkout) -> None:
    checkout.suite('[{"inputs": {"query": "why"}}]')
    checkout.run("pytest", "--llm-experiment", "--llm-report", "oneline:end.txt")
    assert "NO BASELINE" in checkout.user.joinpath("end.txt").read_text()


def a_command(checkout: Checkout) -> None:
    checkout.contract("tests/unit/cli/test_commands.py", "-k", "count")
    checkout.suite('[{"inputs": {"query": "why"}}]')
    checkout.run("pytest", "--llm-experiment")
    assert "1 experiment" in checkout.run("pytest_llmobs.cli", "count")
    assert json.loads(checkout.run("pytest_llmobs.cli", "count", "--json")) == {"experiments": 1}


def an_option(checkout: Checkout) -> None:
    help_text = checkout.run("pytest", "--help")
    assert "--llm-greeting=TEXT" in help_text
    assert "llm_greeting (string)" in help_text
    checkout.user.joinpath("pytest.ini").write_text("[pytest]\nllm_greeting = hello\n")
    checkout.user.joinpath("test_it.py").write_text(
        "from pytest_llmobs.plugin.options import settings_of\n\n"
        "def test_it(pytestconfig):\n    assert settings_of(pytestconfig).greeting == 'hello'\n"
    )
    checkout.run("pytest")


USES: dict[str, Callable[[Checkout], None]] = {
    "An evaluator": an_evaluator,
    "A dataset format": a_dataset_format,
    "A provider": a_provider,
    "A report": a_report,
    "A command": a_command,
    "An option": an_option,
}


def test_every_kind_of_addition_is_shown() -> None:
    assert set(DIFFS) == set(USES)


@pytest.mark.parametrize("kind", USES)
def test_an_addition_is_a_file_and_a_line(kind: str) -> None:
    files = re.findall(r"^\+\+\+ b/(\S+)$", DIFFS[kind], re.MULTILINE)
    new = re.findall(r"^--- /dev/null\n\+\+\+ b/(\S+)$", DIFFS[kind], re.MULTILINE)
    assert len(new) == (kind != "An option")
    (changed,) = set(files) - set(new)
    hunk = DIFFS[kind].partition(f"+++ b/{changed}\n")[2].partition("diff --git")[0]
    assert len(re.findall(r"^\+", hunk, re.MULTILINE)) == 1
    assert not re.findall(r"^-", hunk, re.MULTILINE)


@pytest.mark.parametrize("kind", USES)
def test_an_addition_works(kind: str, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    checkout.apply(DIFFS[kind])
    USES[kind](checkout)
