"""Whatever is wrong with a file, all of it in one go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.datasets.inspection.checks import inspect
from pytest_llmobs.datasets.inspection.findings import Finding
from pytest_llmobs.datasets.loading import by_suffix
from pytest_llmobs.records.examples import Dataset
from tests.unit.datasets.conftest import FORMATS

Inspect = Callable[..., list[Finding]]

TWICE = "I was charged twice for the same order, please refund me."


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inspect:
    """Write a file and look for what is wrong with it."""
    monkeypatch.chdir(tmp_path)

    def call(name: str, content: str, schemas: Mapping[str, Any] | None = None) -> list[Finding]:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return inspect(path, by_suffix(FORMATS)[path.suffix], Dataset("a", (), **(schemas or {})))

    return call


def kinds(findings: list[Finding]) -> list[str]:
    return [finding.kind for finding in findings]


def test_a_good_file_has_nothing_wrong(look: Inspect) -> None:
    assert (
        look("a.jsonl", '{"inputs": {"query": "Hello"}}\n{"inputs": {"query": "Where is my order?"}}\n') == []
    )


def test_every_broken_line_is_found_and_the_others_are_looked_at(look: Inspect) -> None:
    content = (
        '{"id": "a", "inputs": {"query": "one"}}\n'
        '{"id": "b", "inputs": \n'
        '{"id": "c", "input": {}}\n'
        "\n"
        '{"id": "a", "inputs": {"query": "two"}}\n'
        '{"id": "d", "inputs": {"x": 1, "x": 2}}\n'
        '{"id": "e", "inputs": {"x": NaN}}\n'
    )
    findings = look("a.jsonl", content)
    assert kinds(findings) == ["unreadable"] * 4 + ["duplicate-id"]
    messages = [finding.message for finding in findings]
    assert messages[0].startswith("a.jsonl:2:")
    assert messages[1].startswith("a.jsonl:3: unknown key 'input'.")
    assert messages[2].startswith("a.jsonl:6: the key 'x' is given twice")
    assert messages[3].startswith("a.jsonl:7:")
    assert findings[4].places == ("a.jsonl:1", "a.jsonl:5")
    assert findings[4].examples == ("a",)


def test_every_ragged_row_is_found(look: Inspect) -> None:
    content = "id,inputs.query,inputs.n\na,one,1\nb,two\nc,three,3\nd,four,4,5\na,six,6\n"
    findings = look("a.csv", content)
    assert [finding.message.partition(" cells")[0] for finding in findings[:2]] == [
        "a.csv:3: 2",
        "a.csv:5: 4",
    ]
    assert kinds(findings) == ["unreadable", "unreadable", "duplicate-id"]
    assert findings[2].places == ("a.csv:2", "a.csv:6")


def test_what_no_one_can_read_on_from_is_one_finding(look: Inspect) -> None:
    (finding,) = look("a.yaml", "- inputs: {query: 'a'}\n- inputs: {query: 'b\n")
    assert finding.kind == "unreadable"
    assert "broken YAML" in finding.message


def test_a_file_without_examples_is_found(look: Inspect) -> None:
    (finding,) = look("a.jsonl", "\n")
    assert finding.message == "a.jsonl holds no example."


def test_equal_inputs_are_found_in_groups(look: Inspect) -> None:
    rows = [f'{{"id": "{id}", "inputs": {{"query": "{TWICE}"}}}}\n' for id in "abc"]
    (finding,) = look("a.jsonl", "".join(rows))
    assert (finding.kind, finding.examples) == ("equal-inputs", ["a", "b", "c"])
    assert finding.places == ["a.jsonl:1", "a.jsonl:2", "a.jsonl:3"]


@pytest.mark.parametrize(
    ("splits", "kind"),
    [
        (('"train"', '"test"'), "leak"),
        (('"train"', '["train", "test"]'), "near-duplicate"),
        (('"train"', '"train"'), "near-duplicate"),
        (('"train"', "null"), "near-duplicate"),
    ],
)
def test_near_duplicates_in_splits_that_share_nothing_leak(
    look: Inspect, splits: tuple[str, str], kind: str
) -> None:
    lines = [
        f'{{"id": "a", "inputs": {{"query": "{TWICE}"}}, "split": {splits[0]}}}\n',
        f'{{"id": "b", "inputs": {{"query": "{TWICE} Now."}}, "split": {splits[1]}}}\n',
    ]
    (finding,) = look("a.jsonl", "".join(lines))
    assert finding.kind == kind
    assert finding.examples == ("a", "b")
    assert finding.similarity is not None
    assert 0.6 < finding.similarity < 1


def test_equal_inputs_in_other_splits_are_a_leak(look: Inspect) -> None:
    lines = [f'{{"id": "{id}", "inputs": {{"q": "Hi"}}, "split": "{split}"}}\n' for id, split in ("ax", "by")]
    (finding,) = look("a.jsonl", "".join(lines))
    assert (finding.kind, finding.similarity) == ("leak", 1.0)
