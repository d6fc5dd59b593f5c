"""Structured outputs."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from pytest_llmobs.evaluators import (
    close_to,
    json_schema,
    pydantic_model,
    python_compiles,
    required_keys,
    sql_parses,
    valid_json,
)


class Invoice(BaseModel):
    number: int
    lines: list[str] = []


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ({"output": '{"a": [1]}'}, True),
        ({"output": "3"}, True),
        ({"output": "{'a': 1}"}, False),
        ({"output": 'Sure: {"a": 1}'}, False),
        ({"output": '```json\n{"a": 1}\n```'}, False),
        ({"output": {"a": 1}}, True),
        ({"a": 1, "b": "x"}, True),
        ({"reply": "no json"}, False),
    ],
)
def test_valid_json(score, subject, outputs, expected):
    assert score(valid_json, subject(outputs)).score is expected


def test_valid_json_in_a_fence_where_allowed(score, subject):
    judged = subject({"output": 'Here:\n```json\n{"a": 1}\n```\nBye'})
    assert score(valid_json(fenced=True), judged).comment == "valid JSON, dict"
    assert "no valid JSON: Expecting value" in score(valid_json, judged).comment


def test_json_schema_names_the_misfits(score, subject):
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n", "m"]}
    wrong = score(json_schema(schema), subject({"output": '{"n": "x"}'}))
    assert wrong.score is False
    assert "$.n: 'x' is not of type 'integer'" in wrong.comment
    assert "'m' is a required property" in wrong.comment
    assert score(json_schema, subject({"n": 1, "m": 2}, {"json_schema": schema})).score is True
    assert score(json_schema(schema), subject({"output": "{"})).comment.startswith("no valid JSON")
    broken = score(json_schema({"type": "objekt"}), subject({"output": "{}"}))
    assert "the schema itself is wrong" in broken.error


def test_pydantic_model_names_the_misfits(score, subject):
    assert score(pydantic_model(Invoice), subject({"output": '{"number": 3}'})).score is True
    wrong = score(pydantic_model(Invoice), subject({"number": "x", "lines": [1]}))
    assert "number: Input should be a valid integer" in wrong.comment
    assert "lines.0: Input should be a valid string" in wrong.comment
    assert "pydantic_model needs a model" in score(pydantic_model, subject({"output": "{}"})).error


def test_required_keys_look_inside(score, subject):
    outputs = {"customer": {"name": "Ada", "mail": None}, "lines": [{"n": 1}]}
    judged = subject(outputs, {"required_keys": ["customer.name", "customer.mail", "lines.0.n", "lines.1.n"]})
    result = score(required_keys, judged)
    assert (result.score, result.comment) == (0.5, "missing: customer.mail, lines.1.n")
    assert score(required_keys(["customer"]), judged) == 1.0
    assert "write a list of keys" in score(required_keys("customer"), judged).error


@pytest.mark.parametrize(
    ("value", "expected", "options", "near"),
    [
        (3.0, 3, {}, True),
        ("The total is 1,234.50 EUR", 1234.5, {}, True),
        (105, 100, {"relative": 0.05}, True),
        (105.1, 100, {"relative": 0.05}, False),
        (0.1, 0, {"absolute": 0.2}, True),
        ("-3e2", -300, {}, True),
    ],
)
def test_close_to(score, subject, value, expected, options, near):
    assert score(close_to(**options), subject({"n": value}, {"n": expected})).score is near


@pytest.mark.parametrize(
    ("value", "reason"), [("3 of 5", "holds 2 numbers"), ("x", "holds 0 numbers"), (True, "no number")]
)
def test_close_to_compares_one_number(score, subject, value, reason):
    assert reason in score(close_to, subject({"n": value}, {"n": 3})).error


def test_sql_and_python_are_parsed_not_run(score, subject, tmp_path):
    assert score(sql_parses, subject({"output": "```sql\nSELECT a FROM t WHERE b = 1;\n```"})).score is True
    assert score(sql_parses, subject({"output": "SELEC a FROM WHERE"})).score is False
    assert score(sql_parses, subject({"output": ""})).score is False
    target = tmp_path / "touched"
    code = f"open({str(target)!r}, 'w')"
    assert score(python_compiles, subject({"output": f"```python\n{code}\n```"})).score is True
    assert not target.exists()
    wrong = score(python_compiles, subject({"output": "def f(:"}))
    assert wrong.comment.startswith("SyntaxError")
    assert score(python_compiles, subject({"output": 'x = "\\d"'})).score is True
    assert score(python_compiles, subject({"output": "\n"})).comment == "there is no code"
