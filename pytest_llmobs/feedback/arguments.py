"""What callers give: ids, scores, sources and corrections, checked, and as plain values."""

from __future__ import annotations

import numbers
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.records.feedback import SOURCE_TYPES, FeedbackSourceType
from pytest_llmobs.records.fit import shortened
from pytest_llmobs.records.scores import unfit
from pytest_llmobs.tracing.ids import read_id
from pytest_llmobs.wording import known, nearest

PlainScore = float | bool | None


_IDS = {"feedback_id": "the `id` of what create_feedback() and list_feedback() return"}
"""Arguments that aren't about a run, and where their ids come from."""


def checked_id(name: str, value: Any) -> str | None:
    """Return an id as we write it: lower-case, with dashes.

    Args:
        name: The argument's, for the message.
        value: A UUID or its text; None stays None.

    Raises:
        ArgumentError: It is no UUID.
    """
    if value is None:
        return None
    id = read_id(value)
    if id is None:
        such = _IDS.get(name, "a run's id (`get_current_run_tree().id`, `run.id`)")
        raise ArgumentError(f"{name}={shortened(value)} is no id: a UUID is needed, such as {such}.")
    return id


def checked_ids(name: str, values: Any) -> list[str] | None:
    """Return ids as we write them; one alone counts as a list of it, None stays None.

    Raises:
        ArgumentError: One is no UUID.
    """
    if values is None:
        return None
    if isinstance(values, str | uuid.UUID):
        values = [values]
    ids: list[str] = []
    for value in values:
        checked = checked_id(name, value)
        if checked is not None:
            ids.append(checked)
    return ids


def needed_id(name: str, value: Any) -> str:
    """Return an id that has to be there.

    Raises:
        ArgumentError: It is missing, or no UUID.
    """
    checked = checked_id(name, value)
    if checked is None:
        raise ArgumentError(f"{name} is missing: which feedback is meant? `list_feedback()` has the ids.")
    return checked


def checked_text(name: str, value: Any) -> str | None:
    """Return a text; None stays None.

    Raises:
        ArgumentError: It is no text.
    """
    if value is None or isinstance(value, str):
        return value
    raise ArgumentError(f"{name}={shortened(value)} must be a text.")


def needed_text(name: str, value: Any) -> str:
    """Return a text that has to be there.

    Raises:
        ArgumentError: It is no text, or nothing but blanks.
    """
    text = checked_text(name, value)
    if text is None or not text.strip():
        raise ArgumentError(f"{name}={shortened(value)} must be a text that says something.")
    return text


def checked_texts(name: str, values: Any) -> list[str] | None:
    """Return texts; one alone counts as a list of it, None stays None.

    Raises:
        ArgumentError: One is no text.
    """
    if values is None:
        return None
    if isinstance(values, str):
        return [values]
    if not isinstance(values, Iterable):
        raise ArgumentError(f"{name}={shortened(values)} must be a text, or a list of texts.")
    return [needed_text(name, value) for value in values]


def read_score(score: Any) -> tuple[PlainScore, str | None]:
    """Return a score as a plain number or bool with all its digits, and why what was given is none.

    What is no score is no error: a running app shall not lose the comment beside it.
    """
    if score is None or type(score) is bool:
        return score, None
    if not isinstance(score, int | float):
        score = _as_number(score)
    if not isinstance(score, int | float):
        return None, f"the score was {shortened(score)}, which is no number; a label is given as value="
    if type(score) is bool:
        return score, None
    problem = unfit(score)
    if problem is not None:
        return None, f"the score was {problem}"
    if isinstance(score, int):
        return int(score), None
    return float(score), None


def _as_number(score: Any) -> Any:
    """Return one of numpy's numbers or truths, a Decimal or a Fraction as a plain one; all else as it is."""
    item = getattr(score, "item", None)
    if callable(item) and not getattr(score, "shape", None):
        return item()
    if isinstance(score, numbers.Number) and not isinstance(score, numbers.Complex | complex):
        return float(score)  # type: ignore[arg-type]
    if isinstance(score, numbers.Real):
        return float(score)
    return score


def checked_correction(correction: Any) -> Any:
    """Return a correction.

    Raises:
        ArgumentError: It is neither a text nor a dict.
    """
    if correction is None or isinstance(correction, str | dict):
        return correction
    raise ArgumentError(
        f"correction={shortened(correction)} must be a text, or a dict of what the outputs should have been."
    )


def checked_object(name: str, value: Any) -> dict[str, Any]:
    """Return a dict; None becomes an empty one.

    Raises:
        ArgumentError: It is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ArgumentError(f"{name}={shortened(value)} must be a dict.")
    return value


def checked_source_type(value: Any) -> FeedbackSourceType:
    """Return a kind of source: its name, or a member of an enumeration that has it as its value.

    Raises:
        ArgumentError: It is unknown.
    """
    plain = value.value if isinstance(value, Enum) else value
    for known_type in SOURCE_TYPES:
        if plain == known_type:
            return known_type  # type: ignore[return-value]
    raise ArgumentError(
        f"feedback_source_type={shortened(value)} is unknown.{nearest(str(plain), SOURCE_TYPES)} {known(SOURCE_TYPES)}"
    )


def checked_moment(name: str, value: Any) -> datetime | None:
    """Return a time in UTC; one without a time zone is local.

    Raises:
        ArgumentError: It is no datetime.
    """
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise ArgumentError(f"{name}={shortened(value)} must be a datetime.")
    return value.astimezone(UTC)
