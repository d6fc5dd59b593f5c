"""The kinds of condition that a rule is made of: the table is the only list, and a new kind is a line of it.

What a kind says is a text of the filter language wherever that can say it, so that the store leaves out what can't
match without reading it, and ``llmobs runs --filter`` shows the same runs.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.wording import known, nearest

_CONFIDENCE = "confidence"
"""The key under which an answer says how sure it is."""
_BOUNDS: Mapping[str, str] = {"below": "lt", "above": "gt", "at most": "lte", "at least": "gte"}
"""How a rule states a bound -> the comparator."""
_BOUND = re.compile(r"\s*(\D+?\s|[<>=]+)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*")
_DIFFERENCE_KEYS = ("more_than", "keys")


@dataclass(frozen=True)
class JudgeDifference:
    """Judges that disagree about a run: two of their scores lie further apart than a number."""

    more_than: float
    keys: Sequence[str] = ()
    """Scores of these keys are held against each other; without keys, those that one key was given."""


@dataclass(frozen=True)
class Part:
    """What one condition of a rule asks of a run. One of its fields says it."""

    words: str
    """As a queue's item tells why it is there."""
    filter: str | None = None
    """In the filter language."""
    projects: Sequence[str] | None = None
    """It belongs to one of these projects."""
    share: float | None = None
    """It is drawn by its id: so many of all runs, 0 to 1."""
    difference: JudgeDifference | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of condition."""

    read: Callable[[Any], Part | None]
    """Takes the value that a rule states; returns None where it is none of this kind."""
    values: str
    """What it may be, for messages and documentation."""
    meaning: str
    """Which runs fulfil it."""


def is_number(value: Any) -> TypeGuard[float]:
    """Tell whether a value is a finite number, and no yes or no."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _texts(value: Any) -> list[str] | None:
    """Return one text or several as a list; None where it is neither."""
    texts = list(value) if isinstance(value, list | tuple) else [value]
    if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
        return None
    return texts


def _project(value: Any) -> Part | None:
    names = _texts(value)
    if names is None:
        return None
    return Part(f"project {', '.join(names)}", projects=names)


def _filter(value: Any) -> Part | None:
    from pytest_llmobs.storage.filtering.language import parse

    if not isinstance(value, str) or not value.strip():
        return None
    parse(value)
    return Part(value, filter=value)


def _confidence_below(value: Any) -> Part | None:
    if not is_number(value):
        return None
    stated = []
    for entry in ("output", "metadata"):
        stated.append(f"and(eq({entry}_key, {_text(_CONFIDENCE)}), lt({entry}_value, {value}))")
    return Part(f"confidence below {value:g}", filter=f"or({', '.join(stated)})")


def _metadata(value: Any) -> Part | None:
    if not isinstance(value, Mapping) or not value:
        return None
    filters, words = [], []
    for key, wanted in value.items():
        choices = list(wanted) if isinstance(wanted, list | tuple) else [wanted]
        if not isinstance(key, str) or not choices or not all(map(_is_plain, choices)):
            return None
        filters.append(f"and(eq(metadata_key, {_text(key)}), in(metadata_value, {_text(choices)}))")
        words.append(f"{key} {' or '.join(map(_shown, choices))}")
    return Part(", ".join(words), filter=f"and({', '.join(filters)})")


def _words(value: Any) -> Part | None:
    texts = _texts(value)
    if texts is None:
        return None
    filters = []
    for text in texts:
        filters.append(f"search(inputs, {_text(text)})")
    return Part(f"words {', '.join(texts)}", filter=f"or({', '.join(filters)})")


def _feedback(value: Any) -> Part | None:
    keys = _texts(value)
    if keys is not None:
        return Part(f"feedback {' or '.join(keys)}", filter=f"in(feedback_key, {_text(keys)})")
    if not isinstance(value, Mapping) or not value:
        return None
    filters, words = [], []
    for key, wanted in value.items():
        said = _said(wanted)
        if not isinstance(key, str) or said is None:
            return None
        filters.append(f"and(eq(feedback_key, {_text(key)}), {said})")
        words.append(f"{key} {_shown(wanted)}")
    return Part(f"feedback {', '.join(words)}", filter=f"and({', '.join(filters)})")


