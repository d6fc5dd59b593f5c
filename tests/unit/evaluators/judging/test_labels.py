"""Labelled cases in a file."""

from __future__ import annotations

import json
import re

import pytest

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators.judging.labels import load_labels


def test_cases_with_all_and_with_little(tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_text(
        '{"id": "a", "inputs": {"q": 1}, "outputs": {"output": "x"}, "reference_outputs": {"r": 1}, '
        '"label": 4, "note": "n"}\n'
        "\n"
        '{"inputs": "Why?", "outputs": "Because.", "reference": "So.", "label": true}\n'
    )
    first, second = load_labels(path)
    assert (first.id, first.inputs, first.label, first.note) == ("a", {"q": 1}, 4, "n")
    assert (second.inputs, second.outputs) == ({"input": "Why?"}, {"output": "Because."})
    assert second.reference_outputs == {"output": "So."}
    assert len(second.id) == 16
    judged = second.subject()
    assert (judged.outputs, judged.reference_outputs) == ({"output": "Because."}, {"output": "So."})
    assert first.hash != second.hash


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "hold no case"),
        ("{", "line 1: no valid JSON"),
        ("[]", "line 1: [] is no object"),
        ('{"outputs": "x"}', "line 1: 'label' is missing"),
        ('{"label": 1}', "line 1: 'outputs' is missing"),
        ('{"outputs": "x", "lable": 1}', "unknown key 'lable'. Did you mean 'label'?"),
        (
            '{"id": 1, "outputs": "x", "label": 1}\n{"id": "1", "outputs": "y", "label": 1}',
            "hold the case '1' twice",
        ),
    ],
)
def test_errors_name_file_and_line(tmp_path, text, message):
    path = tmp_path / "labels.jsonl"
    path.write_text(text)
    with pytest.raises(EvaluatorError, match=re.escape(message)) as caught:
        load_labels(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(EvaluatorError, match="can't be read"):
        load_labels(tmp_path / "none.jsonl")


def test_a_line_ends_at_its_line_break_alone(tmp_path):
    path = tmp_path / "labels.jsonl"
    cases = [{"id": str(n), "outputs": f"a{end}b", "label": 1} for n, end in enumerate("\u2028\u2029\x85")]
    path.write_text("\r\n".join(json.dumps(case, ensure_ascii=False) for case in cases), encoding="utf-8")
    assert [case.outputs["output"] for case in load_labels(path)] == ["a\u2028b", "a\u2029b", "a\x85b"]
