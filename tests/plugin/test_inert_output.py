"""What models and datasets say acts on no terminal and on no CI system that a session prints to."""

from __future__ import annotations

import re

import pytest

from tests.plugin.conftest import Project

_ACTS = re.compile(r"(?m)^[ \t]*::|##(?:\[|vso\[)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]")

TESTS = """
import pytest

HOSTILE = "::error file=x::gone\\n::add-mask::a\\n##[error]x ##vso[task.complete] \\x1b]0;t\\x07 \\u202e \\x9b31m"
BROKEN = False

def judged(outputs):
    return {"score": 0.0 if BROKEN else 1.0, "comment": HOSTILE}

def labelled(outputs):
    return {"value": HOSTILE}

def failing(outputs):
    raise ValueError(HOSTILE)

def answer(q):
    return HOSTILE

ROWS = [
    {"id": "::error::" + HOSTILE, "inputs": {"q": HOSTILE}, "outputs": {"output": HOSTILE + "\\n\\nmore"}},
    {"id": "##[error]b", "inputs": {"q": "b"}},
]

@pytest.mark.llm_gate("failing", rule="off")
@pytest.mark.llm_gate("labelled", rule="off")
@pytest.mark.llm_dataset(ROWS, target=answer, evaluators=[judged, labelled, failing])
def test_answer(example, llm_run):
    assert llm_run.score(judged) == 1.0
"""


def test_nothing_that_is_printed_acts(empty: Project) -> None:
    empty.write(test_app=TESTS)
    printed = empty.record("--color=no").stdout.str()
    empty.write(test_app=TESTS.replace("BROKEN = False", "BROKEN = True"))
    printed += empty.experiment("--color=no", "--llm-confirm=0", "-vv").stdout.str()
    assert "judged" in printed
    assert _ACTS.findall(printed) == []
    for command in (["show"], ["show", "--all"], ["experiments"], ["show", "--json"]):
        told = empty.llmobs(*command)
        assert _ACTS.findall(told.stdout + told.stderr) == [], command


def test_a_refused_file_acts_on_nothing(empty: Project) -> None:
    empty.write(
        test_app="""
        import pytest

        @pytest.mark.llm_dataset([{"id": "a", "inputs": {}, "##[error]\\x1b[2J": 1}], target=lambda: "x")
        def test_it(example, llm_run): ...
        """
    )
    printed = empty.experiment("--color=no").stdout.str()
    assert "error" in printed
    assert _ACTS.findall(printed) == []


def test_the_further_lines_of_an_error_act_on_nothing_in_the_short_summary_of_ci(
    empty: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")  # pytest then shortens no message
    empty.write(
        test_app="""
        import pytest

        @pytest.mark.llm_dataset([{"id": "a", "inputs": {}}], target=lambda: "x")
        def test_it(example, llm_run):
            raise ValueError("gone\\n::error::raised\\n##[error]raised")
        """
    )
    printed = empty.experiment("--color=no").stdout.str()
    assert "\n\\x3a:error::raised" in printed
    assert _ACTS.findall(printed) == []


def test_a_suites_verdict_acts_on_nothing_in_the_short_summary(empty: Project) -> None:
    empty.write(
        test_app="""
        import pytest

        def odd(outputs):
            return float("nan")

        @pytest.mark.llm_dataset([{"id": "\\x1b[2Ja", "inputs": {}}], target=lambda: "x", evaluators=[odd])
        def test_it(example, llm_run): ...
        """
    )
    printed = empty.experiment("--color=no").stdout.str()
    assert "FAILED test_app.py::test_it - odd INSUFFICIENT_DATA: 100% of 1 example" in printed
    assert _ACTS.findall(printed) == []
