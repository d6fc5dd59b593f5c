"""A stored run as an evaluator sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.fit import shortened
from pytest_llmobs.records.runs import Run


def run_subject(run: Run, reference: Any = None) -> Subject:
    """Return a run with the example that it is held against.

    Args:
        run: It.
        reference: An example, or a dict with its fields; None for the run's own, where it has one.

    Raises:
        ArgumentError: The reference is no example.
    """
    example = own_example(run) if reference is None else _example(reference)
    outputs = None if run.error else run.outputs
    if example is None:
        return Subject(run, None, run.inputs, outputs, None)
    return Subject(run, example, example.inputs or run.inputs, outputs, example.outputs)


def own_example(run: Run) -> Example | None:
    """Return the example that a run was made of, as far as the run has it: a trial's root run does; else None."""
    if run.reference_example_id is None:
        return None
    return Example(run.reference_example_id, run.inputs, run.columns.get("reference_outputs", {}))


def _example(reference: Any) -> Example:
    if isinstance(reference, Example):
        return reference
    fields: Any = reference
    if not isinstance(reference, Mapping):
        fields = {name: getattr(reference, name, None) for name in ("id", "inputs", "outputs", "metadata")}
    inputs = fields.get("inputs")
    if not isinstance(inputs, Mapping):
        raise ArgumentError(
            f"reference_example={shortened(reference)} must be an example, its id, or a dict with 'inputs' and "
            "'outputs'."
        )
    own_id = str(fields.get("id") or "")
    return Example(own_id, inputs, fields.get("outputs") or {}, fields.get("metadata") or {})
