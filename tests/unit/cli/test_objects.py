"""Objects of the user's by their module, and what a mistake says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llmobs.cli.objects import find_evaluators, find_object
from pytest_llmobs.errors import ArgumentError

READY_MADE = ("exact_match", "json_valid")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with modules of a user's, which is the current one."""
    files = {
        "desk_app.py": "class Bot:\n    def answer(self, q): return q\nbot = Bot()\ndef answer(q): return q\n",
        "desk_checks.py": "def polite(outputs): return True\ndef correct(outputs): return True\n",
        "desk_broken.py": "import json\ndef load():\n    return json.loads('{')\nload()\n",
        "desk_syntax.py": "def answer(:\n",
        "desk_needs.py": "import no_such_library\n",
        "desk_leaves.py": "raise SystemExit(3)\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in files:
        sys.modules.pop(name.removesuffix(".py"), None)


def test_a_module_of_the_current_folder_is_found() -> None:
    assert find_object("desk_app:answer", "target")("why") == "why"
    assert find_object("desk_app:bot.answer", "target")("why") == "why"


def test_a_file_names_its_objects_as_a_test_is_named() -> None:
    assert find_object("desk_app.py::answer", "target")("why") == "why"


def test_what_is_something_else_is_not_found() -> None:
    with pytest.raises(ArgumentError, match=r"'desk_app' has no class 'bot'\. .*Known: Bot\."):
        find_object("desk_app:bot", "class", lambda value: isinstance(value, type))


def test_names_after_a_module_are_its_own_before_they_are_ready_made_ones() -> None:
    polite, correct, ready = find_evaluators(["desk_checks:polite, correct", "exact_match"], READY_MADE)
    assert (polite.__name__, correct.__name__, ready) == ("polite", "correct", "exact_match")
    assert find_evaluators(["desk_checks:polite,json_valid"], READY_MADE)[1] == "json_valid"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            "desk_app",
            "'desk_app' names no target. Write MODULE:NAME or FILE::NAME, such as app:answer or app.py",
        ),
        ("desk_app:", "'desk_app:' names no target."),
        (":answer", "':answer' names no target."),
        ("desk_ap.py::answer", "There is no file 'desk_ap.py'. Did you mean 'desk_app.py'?"),
        ("desk_app.py::", "'desk_app.py::' names no target."),
        (
            "desk_ap:answer",
            "There is no module 'desk_ap', neither in the current folder nor installed. Did you mean",
        ),
        (
            "nowhere.at.all:answer",
            "There is no module 'nowhere.at.all', neither in the current folder nor installed.",
        ),
        ("desk_app.py:answer", "'desk_app.py' is a file; a target is named by its module: desk_app:NAME."),
        (
            "desk_app:anser",
            "'desk_app' has no target 'anser'. Did you mean 'answer'? Known: Bot, answer, bot.",
        ),
        ("desk_app:bot.anser", "'desk_app' has no target 'bot.anser'."),
    ],
)
def test_a_name_that_leads_nowhere_is_one_sentence(spec: str, said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        find_object(spec, "target")
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            "exact_mach",
            "Unknown evaluator 'exact_mach': it is none of the ready-made ones, and names no module. Did you",
        ),
        ("desk_checks:polite,corect", "Unknown evaluator 'corect': 'desk_checks' has none of that name"),
        ("desk_checks:corect", "'desk_checks' has no evaluator 'corect'. Did you mean 'correct'?"),
    ],
)
def test_an_unknown_evaluator_names_the_near_ones(spec: str, said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        find_evaluators([spec], READY_MADE)
    assert str(caught.value).startswith(said)
    assert "Did you mean" in str(caught.value)


def test_a_module_that_raises_shows_the_users_own_traceback(project: Path) -> None:
    with pytest.raises(ArgumentError) as caught:
        find_object("desk_broken:answer", "target")
    text = str(caught.value)
    assert text.startswith("'desk_broken' raises while it is imported:\n")
    assert f'File "{project / "desk_broken.py"}", line 3, in load' in text
    assert "JSONDecodeError" in text.splitlines()[-1]
    assert "importlib" not in text
    assert "pytest_llmobs" not in text


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("desk_syntax", "SyntaxError"),
        ("desk_needs", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("desk_leaves", "SystemExit: 3"),
    ],
)
def test_whatever_a_module_ends_with_is_told(module: str, said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        find_object(f"{module}:answer", "target")
    assert said in str(caught.value).splitlines()[-1]
