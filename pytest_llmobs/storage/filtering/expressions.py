"""One comparison as an Arrow expression that is never null: what is absent fulfils nothing but ``eq(…, null)``."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial, reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.records.conditions import FieldCondition
from pytest_llmobs.storage.filtering.fields import SEARCHED, FilterField

_JSON = ("inputs", "outputs", "metadata", "params", "reference_outputs")
_COMPARE: Mapping[str, Callable[[Any, Any], pc.Expression]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_BETWEEN_TAGS = "\uffff"
"""A noncharacter: Unicode promises that it is never one, so that no tag has it."""
_ESCAPE_LETTERS = 'bfnrtu/\\"'
# Behind an odd number of backslashes such a letter is that of an escape, and no letter of the text.
_NOT_ESCAPED = r"(?:^|[^\\])(?:\\\\)*"


def every(parts: Iterable[pc.Expression]) -> pc.Expression:
    """Return what is true where all parts are."""
    return _joined(operator.and_, parts, empty=True)


def either(parts: Iterable[pc.Expression]) -> pc.Expression:
    """Return what is true where one of the parts is."""
    return _joined(operator.or_, parts, empty=False)


def _joined(
    join: Callable[[Any, Any], pc.Expression], parts: Iterable[pc.Expression], empty: bool
) -> pc.Expression:
    expressions = list(parts)
    if not expressions:
        return pc.scalar(empty)
    return reduce(join, expressions)


def among(column: str, values: pa.Array) -> pc.Expression:
    """Return that a column's text is one of many; with their bounds, which footers have statistics for."""
    if not len(values):
        return pc.scalar(False)
    field, bounds = pc.field(column), pc.min_max(values)
    within = (field >= bounds["min"]) & (field <= bounds["max"]) & field.is_valid()
    return within & field.isin(values)


def searched(column: str, text: str) -> pc.Expression:
    """Return that a column holds a text, in whatever case; in JSON, as the text stands there."""
    field = pc.field(column)
    if column in _JSON:
        inner = json.dumps(text, ensure_ascii=False)[1:-1]
        guard = _NOT_ESCAPED if inner[0].lower() in _ESCAPE_LETTERS else ""  # which takes three times as long
        found = pc.match_substring_regex(field, guard + re.escape(inner), ignore_case=True)
    else:
        found = pc.match_substring(field, text, ignore_case=True)
    return found & field.is_valid()


def searched_anywhere(text: str) -> pc.Expression:
    """Return that one of the columns that ``search`` looks into holds a text."""
    return either(map(partial(searched, text=text), SEARCHED))


def comparison(field: FilterField, condition: FieldCondition) -> pc.Expression:
    """Return what a comparison says, for a field whose column says all."""
    if field.kind in ("flag", "order") and field.column == "parent_id":
        return _is_root(condition)
    if condition.value is None:
        return _is_null(field, negated=condition.comparator == "neq")
    if condition.comparator == "search":
        return searched(field.column, condition.value)
    if field.kind == "tags":
        return _has_tag(condition.value)
    if condition.comparator == "in":
        return _is_one_of(field.column, condition.value)
    return _compared(field.column, condition.comparator, condition.value)


def _is_root(condition: FieldCondition) -> pc.Expression:
    root = pc.field("parent_id").is_null()
    # True, or the order of a root: what else there is is false.
    if bool(condition.value) == (condition.comparator == "eq"):
        return root
    return ~root


def _is_null(field: FilterField, negated: bool) -> pc.Expression:
    null = pc.field(field.column).is_null()
    if field.kind == "tags":
        length = pc.list_value_length(pc.field(field.column))
        null = null | ((length == 0) & pc.field(field.column).is_valid())
    return ~null if negated else null


def _has_tag(wanted: str | tuple[str, ...]) -> pc.Expression:
    if isinstance(wanted, tuple):
        return either(map(_has_tag, wanted))
    tags, between, nothing = pc.field("tags"), pc.scalar(_BETWEEN_TAGS), pc.scalar("")
    joined = pc.binary_join(tags, between)
    framed = pc.binary_join_element_wise(nothing, joined, nothing, between)
    has = pc.match_substring(framed, _BETWEEN_TAGS + wanted + _BETWEEN_TAGS)
    # An empty list is framed as well, and would have the empty tag.
    return has & tags.is_valid() & (pc.list_value_length(tags) > 0)


def _is_one_of(column: str, values: tuple[Any, ...]) -> pc.Expression:
    if all(isinstance(value, str) for value in values):
        return among(column, pa.array(values, pa.string()))
    return either(map(partial(_compared, column, "eq"), values))


def _compared(column: str, comparator: str, value: Any) -> pc.Expression:
    field = pc.field(column)
    return _COMPARE[comparator](field, _scalar(value)) & field.is_valid()


def _scalar(value: Any) -> pa.Scalar:
    if isinstance(value, datetime):
        return pa.scalar(value, pa.timestamp("us", "UTC"))
    return pa.scalar(value)
