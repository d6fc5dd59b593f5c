"""A prompt, the answer to learn and the one to unlearn: as messages where the prompt is messages, else as texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.datasets.exchange.messages import (
    Message,
    UnfitError,
    answer_of,
    answer_text,
    messages_of,
    prompt_of,
)

Side = str | list[Message]
"""A text, or a list of messages: TRL's two forms."""


@dataclass(frozen=True)
class Answers:
    """What one pair says, and the texts by which its answers are compared."""

    prompt: Side
    chosen: Side
    rejected: Side
    chosen_text: str
    rejected_text: str

    def as_messages(self) -> Answers:
        """Return the same in the conversational form: a file may have only one of the two."""
        if not isinstance(self.prompt, str):
            return self
        return Answers(
            [{"role": "user", "content": self.prompt}],
            [{"role": "assistant", "content": self.chosen_text}],
            [{"role": "assistant", "content": self.rejected_text}],
            self.chosen_text,
            self.rejected_text,
        )


def answers_of(
    inputs: Mapping[str, Any], better: Mapping[str, Any], worse: Mapping[str, Any] | None
) -> Answers:
    """Return what is learnt and unlearnt.

    Args:
        inputs: What was asked.
        better: The outputs that a person would have had.
        worse: Those that were given.

    Raises:
        UnfitError: One of them is no answer, or they answer differently: there is nothing to compare.
    """
    if not worse:
        raise UnfitError("there is no bad answer: the run has no outputs")
    prompt = prompt_of(inputs)
    if isinstance(prompt, str):
        chosen, rejected = _texts(better, worse)
        return Answers(prompt, chosen, rejected, chosen, rejected)
    good, bad = _message(better, worse), answer_of(worse)
    return Answers(messages_of(inputs) or prompt, [good], [bad], _words(good), _words(bad))


def _message(better: Mapping[str, Any], worse: Mapping[str, Any]) -> Message:
    """Return a person's answer as a message; one to a part of the outputs is the text of that part."""
    try:
        return answer_of(better)
    except UnfitError:
        return {"role": "assistant", "content": _texts(better, worse)[0]}


def _words(message: Message) -> str:
    content = message.get("content") or ""
    if message.get("tool_calls"):
        return f"{content}{json.dumps(message['tool_calls'], ensure_ascii=False, sort_keys=True)}"
    return str(content)


def _texts(better: Mapping[str, Any], worse: Mapping[str, Any]) -> tuple[str, str]:
    """Return both answers as texts, of the same part of the outputs.

    Raises:
        UnfitError: They have no part in common, or one is empty.
    """
    chosen, rejected = _compared(better, worse)
    if not chosen.strip():
        raise UnfitError("the better answer is empty")
    if not rejected.strip():
        raise UnfitError("the bad answer is empty")
    return chosen, rejected


def _compared(better: Mapping[str, Any], worse: Mapping[str, Any]) -> tuple[str, str]:
    if len(better) == 1:
        (key,) = better
        if key in worse:
            return _text(better[key]), _text(worse[key])
    good, bad = _clear_text(better), _clear_text(worse)
    if good is not None and bad is not None:
        return good, bad
    if better and better.keys() <= worse.keys():
        part = {key: worse[key] for key in better}
        return _text(better), _text(part)
    raise UnfitError(
        f"the better answer has {', '.join(better) or 'nothing'} and the bad one {', '.join(worse)}: nothing to compare"
    )


def _clear_text(outputs: Mapping[str, Any]) -> str | None:
    text = answer_text(outputs)
    if text is not None:
        return text
    try:
        return _words(answer_of(outputs))
    except UnfitError:
        return None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
