"""Which of the outputs is the text to judge, and which of the reference outputs states the requirement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_llmobs.errors import UnscoredError
from pytest_llmobs.evaluators.binding.subject import NotApplicable, Subject
from pytest_llmobs.records import conversation
from pytest_llmobs.wording import known

TEXT_NAMES = ("output", "response", "answer", "reply", "text", "content", "completion", "choices")
"""Outputs that are taken for the text by their name; what a target returns that is no dict is ``output``."""
REFERENCE_NAMES = (*TEXT_NAMES, "reference", "expected", "expected_output", "label")
"""Reference outputs that are taken for the expected answer by their name."""


def text_of(outputs: Mapping[str, Any] | None, name: str | None = None) -> str:
    """Return the text to judge.

    It is the output called ``name``; else the only one called like one of ``TEXT_NAMES``; else the only text
    there is. Text is a string, a list of content blocks (``[{"type": "text", "text": …}]``), the content
    of the last of ``messages``, or what a model's API replies (``choices``, or ``output`` with its items).

    Args:
        outputs: The run's outputs.
        name: The output that the user chose.

    Raises:
        UnscoredError: There is no text, or more than one candidate.
    """
    if outputs and name is not None:
        return _named_text(outputs, name)
    found = text_name(outputs)
    return _text((outputs or {})[found], found) or ""


def text_name(outputs: Mapping[str, Any] | None) -> str:
    """Return the name of the output that is the text to judge; see ``text_of``.

    Raises:
        UnscoredError: There is no text, or more than one candidate.
    """
    if not outputs:
        raise UnscoredError("The run has no outputs, so there is no text to judge.")
    texts = [key for key, value in outputs.items() if _text(value, str(key)) is not None]
    preferred = [key for key in TEXT_NAMES if key in texts] or texts
    if len(preferred) == 1:
        return preferred[0]
    if not texts:
        raise UnscoredError(f"None of the outputs is text: {_kinds(outputs)}.")
    raise UnscoredError(
        f"Several outputs are text: {', '.join(map(repr, preferred))}. Say which to judge with output='…'."
    )


def _named_text(outputs: Mapping[str, Any], name: str) -> str:
    if name not in outputs:
        raise UnscoredError(f"The run has no output {name!r}. {known(map(str, outputs))}")
    text = _text(outputs[name], name)
    if text is None:
        raise UnscoredError(f"Output {name!r} is no text but {type(outputs[name]).__name__}.")
    return text


def _text(value: Any, name: str) -> str | None:
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not value or not all(isinstance(part, Mapping) for part in value):
        return None
    if name == "messages":
        value = conversation.turn(value[-1])[1]
    elif name in ("choices", "output"):
        value = conversation.reply({name: value})
    return conversation.words(value)


def _kinds(outputs: Mapping[str, Any]) -> str:
    return ", ".join(f"{key!r} is {type(value).__name__}" for key, value in outputs.items())


def counterparts(outputs: Mapping[str, Any] | None, reference: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return which output is compared with which reference output: those of one name, else the two texts; by names.

    Nothing where it isn't clear which.
    """
    shared = [(name, name) for name in outputs or {} if reference.get(name) is not None]
    stated = [name for name in REFERENCE_NAMES if reference.get(name) is not None]
    if shared or len(stated) != 1:
        return shared
    try:
        return [(text_name(outputs), stated[0])]
    except UnscoredError:
        return []


def content_of(outputs: Mapping[str, Any] | None, name: str | None = None) -> Any:
    """Return the structure to judge: the output called ``name``, else the only output, else all of them.

    A text is returned as it is, for the evaluator to parse.

    Raises:
        UnscoredError: There are no outputs, or none of that name.
    """
    if not outputs:
        raise UnscoredError("The run has no outputs, so there is nothing to judge.")
    if name is not None:
        if name not in outputs:
            raise UnscoredError(f"The run has no output {name!r}. {known(map(str, outputs))}")
        return outputs[name]
    (only, *others) = outputs.values()
    if not others and (isinstance(only, str) or "output" in outputs):
        return only
    return outputs


def requirement(subject: Subject, field: str) -> Any:
    """Return what the example requires under ``field`` of its outputs.

    Raises:
        NotApplicable: The example states nothing there (or None). An empty list is a statement.
    """
    stated = (subject.reference_outputs or {}).get(field)
    if stated is None:
        raise NotApplicable(f"{_example(subject)} states no outputs.{field}")
    return stated


def pair(subject: Subject, output: str | None = None, field: str | None = None) -> tuple[Any, Any]:
    """Return the output to compare and the expected one.

    The output is the one called ``output``, else the only name that outputs and reference share, else the
    text. The reference is ``field``, else the same name, else the only one called like one of
    ``REFERENCE_NAMES``.

    Raises:
        UnscoredError: The output is missing or ambiguous.
        NotApplicable: The example states no reference for it.
    """
    outputs, reference = subject.outputs or {}, subject.reference_outputs or {}
    shared = [name for name in outputs if reference.get(name) is not None]
    name = output or (field if field in outputs else shared[0] if len(shared) == 1 else None)
    if name is None:
        name = _text_or_ask(outputs, shared)
        return text_of(outputs, name), _reference(subject, field, name)
    if name not in outputs:
        raise UnscoredError(f"The run has no output {name!r}. {known(map(str, outputs))}")
    return outputs[name], _reference(subject, field, name)


def _text_or_ask(outputs: Mapping[str, Any], shared: list[str]) -> str:
    try:
        return text_name(outputs)
    except UnscoredError:
        if not shared:
            raise
        several = ", ".join(map(repr, shared))
        raise UnscoredError(
            f"Several outputs have a reference: {several}. Say which with output='…'."
        ) from None


def _reference(subject: Subject, field: str | None, name: str) -> Any:
    reference = subject.reference_outputs or {}
    if field is not None:
        return requirement(subject, field)
    if reference.get(name) is not None:
        return reference[name]
    candidates = [key for key in REFERENCE_NAMES if reference.get(key) is not None]
    if len(candidates) == 1:
        return reference[candidates[0]]
    if candidates:
        raise UnscoredError(
            f"Several reference outputs could be meant: {', '.join(candidates)}. Say which with field='…'."
        )
    raise NotApplicable(f"{_example(subject)} states no reference for output {name!r}")


def _example(subject: Subject) -> str:
    if subject.example is None:
        return "the test has no example, so it"
    return f"example {subject.example.id!r}"
