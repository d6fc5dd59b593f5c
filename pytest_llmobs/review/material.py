"""What a reviewer sees of a run: the question, the answer, and what was retrieved for it, in readable form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.records.conversation import reply, turns, words
from pytest_llmobs.records.runs import Run

_QUESTIONS = ("question", "query", "prompt", "input", "message", "text")
"""Keys of inputs that hold the question, where there are others beside it."""
_ANSWERS = ("answer", "output", "response", "reply", "text")
_ASKING = ("user", "human")
"""Roles of those whose messages are questions."""
_TEXTS = ("page_content", "content", "text")
"""Keys of a document that hold its text."""
_SOURCES = ("source", "url", "title", "name", "id")
"""Keys of a document, or of its metadata, that say where it comes from."""


@dataclass(frozen=True)
class Passage:
    """A retrieved document."""

    source: str
    """Where it comes from; empty where nothing says so."""
    text: str


@dataclass(frozen=True, kw_only=True)
class Material:
    """What a reviewer sees of a run. Foreign text: whoever shows it makes it inert."""

    question: str = ""
    """The inputs in readable form."""
    answer: str = ""
    """The outputs in readable form, or the error."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    context: Sequence[Passage] = ()
    """What the run's retrievers found, in the order of their calls."""
    missing: bool = False
    """True where the run isn't in the store: it was purged, or comes from another one."""
    others: Mapping[str, Any] = field(default_factory=dict)
    """What may sway a reviewer: model, metadata, tags, feedback; empty where the review is blind."""


def material_of(run: Run | None, blind: bool = True) -> Material:
    """Return what a reviewer sees of a run.

    Args:
        run: The run with its descendants; None where it isn't in the store.
        blind: Leave out what may sway the reviewer.
    """
    if run is None:
        return Material(missing=True)
    outputs = run.outputs or {}
    answer = answer_of(outputs)
    if run.outputs is None and run.error:
        answer = run.error
    others: dict[str, Any] = {}
    if not blind:
        others = {"model": run.model, "metadata": run.metadata, "tags": run.tags, "name": run.name}
    return Material(
        question=question_of(run.inputs),
        answer=answer,
        inputs=run.inputs,
        outputs=outputs,
        context=tuple(_passages(run)),
        others=others,
    )


def question_of(inputs: Mapping[str, Any]) -> str:
    """Return inputs as a person reads them: a chat's last user message, the question, the only value, else JSON."""
    asked = turns(inputs) or ()
    for role, content in reversed(asked):
        text = words(content)
        if role in _ASKING and text:
            return text
    return _readable(inputs, _QUESTIONS)


def answer_of(outputs: Mapping[str, Any]) -> str:
    """Return outputs as a person reads them: a model's reply, the answer, the only value, else JSON."""
    text = words(reply(outputs))
    if text:
        return text
    return _readable(outputs, _ANSWERS)


def _readable(payload: Mapping[str, Any], keys: Sequence[str]) -> str:
    if not payload:
        return ""
    if len(payload) == 1:
        (only,) = payload.values()
        return _text(only)
    for key in keys:
        if isinstance(payload.get(key), str):
            return str(payload[key])
    return _text(payload)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _passages(run: Run) -> Iterator[Passage]:
    for child in run.child_runs:
        if child.run_type == "retriever":
            for document in _documents(child.outputs or {}):
                yield _passage(document)
        yield from _passages(child)


def _documents(outputs: Mapping[str, Any]) -> Iterator[Any]:
    for value in outputs.values():
        if isinstance(value, list | tuple):
            yield from value


def _passage(document: Any) -> Passage:
    if not isinstance(document, Mapping):
        return Passage("", _text(document))
    metadata = document.get("metadata")
    places = [document] if not isinstance(metadata, Mapping) else [metadata, document]
    source = ""
    for place in places:
        source = source or _first(place, _SOURCES)
    return Passage(source, _first(document, _TEXTS) or _text(document))


def _first(mapping: Mapping[str, Any], keys: Sequence[str]) -> str:
    for key in keys:
        value = mapping.get(key)
        if isinstance(value, str | int) and value != "":
            return str(value)
    return ""
