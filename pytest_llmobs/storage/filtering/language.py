"""LangSmith's filter language: ``parse`` turns a text into conditions, or says where it is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from pytest_llmobs.errors import FilterError
from pytest_llmobs.records.conditions import (
    Comparator,
    Condition,
    Conjunction,
    Disjunction,
    FieldCondition,
    Negation,
    TextSearch,
)
from pytest_llmobs.storage.filtering.fields import (
    ELSEWHERE,
    KINDS,
    OWN_FIELDS,
    SEARCHED,
    FilterField,
    by_name,
)
from pytest_llmobs.storage.filtering.grouping import Placed, grouped
from pytest_llmobs.storage.filtering.mistakes import mistake
from pytest_llmobs.storage.filtering.syntax import Argument, Bracketed, Call, Constant, Word, read
from pytest_llmobs.storage.filtering.values import MisfitValueError, filled_text, json_object, value_of
from pytest_llmobs.wording import known, nearest

COMPARATORS: tuple[str, ...] = get_args(Comparator)
MOST = 500
"""Most comparisons in one filter: Arrow evaluates a chain of them by recursion, and a long one ends the process."""
_JOINTS = ("and", "or", "not")
_SEARCH = ' A part of a text is found by search(name, "refund").'
_OTHER_NAMES: Mapping[str, str] = {
    "contains": _SEARCH,
    "like": _SEARCH,
    "ilike": _SEARCH,
    "startswith": _SEARCH,
    "matches": _SEARCH,
    "equals": " Did you mean 'eq'?",
    "between": " Write and(gte(latency, 1), lt(latency, 2)).",
}
"""What other languages call a comparison -> what it is here."""


def parse(text: str) -> Condition:
    """Return the conditions that a filter states.

    Args:
        text: Such as ``and(eq(status, "error"), gt(latency, 2))``.

    Raises:
        FilterError: It can't be understood; the message shows the place, what was expected, and near names.
    """
    if not isinstance(text, str):
        raise FilterError(f"A filter is a text such as 'eq(status, \"error\")', not {text!r}.")
    return _Reading(text).condition(read(text)).condition


class _Reading:
    """What a filter's calls mean."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._comparisons = 0

    def condition(self, node: Argument) -> Placed:
        if not isinstance(node, Call):
            raise self._mistake(node.column, 'Expected a condition, such as eq(status, "error").')
        name = node.name.lower()
        if name in _JOINTS:
            return self._joint(name, node)
        if name not in COMPARATORS:
            raise self._unknown_call(node)
        if name == "search" and len(node.arguments) == 1:
            self._count(len(SEARCHED), node.column)
            return Placed(self._search(node), node.column)
        return self._comparison(name, node)

    def _joint(self, name: str, node: Call) -> Placed:
        if not node.arguments:
            raise self._mistake(
                node.end, f'{name}(…) is empty. Expected a condition, such as eq(status, "error").'
            )
        if name == "not" and len(node.arguments) > 1:
            column = node.arguments[1].column
            raise self._mistake(
                column, "not(…) takes one condition. Several are joined by and(…) or or(…) within."
            )
        parts = list(map(self.condition, node.arguments))
        conditions = tuple(part.condition for part in parts)
        if name == "and":
            return Placed(Conjunction(grouped(parts, self._mistake)), node.column)
        if name == "or":
            return Placed(Disjunction(conditions), node.column)
        return Placed(Negation(conditions[0]), node.column)

    def _search(self, node: Call) -> TextSearch:
        (argument,) = node.arguments
        try:
            if isinstance(argument, Constant):
                return TextSearch(filled_text(argument))
        except MisfitValueError:
            pass
        raise self._mistake(argument.column, 'search takes a text in quotes: search("refund").')

    def _comparison(self, name: str, node: Call) -> Placed:
        if len(node.arguments) != 2:
            column = node.end
            if len(node.arguments) > 2:
                column = node.arguments[2].column
            raise self._mistake(column, f"{name} takes a field and a value: {_example(name)}.")
        first, second = node.arguments
        field = self._field(first)
        rule = KINDS[field.kind]
        if name not in rule.comparators and not _asks_for_null(name, field, second):
            choices = ", ".join(rule.comparators)
            raise self._mistake(
                node.column,
                f"{field.name} can't be compared by {name!r}. It can by: {choices}.{_remedy(field)}",
            )
        comparator: Any = name
        value = self._value(name, field, second)
        self._count(_comparisons(field, value), node.column)
        return Placed(FieldCondition(field.name, comparator, value), node.column)

    def _count(self, comparisons: int, column: int) -> None:
        self._comparisons += comparisons
        if self._comparisons > MOST:
            raise self._mistake(
                column,
                f"The filter makes more than {MOST} comparisons. Ask for many texts or ids by one in(…, […]), whose "
                "list may have any length, or ask several times.",
            )

    def _field(self, node: Argument) -> FilterField:
        if isinstance(node, Constant) and isinstance(node.value, str) and node.value in by_name():
            # LangSmith takes a field's name in quotes as well.
            return by_name()[node.value]
        if not isinstance(node, Word):
            raise self._mistake(node.column, "Expected the name of a field, such as status or latency.")
        field = by_name().get(node.text)
        if field is not None:
            return field
        remedy = ELSEWHERE.get(node.text)
        if remedy is None:
            names = known(field.name for field in OWN_FIELDS).removesuffix(".")
            remedy = f"{nearest(node.text, by_name())} {names}, and every other column of the store.".lstrip()
        raise self._mistake(node.column, f"Unknown field {node.text!r}. {remedy}")

    def _value(self, name: str, field: FilterField, node: Argument) -> Any:
        if name == "in":
            return self._several(field, node)
        if isinstance(node, Bracketed):
            raise self._mistake(node.column, f"A list stands in in(…) alone: in({field.name}, […]).")
        if name == "has" and field.kind == "json":
            return self._constant(field, node, json_object)
        if name in ("exists", "search"):
            return self._constant(field, node, filled_text)
        if isinstance(node, Constant) and node.value is None:
            if not _asks_for_null(name, field, node):
                raise self._mistake(
                    node.column, f"{field.name} can't be compared with null by {name!r}.{_remedy(field)}"
                )
            return None
        value = self._constant(field, node, lambda constant: value_of(field, constant))
        if isinstance(value, bool) and name not in ("eq", "neq"):
            raise self._mistake(
                node.column, f"true and false have no order: {field.name} takes them by eq and neq."
            )
        return value

    def _several(self, field: FilterField, node: Argument) -> tuple[Any, ...]:
        if not isinstance(node, Bracketed):
            raise self._mistake(node.column, f'in takes a list in brackets: in({field.name}, ["a", "b"]).')
        values = []
        for item in node.items:
            values.append(self._constant(field, item, lambda constant: value_of(field, constant)))
        return tuple(values)

    def _constant(self, field: FilterField, node: Argument, meant: Callable[[Constant], Any]) -> Any:
        expected = f"{field.name} takes {KINDS[field.kind].values}{', or null' * field.takes_null}"
        if not isinstance(node, Constant):
            shown = f"{node.text!r} is no value" if isinstance(node, Word) else "This is no value"
            raise self._mistake(node.column, f"{shown}: {expected}.{_bare_word_remedy(node)}")
        try:
            return meant(node)
        except MisfitValueError as error:
            message = str(error) or f"{_shown(node)} is no value for {field.name}: {expected}."
            raise self._mistake(node.column, message) from None

    def _unknown_call(self, node: Call) -> FilterError:
        choices = (*_JOINTS, *COMPARATORS)
        remedy = _OTHER_NAMES.get(node.name.lower()) or nearest(node.name.lower(), choices)
        return self._mistake(node.column, f"Unknown comparator {node.name!r}.{remedy} {known(choices)}")

    def _mistake(self, column: int, message: str) -> FilterError:
        return mistake(self._text, column, message)


