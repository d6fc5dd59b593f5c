"""What is asked for in vain is said: selections, options and gates that do nothing."""

from __future__ import annotations

import pytest

from pytest_llmobs.plugin.selection import marker_keywords
from tests.plugin.conftest import Project

GATED = """
import pytest
ROWS = [{"id": f"e{n}", "inputs": {"q": f"question {n}"}} for n in range(3)]
def app(q): return q
def tone(outputs): return [{"key": "tone_words", "score": 1.0}, {"key": "kind", "score": 0.5}]

@pytest.mark.llm_gate("METRIC", min_mean=0.1)
@pytest.mark.llm_dataset(ROWS, target=app, evaluators=[tone])
def test_bot(example, llm_run):
    assert llm_run.outputs
"""


def test_a_selection_that_leaves_nothing_is_named(project: Project) -> None:
    result = project.experiment("-k", "nosuch")
    assert result.ret == 1
    said = " ".join(result.stdout.str().split())
    assert "the selection (-k, -m, --deselect, --lf, a node id) left out every trial" in said
    assert "test_app.py::test_answer" in said
    assert "no baseline" not in said.lower()
    assert "GREEN" not in said


def test_a_gate_on_a_metric_that_nothing_produces_fails_in_plain_pytest(empty: Project) -> None:
    empty.write(test_bot=GATED.replace("METRIC", "tone_word"))
    result = empty.run()
    assert result.ret == 1
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(
        ["*llm_gate('tone_word') names a metric that nothing produced. Did you mean 'tone_words'*"]
    )


def test_a_gate_on_one_of_an_evaluator_s_several_scores_is_no_mistake(empty: Project) -> None:
    empty.write(test_bot=GATED.replace("METRIC", "kind"))
    empty.run().assert_outcomes(passed=3)


def test_options_of_experiments_are_told_of_without_one(project: Project) -> None:
    result = project.run("-q", "--llm-report", "json", "--llm-name", "mine")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["--llm-name, --llm-report: nothing is done with it without --llm-experiment"]
    )
    assert "without --llm-experiment" not in project.run("-q", "--llm-repeat", "2").stdout.str()


def test_a_wrong_type_in_the_ini_file_names_the_file_once(project: Project) -> None:
    project.path.joinpath("pyproject.toml").write_text('[tool.pytest]\nllm_report = "json"\n')
    result = project.experiment()
    assert result.ret == 4
    text = result.stderr.str()
    assert text.count("pyproject.toml") == 1
    assert "It takes a list of words" in text


@pytest.mark.parametrize(
    "expression, markers",
    [
        ("data", ["llm_dataset"]),
        ("not (Data or llm)", ["llm_dataset", "llm_dataset", "llm_gate"]),
        ("llm_gate", []),
        ("refund and not ada", []),
        ("", []),
    ],
)
def test_a_keyword_that_matches_a_marker_is_told_of(expression: str, markers: list[str]) -> None:
    notes = list(marker_keywords(expression))
    assert len(notes) == len(markers)
    assert all(f"the marker {marker} as well" in note for marker, note in zip(markers, notes, strict=True))
