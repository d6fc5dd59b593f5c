"""A judge's answer: the shape asked of the model, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.evaluators.judging.scale import Reading, Scale, UnusableReplyError
from pytest_llmobs.evaluators.rules.fences import fenced, is_fenced
from pytest_llmobs.files import each_once

_THINKING = ("think", "thinking")
"""Tags between which models think aloud."""


@dataclass(frozen=True)
class Verdict:
    """One usable answer of one model."""

    reason: str
    reading: Reading
    criteria: Mapping[str, bool] = field(default_factory=dict)
    """Whether each criterion is met, on a checklist."""


def schema_of(scale: Scale, criteria: Sequence[str]) -> dict[str, Any]:
    """Return the JSON Schema of a verdict. The reason comes first: the model thinks before it scores."""
    if criteria:
        check = _object(reason={"type": "string", "maxLength": 300}, met={"type": "boolean"})
        checks = {}
        for number in range(1, len(criteria) + 1):
            checks[f"criterion_{number}"] = check
        return _object(**checks)
    return _object(reason={"type": "string", "maxLength": 1000}, score=scale.schema())


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def read_reply(reply: Any) -> Mapping[str, Any]:
    """Return the JSON object of a reply: a mapping as it is, or a text that is JSON.

    Around the JSON may stand what models of today put there: their thinking in ``<think>`` or ``<thinking>`` before it,
    and one code fence. Prose is never searched for a score.

    Raises:
        UnusableReplyError: It is anything else.
    """
    if isinstance(reply, str):
        reply = _parsed(reply)
    if not isinstance(reply, Mapping):
        raise UnusableReplyError(f"the reply is {type(reply).__name__}, not a JSON object")
    return reply


def _parsed(reply: str) -> Any:
    text = without_thinking(reply).strip()
    if is_fenced(text):
        inner = fenced(text)
        if inner is not None:
            text = inner
    try:
        return json.loads(text, object_pairs_hook=each_once)
    except (ValueError, RecursionError) as error:
        raise UnusableReplyError(
            f"the reply is not the JSON object that was asked for ({error or type(error).__name__})"
        ) from None


def without_thinking(reply: str) -> str:
    """Return what follows the blocks of thinking that a reply begins with; one that never ends leaves nothing."""
    text = reply.lstrip()
    while True:
        end = _end_of_thinking(text)
        if end is None:
            return text
        text = text[end:].lstrip()


def _end_of_thinking(text: str) -> int | None:
    """Return where the block of thinking that ``text`` begins with has ended, or None where it begins with none."""
    for tag in _THINKING:
        closing = f"</{tag}>"
        # Some servers keep the opening tag for themselves: it is part of their prompt. JSON begins otherwise.
        if text.startswith(f"<{tag}>") or (closing in text and not text.startswith(("{", "`", "<"))):
            before, _, _ = text.partition(closing)
            return min(len(before) + len(closing), len(text))
    return None


def read_verdict(answer: Mapping[str, Any], scale: Scale, criteria: Sequence[str]) -> Verdict:
    """Return the verdict that ``answer`` gives.

    Raises:
        UnusableReplyError: A part is missing or off the scale.
    """
    if criteria:
        return _checklist(answer, criteria)
    return Verdict(_reason(answer, "reason"), scale.read(_part(answer, "score")))


def _checklist(answer: Mapping[str, Any], criteria: Sequence[str]) -> Verdict:
    met: dict[str, bool] = {}
    unmet: list[str] = []
    for number, criterion in enumerate(criteria, 1):
        name = f"criterion_{number}"
        check = _part(answer, name)
        if not isinstance(check, Mapping) or not isinstance(check.get("met"), bool):
            raise UnusableReplyError(f"{name} must be an object with a 'reason' and 'met' (true or false)")
        met[criterion] = check["met"]
        if not check["met"]:
            unmet.append(f"not met: {criterion} ({_reason(check, name)})")
    hits = sum(met.values())
    share = hits / len(met)
    shown = f"{hits} of {len(met)} criteria"
    return Verdict("; ".join(unmet) or "meets all criteria", Reading(share, None, shown), met)


def _part(answer: Mapping[str, Any], name: str) -> Any:
    if name not in answer:
        raise UnusableReplyError(f"{name!r} is missing from the reply")
    return answer[name]


def _reason(answer: Mapping[str, Any], where: str) -> str:
    reason = _part(answer, "reason")
    if not isinstance(reason, str):
        raise UnusableReplyError(f"{where}: the reason must be a text")
    return reason.strip()
