"""Outputs as a text that a person edits, and the text as outputs again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.files import parse_json
from pytest_llmobs.records import conversation
from pytest_llmobs.reports.text.payloads import words

_REPLY = "output"
"""The key of a corrected reply: what a model's API says around an answer isn't for people to write."""
_TEXTS = ("text", "output_text")
"""Kinds of blocks that are nothing but text."""


@dataclass(frozen=True)
class Form:
    """How outputs are edited."""

    key: str | None
    """The one output that is a text, which is edited as it is; None where all are edited as JSON."""

    @property
    def suffix(self) -> str:
        """The end of a file's name by which an editor knows what it holds."""
        return ".json" if self.key is None else ".md"


def form_of(outputs: Mapping[str, Any]) -> Form:
    """Return how outputs are edited: a lone text and a model's reply as a text, all else as JSON."""
    if len(outputs) == 1:
        [(key, value)] = outputs.items()
        if isinstance(value, str):
            return Form(key)
    if _reply_text(outputs) is not None:
        return Form(_REPLY)
    return Form(None)


def text_of(outputs: Mapping[str, Any], form: Form) -> str:
    """Return outputs as the text to edit."""
    # a correction has the key already, where the reply it corrects is an API's whole body
    if form.key is not None:
        value = outputs.get(form.key)
        text = value if isinstance(value, str) else _reply_text(outputs)
        if text is not None:
            return text
    return json.dumps(outputs, indent=2, ensure_ascii=False, default=str)


def outputs_of(text: str, form: Form) -> Mapping[str, Any]:
    """Return the outputs that a text says.

    Raises:
        ArgumentError: It is no JSON object, where one is needed.
    """
    if form.key is not None:
        return {form.key: text}
    try:
        outputs = parse_json(text)
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"That is no JSON: {error}.") from None
    if not isinstance(outputs, dict):
        raise ArgumentError(f"That is JSON, but no object with the outputs' names: {text[:40]!r}.")
    return outputs


def _reply_text(outputs: Mapping[str, Any]) -> str | None:
    """Return what a model replied; None where it is no reply, or one that calls tools: that is no text."""
    content = conversation.reply(outputs)
    if isinstance(content, str):
        return content
    if not isinstance(content, list) or not content:
        return None
    for block in content:
        if not isinstance(block, Mapping) or block.get("type") not in _TEXTS or "text" not in block:
            return None
    return words(content)
