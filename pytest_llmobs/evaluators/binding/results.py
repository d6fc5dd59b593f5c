"""What an evaluator may return, and the scores that come of it."""

from __future__ import annotations

import json
import numbers
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.files import encodable
from pytest_llmobs.records.scores import Score
from pytest_llmobs.wording import known, nearest

FIELDS = ("key", "score", "value", "comment", "error", "metadata", "exempt")
"""Keys of a returned dict, those of ``Score``."""
_IGNORED = ("correction", "evaluator_info", "feedback_config", "source_run_id", "target_run_id", "extra")
"""Keys of LangSmith's ``EvaluationResult`` that say nothing about the score; kept in its metadata."""


def scores_of(returned: Any, key: str) -> list[Score]:
    """Turn what an evaluator returned into scores.

    Args:
        returned: bool or number (the score), str (the label), a dict with ``FIELDS``, ``{"results": […]}``, a
            ``Score``, a list of these, or an object with ``model_dump`` (LangSmith's ``EvaluationResult``).
        key: Name of a score that doesn't name itself.

    Returns:
        At least one score. One with a key of its own names its evaluator in ``metadata["evaluator"]``.

    Raises:
        EvaluatorError: It is none of these, is empty, or names one score twice.
    """
    scores = _scores(returned, key)
    if not scores:
        raise EvaluatorError(f"Evaluator {key!r} returned no score: {_short(returned)}.")
    if len(scores) > 1:
        twice = repeated(score.key for score in scores)
        if twice is not None:
            raise EvaluatorError(
                f"Evaluator {key!r} returned two scores named {twice!r}; give each a 'key' of its own."
            )
    for index, score in enumerate(scores):
        if score.key != key:
            scores[index] = replace(score, metadata={"evaluator": key, **score.metadata})
    return scores


def repeated(names: Iterable[str]) -> str | None:
    """Return the first of ``names`` that occurs twice, or None: two scores, or two evaluators, can't share a key."""
    every = list(names)
    for name in every:
        if every.count(name) > 1:
            return name
    return None


def _scores(returned: Any, key: str) -> list[Score]:
    if isinstance(returned, Score):
        return [_checked(returned, key)]
    if isinstance(returned, Mapping):
        if "results" in returned:
            return _scores(_listed(returned["results"], key), key)
        return [_from_mapping(returned, key)]
    if isinstance(returned, list | tuple):
        scores = []
        for item in returned:
            scores.extend(_scores(item, key))
        return scores
    dump = getattr(returned, "model_dump", None)
    if callable(dump) and not isinstance(returned, type):
        dumped = dump()
        # An object that has any attribute one asks for would dump itself for ever.
        if isinstance(dumped, Mapping):
            return _scores(dumped, key)
    if isinstance(returned, str):
        return [_checked(Score(key, value=returned), key)]
    return [Score(key, score=_number(returned, key))]


def _from_mapping(returned: Mapping[str, Any], key: str) -> Score:
    for name in returned:
        if name not in FIELDS + _IGNORED:
            raise EvaluatorError(
                f"Evaluator {key!r} returned a dict with the unknown key {name!r}."
                f"{nearest(str(name), FIELDS)} {known(FIELDS)} For several scores return a list of dicts."
            )
    fields = _stated(returned, FIELDS)
    if not fields.keys() & {"score", "value", "error"}:
        raise EvaluatorError(
            f"Evaluator {key!r} returned a dict without 'score' or 'value': {_short(returned)}."
        )
    metadata = fields.get("metadata", {})
    _check_kind(metadata, Mapping, "metadata", "a dict", key)
    if "score" in fields:
        fields["score"] = _number(fields["score"], key)
    metadata = {**_stated(returned, _IGNORED), **metadata}
    return _checked(Score(**{"key": key, **fields, "metadata": metadata}), key)


def _checked(score: Score, key: str) -> Score:
    """Return a score whose parts are of the types that it says; a number of another library becomes a plain one.

    Raises:
        EvaluatorError: A part is of another type; the message names it.
    """
    _check_kind(score.key, str, "key", "a name", key)
    _check_kind(score.metadata, Mapping, "metadata", "a dict", key)
    if type(score.score) not in (float, bool, type(None)):
        score = replace(score, score=_number(score.score, key))
    texts: dict[str, Any] = {}
    for part in ("value", "comment", "error"):
        value = getattr(score, part)
        if value is not None and not (type(value) is str and value.isascii()):
            texts[part] = encodable(_text(value))
    if texts:
        score = replace(score, **texts)
    if score.unscored and not score.error:
        raise EvaluatorError(f"Evaluator {key!r} returned a score without 'score' or 'value': {score!r}.")
    return score


def _text(value: Any) -> str:
    """Return a label or a comment as text, whatever it is: no score is lost over it."""
    if isinstance(value, str):
        return str(value)
    return json.dumps(value, default=str, ensure_ascii=False)


def _check_kind(value: Any, kind: type, part: str, wanted: str, key: str) -> None:
    if not isinstance(value, kind) or (isinstance(value, str) and not value.strip()):
        raise EvaluatorError(f"Evaluator {key!r} returned {_short(value)} as {part!r}; it must be {wanted}.")


def _listed(results: Any, key: str) -> list[Any]:
    if isinstance(results, str | Mapping) or not isinstance(results, Iterable):
        raise EvaluatorError(f"Evaluator {key!r} returned {_short(results)} as 'results'; it must be a list.")
    return list(results)


def _stated(returned: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return those of ``names`` that are there; LangSmith's results hold None for what isn't."""
    return {name: returned[name] for name in names if returned.get(name) is not None}


def _number(value: Any, key: str) -> float | bool:
    value = _plain(value)
    if isinstance(value, bool):
        return value  # stays a bool: it is stored and shown as passed or failed, not as 1.0
    if isinstance(value, numbers.Real | Decimal):
        try:
            return float(value)
        except OverflowError:
            raise EvaluatorError(f"Evaluator {key!r} returned a number too large for a score.") from None
    raise EvaluatorError(
        f"Evaluator {key!r} returned {_short(value)}, which is no score. "
        f"Return a bool, a number, a label (str), a dict with 'score' or 'value', or a list of these."
    )


def _plain(value: Any) -> Any:
    """Return numpy's and torch's scalars as Python's, and everything else as it is."""
    to_python = getattr(value, "item", None)
    if not callable(to_python):
        return value
    try:
        return to_python()
    except Exception:  # an array of several numbers, which is no score
        return value


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:
        text = "an object without a repr"
    return f"{text[:80]} ({type(value).__name__})"
