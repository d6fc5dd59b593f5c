"""``log_feedback`` and ``trace_feedback`` as LangSmith's tests call them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.measures.model_calls import spending
from pytest_llmobs.records.fit import shortened
from pytest_llmobs.tracing import active
from pytest_llmobs.tracing.run_tree import RunTree, start_root
from pytest_llmobs.trials import log_functions

_KEPT = ("key", "score", "value", "comment")
"""What a score has room for; the rest of LangSmith's names mean nothing here."""


def log_feedback(
    feedback: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    /,
    *,
    key: str | None = None,
    score: float | bool | None = None,
    value: Any = None,
    comment: str | None = None,
) -> None:
    """Log a score of the trial, or several.

    Args:
        feedback: ``{"key": …, "score": …}``, or a list of such, in place of the keywords.
        key: The metric's name.
        score: A number or a bool.
        value: A label, beside or instead of it.
        comment: Why.

    Raises:
        ArgumentError: It says nothing, says it twice, or a dict has no key.
        LlmobsError: Neither a traced test nor a traced call is going on here.
    """
    if (feedback is None) == (key is None):
        raise ArgumentError(
            f"log_feedback() takes a dict (or a list of them) or key=…, one of both. Given: {shortened(feedback)} "
            f"and key={key!r}."
        )
    records: Sequence[Mapping[str, Any]] = ({"key": key, "score": score, "value": value, "comment": comment},)
    if isinstance(feedback, Mapping):
        records = (feedback,)
    elif feedback is not None:
        records = feedback
    for record in records:
        if not isinstance(record, Mapping) or not record.get("key"):
            raise ArgumentError(f"log_feedback() got {shortened(record)}: it must be a dict with a key.")
        log_functions.log_feedback(**{name: record[name] for name in _KEPT if name in record})


@contextmanager
def trace_feedback(*, name: str = "Feedback") -> Iterator[RunTree]:
    """Trace what is called inside the ``with`` block as judging: beside the trial's trace, and not among its costs.

    Args:
        name: What the trace's root is called.

    Raises:
        LlmobsError: No traced test is running here.
    """
    test = log_functions.current_test("trace_feedback")
    judged = test.root
    tracer = active.require() if judged is None else judged.tracer
    aside = start_root(tracer, name, columns={"evaluates": test.id}, collect=True, beside=judged)
    log_functions.enter(aside.id, test)
    try:
        with aside.activate():
            yield aside
    finally:
        log_functions.leave(aside.id)
        aside.end()
        test.judging += spending(aside.finished_runs())
