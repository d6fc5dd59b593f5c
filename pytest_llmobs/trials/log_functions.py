"""``log_inputs``, ``log_outputs``, ``log_reference_outputs``, ``log_feedback``: for the code that a test calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.records.scores import Score
from pytest_llmobs.tracing import active
from pytest_llmobs.tracing.parent import get_current_run_tree
from pytest_llmobs.trials.llm_run import LlmRun

if TYPE_CHECKING:  # most tests leave no feedback
    from pytest_llmobs.records.feedback import Feedback

# Of the process, as the context variable is by which a call knows its root run. Not kept in the root run: it would hold
# what holds it, and wait for the garbage collector with all its trace.
_tests: dict[str, LlmRun] = {}
"""The running tests, by the id of the root run that is current in them."""


def enter(root_id: str, run: LlmRun) -> None:
    """Say which test's run the calls below a root run belong to, until ``leave``."""
    _tests[root_id] = run


def leave(root_id: str) -> None:
    """Say that the test is over."""
    _tests.pop(root_id, None)


def log_inputs(inputs: Mapping[str, Any]) -> None:
    """Record what the app was given; see ``LlmRun.log_inputs``.

    Raises:
        LlmobsError: No traced test is running here.
    """
    current_test("log_inputs").log_inputs(inputs)


def log_outputs(outputs: Any) -> None:
    """Record what the evaluators shall see; see ``LlmRun.log_outputs``.

    Raises:
        LlmobsError: No traced test is running here.
    """
    current_test("log_outputs").log_outputs(outputs)


def log_reference_outputs(outputs: Mapping[str, Any]) -> None:
    """Record the expected outputs; see ``LlmRun.log_reference_outputs``.

    Raises:
        LlmobsError: No traced test is running here.
    """
    current_test("log_reference_outputs").log_reference_outputs(outputs)


def log_feedback(
    key: str, score: float | bool | None = None, *, value: str | None = None, comment: str | None = None
) -> Score | Feedback:
    """Say something of what is going on: in a test a score of its trial, in a running app feedback on the current run.

    Args:
        key: What is told, such as ``resolved``.
        score: A number or a bool.
        value: A label, beside or instead of it.
        comment: Why.

    Returns:
        In a traced test its ``Score`` (see ``LlmRun.log_feedback``), in a running app the ``Feedback`` that was kept.

    Raises:
        LlmobsError: Neither a traced test nor a traced call is going on here.
    """
    tree = get_current_run_tree()
    if tree is not None and tree.root.id not in _tests:
        about = {"run_id": tree.id, "trace_id": tree.trace_id, "run_project": tree.project}
        kept = active.keep_feedback(tree.tracer, key, **about, score=score, value=value, comment=comment)
        if kept is not None:
            return kept
    return current_test("log_feedback").log_feedback(key, score, value=value, comment=comment)


def current_test(function: str) -> LlmRun:
    """Return what the running test knows of its trial.

    Args:
        function: What was called, for the message.

    Raises:
        LlmobsError: No traced test is running here.
    """
    tree = get_current_run_tree()
    if tree is not None and tree.root.id in _tests:
        return _tests[tree.root.id]
    remedy = "a target returns its outputs instead."
    if function == "log_feedback":
        remedy = "a running app calls it in a traced call, with LLMOBS_TRACING=true."
    raise LlmobsError(
        f"{function}() was called outside a traced test. Call it in a test that is marked llm_dataset or asks "
        f"for llm_run; {remedy}"
    )