def _said(wanted: Any) -> str | None:
    """Return what a feedback must say, in the filter language; None where that can't be read."""
    if isinstance(wanted, bool) or is_number(wanted):
        return f"eq(feedback_score, {_text(wanted)})"
    bound = _BOUND.fullmatch(wanted) if isinstance(wanted, str) else None
    # behind other words a number is a bound with a slip of the pen: as a label it would never match
    if bound is not None:
        which = bound[1].strip()
        if which not in _BOUNDS:
            raise ArgumentError(f"{wanted!r} is no bound.{nearest(which, _BOUNDS)} {known(_BOUNDS)}")
        return f"{_BOUNDS[which]}(feedback_score, {float(bound[2])})"
    labels = _texts(wanted)
    return None if labels is None else f"in(feedback_value, {_text(labels)})"


def _judges_differ(value: Any) -> Part | None:
    stated = {"more_than": value} if is_number(value) else value
    if not isinstance(stated, Mapping):
        return None
    for key in stated:
        if key not in _DIFFERENCE_KEYS:
            raise ArgumentError(
                f"unknown key {key!r}.{nearest(str(key), _DIFFERENCE_KEYS)} {known(_DIFFERENCE_KEYS)}"
            )
    bound = stated.get("more_than")
    keys = _texts(stated["keys"]) if "keys" in stated else []
    if not is_number(bound) or bound < 0 or keys is None or len(keys) == 1:
        return None
    which = f"{' and '.join(keys)} differ" if keys else "judges differ"
    return Part(f"{which} by more than {bound:g}", difference=JudgeDifference(float(bound), keys))


def _sample(value: Any) -> Part | None:
    share = value
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            share = float(value.strip()[:-1]) / 100
        except ValueError:
            return None
    if not is_number(share) or not 0 < share <= 1:
        return None
    # a one without the sign may be meant as one per cent
    if share == 1 and not isinstance(value, str):
        return None
    return Part(f"sample {share * 100:g}%", share=share)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | bool) or is_number(value)


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " or ".join(map(_shown, value))
    return value if isinstance(value, str) else _text(value)


KINDS: Mapping[str, Kind] = {
    "project": Kind(_project, "a project's name, or a list of names", "runs of these projects alone"),
    "filter": Kind(
        _filter,
        "a filter, such as 'eq(status, \"error\")'",
        "what the filter language says; as everywhere else it may speak of latency, cost, tags, inputs …",
    ),
    "confidence_below": Kind(
        _confidence_below,
        "a number, such as 0.6",
        "the answer is less sure of itself: the number `confidence` of its outputs or its metadata",
    ),
    "metadata": Kind(
        _metadata,
        "values by key, such as {tier: gold} or {tier: [gold, trial]}",
        "metadata of the run; several keys hold together, of a list one value is enough",
    ),
    "words": Kind(
        _words,
        "a word or a list of words, such as [refund, invoice]",
        "the inputs hold one of the words, in whatever case, also within another word",
    ),
    "feedback": Kind(
        _feedback,
        "by key a bound ({user_rating: below 0.4}), a score or a label; or keys alone (correction)",
        "somebody has said that of the run: `below`, `above`, `at most` or `at least` a number, a score, a label",
    ),
    "judges_differ": Kind(
        _judges_differ,
        "a number, such as 0.4, or {more_than: 0.4, keys: [tone, tone_strict]}",
        "two scores of evaluators lie further apart: of those keys, or else under one and the same key",
    ),
    "sample": Kind(
        _sample,
        "a share, such as 2%",
        "a random share, drawn by the run's id: the same runs whenever and wherever it is asked",
    ),
}
"""Every kind of condition, in the order of the documentation."""


def markdown() -> str:
    """Render the table of kinds for ``docs/review.md``."""
    lines = ["| condition | takes | fulfilled where |", "|---|---|---|"]
    for name, kind in KINDS.items():
        lines.append(f"| `{name}` | {kind.values} | {kind.meaning} |")
    return "\n".join(lines) + "\n"
