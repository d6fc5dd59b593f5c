"""The settings of a queue, checked: one table for the client's calls and for committed files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, get_args

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.records.fit import shortened
from pytest_llmobs.review.records import DISAGREEMENTS, Verdict
from pytest_llmobs.review.rubric.checks import check_rubric

_MOST_MODES = 20
"""Failure modes of a queue: each has a letter as its key, and some letters are taken."""
_MOST_WEEKLY = 1000
_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?%")


def check_queue_name(name: Any) -> str:
    """Return the name of a queue.

    Raises:
        ArgumentError: It is none, or means another queue's disagreements.
    """
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise ArgumentError(f"The queue's name is {name!r}. Give it a name, such as 'refunds to look at'.")
    if name.endswith(DISAGREEMENTS):
        raise ArgumentError(
            f"The queue's name is {name!r}, and {DISAGREEMENTS!r} behind the name of a queue stands for its "
            "disagreements. Choose another name."
        )
    return name


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise ArgumentError(f"{place} is {shortened(value)}; it must be a text.")
    return value


def _failure_modes(value: Any, place: str) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, list | tuple) or len(value) > _MOST_MODES:
        raise ArgumentError(
            f"{place} is {shortened(value)}; it must be a list of at most {_MOST_MODES} texts, such as ['wrong fact']."
        )
    modes: dict[str, str] = {}
    for number, mode in enumerate(value):
        if not isinstance(mode, str) or not mode.strip() or not mode.isprintable():
            raise ArgumentError(
                f"{place}[{number}] is {shortened(mode)}; it must be a text, such as 'wrong fact'."
            )
        plain = mode.strip()
        if plain.casefold() in get_args(Verdict):
            raise ArgumentError(
                f"{place}[{number}] is {mode!r}, a verdict and no failure mode. Leave it out."
            )
        if plain.casefold() in modes:
            raise ArgumentError(
                f"{place}[{number}] is {mode!r}, which {modes[plain.casefold()]!r} says already. Leave one out."
            )
        modes[plain.casefold()] = plain
    return tuple(modes.values())


def _overlap(value: Any, place: str) -> float:
    share = value
    if isinstance(value, str):
        match = _PERCENT.fullmatch(value.strip())
        share = None if match is None else float(match[1]) / 100
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise ArgumentError(
            f"{place} is {shortened(value)}; it must be a share from 0% to 100%, such as '20%' or 0.2."
        )
    return float(share)


def _calibration(value: Any, place: str) -> int:
    if type(value) is not int or not 0 <= value <= _MOST_WEEKLY:
        raise ArgumentError(
            f"{place} is {shortened(value)}; it must be a whole number from 0 to {_MOST_WEEKLY}: the items of each "
            "week that every reviewer sees."
        )
    return value


def _least_agreement(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ArgumentError(
            f"{place} is {shortened(value)}; it must be a number from 0 to 1, such as 0.7: the kappa or alpha below "
            "which nothing is exported."
        )
    return float(value)


def _rules(value: Any, place: str) -> tuple[Mapping[str, Any], ...]:
    from pytest_llmobs.review.routing.rules import check_rules  # few queues have any

    return check_rules(value, place)


@dataclass(frozen=True)
class QueueSetting:
    """One setting of a queue."""

    field: str
    """Of ``AnnotationQueue``, and the client's keyword."""
    check: Callable[[Any, str], Any]
    """Takes a value and what messages call it; returns what the queue has."""


FILE_KEYS: Mapping[str, QueueSetting] = {
    "description": QueueSetting("description", _text),
    "instructions": QueueSetting("rubric_instructions", _text),
    "rubric": QueueSetting("rubric_items", check_rubric),
    "failure_modes": QueueSetting("failure_modes", _failure_modes),
    "overlap": QueueSetting("overlap", _overlap),
    "calibration": QueueSetting("calibration", _calibration),
    "least_agreement": QueueSetting("least_agreement", _least_agreement),
    "route": QueueSetting("rules", _rules),
}
"""Every key of a committed file."""


def check_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that the client was given; what is None was not said.

    Args:
        settings: By the fields of ``AnnotationQueue``.

    Raises:
        ArgumentError: A value is impossible.
    """
    checks = dict(map(attrgetter("field", "check"), FILE_KEYS.values()))
    checked: dict[str, Any] = {}
    for field, value in settings.items():
        if value is not None:
            checked[field] = checks[field](value, field)
    return checked
