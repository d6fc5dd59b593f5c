"""The two markers, checked as strictly as a function call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from pytest_llmobs.errors import EvaluatorError, GateError
from pytest_llmobs.evaluators.binding.declaration import identify
from pytest_llmobs.measures.gate_rules import check_rule
from pytest_llmobs.plugin.pytest_internals import parameters_of
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.wording import known, nearest


@dataclass(frozen=True)
class DatasetMark:
    """The arguments of ``llm_dataset``."""

    source: Any
    target: Callable[..., Any] | str | None = None
    evaluators: Sequence[Any] = ()
    summary_evaluators: Sequence[Any] = ()
    split: str | None = None
    limit: int | None = None
    repeat: int | None = None
    cluster_by: str | None = None


_DATASET_KEYS = tuple(DatasetMark.__dataclass_fields__)
_OURS = ("llm_dataset", "llm_gate")
_GATE_KEYS = tuple(GateRule.__dataclass_fields__)


def read_dataset_mark(mark: pytest.Mark) -> DatasetMark:
    """Return the checked arguments of an ``llm_dataset`` marker.

    Raises:
        EvaluatorError: An argument is unknown, missing or of the wrong kind.
    """
    values = _arguments(mark, "source", _DATASET_KEYS, EvaluatorError)
    arguments = DatasetMark(**values)
    for name in ("evaluators", "summary_evaluators"):
        given = getattr(arguments, name)
        if isinstance(given, str) or not isinstance(given, Sequence):
            raise EvaluatorError(f"llm_dataset({name}={given!r}): give a list of evaluators.")
    repeat = arguments.repeat
    if repeat is not None and (type(repeat) is not int or repeat < 1):
        raise EvaluatorError(f"llm_dataset(repeat={repeat!r}): give a whole number above 0.")
    return arguments


def dataset_mark(definition: pytest.Item) -> pytest.Mark | None:
    """Return the ``llm_dataset`` marker of a test, or None; the test's own hides its class's and its module's.

    Raises:
        EvaluatorError: There are two on one of them.
    """
    placed = list(definition.iter_markers_with_node("llm_dataset"))  # the nearest first
    if len(placed) > 1 and placed[0][0] is placed[1][0]:
        raise EvaluatorError(
            "Two llm_dataset markers are on one test. A test has one dataset: join them, or write two tests."
        )
    if placed:
        return placed[0][1]
    return None


def gate_rules(definition: pytest.Item) -> tuple[GateRule, ...]:
    """Return a test's gates, one a metric; the test's own hide those of its class and of its module.

    Raises:
        GateError: A marker makes no sense, two on one place name one metric, or one is on a parameter.
    """
    rules: dict[str, GateRule] = {}
    places: dict[str, object] = {}
    for place, mark in definition.iter_markers_with_node("llm_gate"):  # the nearest first
        rule = read_gate_mark(mark)
        if rule.metric not in rules:
            rules[rule.metric] = rule
            places[rule.metric] = place
        elif places[rule.metric] is place:
            raise GateError(f"Two llm_gate markers are about {rule.metric!r}. Say it all in one.")
    _check_parameters(definition)
    return tuple(rules.values())


def _check_parameters(definition: pytest.Item) -> None:
    for mark in definition.iter_markers("parametrize"):
        for value in _argument_values(mark):
            for own in getattr(value, "marks", ()):
                name = getattr(own, "name", "")
                if name in _OURS:
                    raise GateError(
                        f"{name} is on a pytest.param, where nothing reads it. Put it on the test."
                    )


def _argument_values(mark: pytest.Mark) -> Sequence[object]:
    """Return the values of a ``parametrize`` marker; none where they can be read only once."""
    values = mark.kwargs.get("argvalues", ())
    if len(mark.args) > 1:
        values = mark.args[1]
    if isinstance(values, Sequence):
        return values
    return ()


def own_marks(item: pytest.Item) -> tuple[pytest.Mark, ...]:
    """Return the markers of ours that stand on a test itself."""
    return tuple(mark for mark in item.own_markers if mark.name in _OURS)


def of_unittest(cls: object) -> bool:
    """Return True for a ``unittest.TestCase``, whose methods are no trials."""
    return hasattr(cls, "assertEqual")


def misplaced(item: pytest.Item, read: Sequence[pytest.Mark] | None) -> str:
    """Return what is wrong with a marker that nothing has read, or an empty string.

    Args:
        item: The test, as it is about to run.
        read: The markers that were read as it was collected; None where it is no trial.
    """
    marks = list(item.own_markers)
    if read is None and isinstance(item, pytest.Function):  # a doctest is none
        inherited = item.get_closest_marker("llm_dataset")
        if inherited is not None:
            marks.append(inherited)
    for mark in marks:
        if mark.name in _OURS and not _is_among(mark, read or ()):
            return f"{item.nodeid}: nothing reads this {mark.name}: {_why_unread(item)}."
    return ""


def twins(item: pytest.Item, other: pytest.Item) -> str:
    """Return what is wrong with two trials of one name, or an empty string where they are the same test."""
    if item is other or not isinstance(item, pytest.Function) or not isinstance(other, pytest.Function):
        return ""
    values, others = parameters_of(item), parameters_of(other)
    # by identity: what a user's `==` says is no matter here; --keep-duplicates has one test twice
    if values.keys() == others.keys() and all(values[name] is others[name] for name in values):
        return ""
    return (
        f"{item.nodeid}: two tests are called so, and an experiment would count one of them. "
        "Give the parameters ids that differ once they are joined by '-'."
    )


def _is_among(mark: pytest.Mark, marks: Sequence[pytest.Mark]) -> bool:
    # by identity: a marker that was added later may well equal one that was read
    return any(mark is other for other in marks)


def _why_unread(item: pytest.Item) -> str:
    if of_unittest(getattr(item, "cls", None)):
        return "a unittest.TestCase runs its methods by itself; make it a plain class"
    return "it was added after the test was collected; put it on the test, its class or its module"


def read_gate_mark(mark: pytest.Mark) -> GateRule:
    """Return the checked arguments of an ``llm_gate`` marker.

    Raises:
        GateError: An argument is unknown, missing or impossible.
    """
    values = _arguments(mark, "metric", _GATE_KEYS, GateError)
    values["metric"] = identify(values["metric"])
    gate = GateRule(**values)
    check_rule(gate)
    return gate


def _arguments(mark: pytest.Mark, first: str, keys: Sequence[str], error: type[Exception]) -> dict[str, Any]:
    values = dict(zip((first,), mark.args, strict=False)) | dict(mark.kwargs)
    if len(mark.args) > 1:
        others = [key for key in keys if key != first]
        raise error(
            f"{mark.name} takes one positional argument, {first}; name {mark.args[1]!r}, as in {others[0]}=… "
            f"{known(others)}"
        )
    if first not in values:
        raise error(f"{mark.name} needs its first argument, {first}.")
    for key in values:
        if key not in keys:
            raise error(f"{mark.name} has no argument {key!r}.{nearest(key, keys)} {known(keys)}")
    return values
