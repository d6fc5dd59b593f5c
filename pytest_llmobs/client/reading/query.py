"""Which runs are asked for: LangSmith's arguments, checked and made into one filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_llmobs.committed import stated
from pytest_llmobs.errors import ArgumentError, FilterError
from pytest_llmobs.records.fit import shortened
from pytest_llmobs.records.runs import RUN_TYPES
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.client.reading.pages import Position
    from pytest_llmobs.records.conditions import Comparator, Condition, RunFilter


_SAME = {
    "id": "run_ids",
    "ids": "run_ids",
    "trace": "trace_id",
    "parent_run": "parent_run_id",
    "reference_example_ids": "reference_example_id",
    "reference_examples": "reference_example_id",
    "has_error": "error",
    "min_start_time": "start_time",
    "max_start_time": "end_time",
}
"""Names of one method -> that of ``list_runs``."""
_NAMING_RUNS = {"run_ids", "id", "ids", "trace_id", "trace", "parent_run_id", "parent_run"}
"""Arguments that name runs by their ids: the runs of judges too."""


def read_filter(given: Mapping[str, Any]) -> RunFilter:
    """Return what runs are asked for as one filter.

    Args:
        given: ``RunArguments``, ``StatsArguments`` or ``QueryArguments``.

    Raises:
        ArgumentError: A value is of the wrong type, an id is no UUID, a run type is unknown.
        FilterError: A filter can't be understood.
    """
    from pytest_llmobs.records.conditions import Conjunction, RunFilter

    asked = stated(given)
    parts: list[Condition] = []
    for name, value in asked.items():
        read = _CONDITIONS.get(_SAME.get(name, name))
        if read is not None:
            parts.append(read(name, value))
    if not asked.keys() & _NAMING_RUNS and not asked.get("evaluator_runs"):
        parts.append(_condition("evaluates", "eq", None))
    return RunFilter(
        run=Conjunction(tuple(parts)),
        trace=_optional_filter("trace_filter", asked.get("trace_filter")),
        tree=_optional_filter("tree_filter", asked.get("tree_filter")),
    )


def in_thread(wanted: RunFilter, thread_id: Any) -> RunFilter:
    """Return a filter that asks for one conversation besides.

    Raises:
        ArgumentError: The conversation's id says nothing.
    """
    if thread_id is None or not str(thread_id):
        raise ArgumentError(f"thread_id={shortened(thread_id)} must name a conversation.")
    return wanted.narrowed(_condition("thread_id", "eq", str(thread_id)))


def behind(wanted: RunFilter, position: Position | None) -> RunFilter:
    """Return a filter that asks besides for what comes behind a position, newest first."""
    from pytest_llmobs.records.conditions import Disjunction

    if position is None:
        return wanted
    # the first by itself: files are left out by it
    not_later = _condition("start_time", "lte", position.start_time)
    earlier = _condition("start_time", "lt", position.start_time)
    smaller = _condition("id", "lt", position.id)
    return wanted.narrowed(not_later).narrowed(Disjunction((earlier, smaller)))


def read_limit(limit: Any, name: str = "limit") -> int | None:
    """Return the most that are wanted; None for all.

    Args:
        limit: As it was given.
        name: What messages call it.

    Raises:
        ArgumentError: It is no whole number, or negative.
    """
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise ArgumentError(f"{name}={shortened(limit)} must be a whole number, 0 or more; None gives all.")
    return limit


def read_page(limit: Any, offset: Any) -> slice:
    """Return which part of a list is wanted.

    Raises:
        ArgumentError: One of the two is no whole number, or negative.
    """
    most, start = read_limit(limit), read_limit(offset, "offset") or 0
    return slice(start, None if most is None else start + most)


def read_moment(name: str, value: Any) -> datetime:
    """Return a time in UTC; one without a time zone is local.

    Raises:
        ArgumentError: It is neither a datetime nor the ISO 8601 text of one.
    """
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
    if not isinstance(moment, datetime):
        raise ArgumentError(
            f"{name}={shortened(value)} must be a datetime, or its text such as '2026-03-01T12:00:00Z'. Without a "
            "time zone it is local."
        )
    return moment.astimezone(UTC)


def read_choice(name: str, value: Any, choices: Iterable[str]) -> str:
    """Return one of several words.

    Raises:
        ArgumentError: It is none of them.
    """
    words = list(choices)
    if value not in words:
        raise ArgumentError(f"Unknown {name} {shortened(value)}.{nearest(str(value), words)} {known(words)}")
    return str(value)


def read_flag(name: str, value: Any) -> bool:
    """Return a bool; 0 and 1 count as such.

    Raises:
        ArgumentError: It is none.
    """
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise ArgumentError(f"{name}={shortened(value)} must be True or False.")


def _condition(field: str, comparator: Comparator, value: Any) -> Condition:
    from pytest_llmobs.records.conditions import FieldCondition

    return FieldCondition(field, comparator, value)


def _id(field: str, name: str, value: Any) -> Condition:
    from pytest_llmobs.feedback.arguments import checked_id

    return _condition(field, "eq", checked_id(name, value))


def _ids(field: str, name: str, value: Any) -> Condition:
    from pytest_llmobs.feedback.arguments import checked_ids

    return _condition(field, "in", tuple(checked_ids(name, value) or ()))


def _texts(field: str, name: str, value: Any) -> Condition:
    if isinstance(value, list | tuple | set | frozenset):
        return _condition(field, "in", tuple(map(str, value)))
    return _condition(field, "eq", str(value))


def _run_type(name: str, value: Any) -> Condition:
    # LangSmith's newer client writes them in capitals.
    wanted = value.lower() if isinstance(value, str) else value
    return _condition("run_type", "eq", read_choice("run_type", wanted, RUN_TYPES))


def _is_root(name: str, value: Any) -> Condition:
    return _condition("is_root", "eq", read_flag(name, value))


def _execution_order(name: str, value: Any) -> Condition:
    if value != 1:
        raise ArgumentError(
            f"execution_order={shortened(value)} can't be asked for: only 1, the root run, is kept. "
            "sorted(run.child_runs, key=lambda run: run.start_time) orders the others."
        )
    return _condition("is_root", "eq", True)


def _error(name: str, value: Any) -> Condition:
    comparator: Comparator = "neq" if read_flag(name, value) else "eq"
    return _condition("error", comparator, None)


def _time(comparator: Comparator, name: str, value: Any) -> Condition:
    return _condition("start_time", comparator, read_moment(name, value))


def _query(name: str, value: Any) -> Condition:
    from pytest_llmobs.records.conditions import TextSearch

    if not isinstance(value, str) or not value.strip():
        raise ArgumentError(f"query={shortened(value)} must be a text to look for; filter= takes conditions.")
    return TextSearch(value)


def _filter(name: str, value: Any) -> Condition:
    from pytest_llmobs.storage.filtering.language import parse

    try:
        return parse(value)
    except FilterError as error:
        if name == "filter":
            raise
        raise FilterError(f"{name}: {error}") from error


def _optional_filter(name: str, value: Any) -> Condition | None:
    if value is None:
        return None
    return _filter(name, value)


_CONDITIONS: Mapping[str, Callable[[str, Any], Condition]] = {
    "run_ids": partial(_ids, "id"),
    "trace_id": partial(_id, "trace_id"),
    "parent_run_id": partial(_id, "parent_run_id"),
    "reference_example_id": partial(_texts, "reference_example_id"),
    "reference_dataset_id": partial(_texts, "dataset"),
    "run_type": _run_type,
    "is_root": _is_root,
    "execution_order": _execution_order,
    "error": _error,
    "start_time": partial(_time, "gte"),
    "end_time": partial(_time, "lt"),
    "query": _query,
    "filter": _filter,
}
