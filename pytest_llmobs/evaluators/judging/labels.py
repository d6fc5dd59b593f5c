"""Cases that people have labelled, to hold a judge against."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.records.examples import Example, content_hash
from pytest_llmobs.records.runs import Run
from pytest_llmobs.wording import known, nearest

_KEYS = ("id", "inputs", "outputs", "reference_outputs", "reference", "label", "note", "metadata")
# A labelled case never ran; a run has to say when it did.
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class LabelledCase:
    """One output with the label that people gave it."""

    id: str
    """As written, else derived from the content."""
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    label: Any
    """On the judge's own scale, or true and false."""
    reference_outputs: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    """Why people said so."""
    where: str = ""
    """File and line, or empty."""

    @property
    def place(self) -> str:
        """How to find it, for messages."""
        if self.where:
            return f"{self.where}, case {self.id!r}"
        return f"Case {self.id!r}"

    @property
    def hash(self) -> str:
        """Content hash over all that is judged and the label."""
        return content_hash([self.inputs, self.outputs, self.reference_outputs, self.label])

    def subject(self) -> Subject:
        """Return it as something to judge."""
        run = Run(
            id=f"case-{self.id}",
            trace_id=f"case-{self.id}",
            parent_id=None,
            name="case",
            run_type="chain",
            project="calibration",
            start_time=_NO_TIME,
            end_time=None,
            inputs=self.inputs,
            outputs=self.outputs,
        )
        example = Example(self.id, self.inputs, self.reference_outputs)
        return Subject(run, example, self.inputs, self.outputs, self.reference_outputs or None)


def load_labels(path: Path | str) -> list[LabelledCase]:
    """Read labelled cases from a JSONL file: a line each with ``outputs`` and ``label``, and what is known besides.

    ``inputs``, ``outputs`` and ``reference_outputs`` are objects; a plain text stands for its only value.

    Raises:
        EvaluatorError: The file can't be read, a line is no case, or an id occurs twice.
    """
    path = Path(path)
    try:
        # "-sig": spreadsheets begin what they export with a byte order mark.
        # Not splitlines(): U+2028 and its like may stand unescaped inside a JSON string.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluatorError(f"The labels {str(path)!r} can't be read: {error}.") from None
    cases = list(_cases(lines, str(path)))
    if not cases:
        raise EvaluatorError(f"The labels {str(path)!r} hold no case.")
    seen: dict[str, LabelledCase] = {}
    for case in cases:
        if case.id in seen:
            raise EvaluatorError(f"The labels {str(path)!r} hold the case {case.id!r} twice.")
        seen[case.id] = case
    return cases


def _cases(lines: list[str], path: str) -> Iterator[LabelledCase]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise EvaluatorError(f"{where}: no valid JSON: {error}.") from None
        yield _case(row, where)


def _case(row: Any, where: str) -> LabelledCase:
    if not isinstance(row, dict):
        raise EvaluatorError(f"{where}: {row!r} is no object.")
    for name in row:
        if name not in _KEYS:
            raise EvaluatorError(f"{where}: unknown key {name!r}.{nearest(name, _KEYS)} {known(_KEYS)}")
    for name in ("outputs", "label"):
        if row.get(name) is None:
            raise EvaluatorError(f"{where}: {name!r} is missing.")
    inputs, outputs = _object(row.get("inputs"), "input"), _object(row["outputs"], "output")
    reference = _object(row.get("reference_outputs", row.get("reference")), "output")
    identity = row.get("id") or content_hash([inputs, outputs])
    return LabelledCase(
        str(identity), inputs, outputs, row["label"], reference, str(row.get("note", "")), where
    )


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    return {name: value}