def _comparisons(field: FilterField, value: Any) -> int:
    """Return as how many comparisons a condition is evaluated: a list of texts is looked up in one."""
    if not isinstance(value, tuple):
        return 1
    is_lookup = field.kind != "tags" and all(isinstance(item, str) for item in value)
    return 1 if is_lookup else len(value)


def _asks_for_null(name: str, field: FilterField, node: Argument) -> bool:
    is_null = isinstance(node, Constant) and node.value is None
    return is_null and name in ("eq", "neq") and field.takes_null


def _bare_word_remedy(node: Argument) -> str:
    if not isinstance(node, Word):
        return ""
    if node.text.lower() in ("none", "nil", "undefined"):
        return " Write null."
    return " Texts stand in quotes."


def _shown(constant: Constant) -> str:
    if constant.quoted:
        return repr(constant.value)
    return constant.raw


_EXAMPLES: Mapping[str, str] = {
    "in": 'in(run_type, ["llm", "tool"])',
    "has": 'has(tags, "beta")',
    "exists": 'exists(metadata, "tenant_id")',
    "search": 'search(error, "Timeout"); or a text alone: search("refund")',
}


def _example(name: str) -> str:
    return _EXAMPLES.get(name, f"{name}(latency, 2)")


def _remedy(field: FilterField) -> str:
    """Return how people ask for what they may have meant."""
    if field.kind == "tags":
        return ' Write has(tags, "beta"), or eq(tags, null) for none.'
    if field.kind == "json" and field.name == "metadata":
        return ' Write and(eq(metadata_key, "env"), eq(metadata_value, "prod")).'
    if field.record in ("metadata", "input", "output"):
        return f' Write exists({field.column}, "key"), or not(exists(…)).'
    if field.record == "feedback":
        return ' Runs without it are not(eq(feedback_key, "…")).'
    return ""
