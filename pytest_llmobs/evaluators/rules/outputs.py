"""Which of the outputs is the text to judge, and which of the reference outputs states the requirement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    text_output = text_name(outputs)
    return _text((outputs or {})[text_output], text_output) or ""


def text_name(outputs: Mapping[str, Any] | None) -> str:
    """Return the name of the output that is the text to judge; see ``text_of``.

    Raises:
        UnscoredError: There is no text, or more than one candidate.
    """
    if not outputs:
        raise UnscoredError("The run has no outputs, so there is no text to judge.")
    texts = []
    for name, value in outputs.items():
        if _text(value, str(name)) is not None:
            texts.append(name)
    # A name that says "answer" decides between several texts; where none does, an only text needs no such name.
    candidates = [name for name in TEXT_NAMES if name in texts] or texts
    if len(candidates) == 1:
        return candidates[0]
    if not texts:
        raise UnscoredError(f"None of the outputs is text: {_kinds(outputs)}.")
    raise UnscoredError(
        f"Several outputs are text: {', '.join(map(repr, candidates))}. Say which to judge with output='…'."
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
    if not isinstance(value, list) or not value:
        return None
    for part in value:
        if not isinstance(part, Mapping):
            return None
    if name == "messages":
        value = conversation.turn(value[-1])[1]
    elif name in ("choices", "output"):
        value = conversation.reply({name: value})
    return conversation.words(value)


def _kinds(outputs: Mapping[str, Any]) -> str:
    kinds = []
    for key, value in outputs.items():
        kinds.append(f"{key!r} is {type(value).__name__}")
    return ", ".join(kinds)


def counterparts(outputs: Mapping[str, Any] | None, reference: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return which output is compared with which reference output: those of one name, else the two texts; by names.

    Nothing where it isn't clear which.
    """
    shared = _stated(reference, outputs or {})
    if shared:
        return [(name, name) for name in shared]
    stated = _stated(reference, REFERENCE_NAMES)
    if len(stated) != 1:
        return []
    try:
        return [(text_name(outputs), stated[0])]
    except UnscoredError:
        return []


def _stated(reference: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Return those of ``names`` for which there is a reference; None is no reference."""
    return [name for name in names if reference.get(name) is not None]


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


def required(subject: Subject, given: Any, field: str) -> Any:
    """Return what is required: ``given`` as an option, else what the example states under ``field``.

    Raises:
        NotApplicable: Neither says anything.
    """
    if given is not None:
        return given
    return requirement(subject, field)


def required_texts(subject: Subject, given: Any, field: str, wanted: str) -> Sequence[str]:
    """Return the texts that are required; one text stands for a list of one.

    Args:
        subject: The run and its example.
        given: What the user gave as an option.
        field: The reference output that says it otherwise.
        wanted: What to write there, for the message.

    Raises:
        NotApplicable: Neither says anything.
        UnscoredError: It is no text and no list of texts, or an empty one.
    """
    stated = required(subject, given, field)
    texts = stated
    if isinstance(stated, str):
        texts = [stated]
    if not isinstance(texts, list | tuple) or not texts:
        raise UnscoredError(f"outputs.{field} is {stated!r}; write {wanted}.")
    for text in texts:
        if not isinstance(text, str) or not text:
            raise UnscoredError(f"outputs.{field} is {stated!r}; write {wanted}.")
    return texts


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
    shared = _stated(reference, outputs)
    name = output or None
    if name is None and field in outputs:
        name = field
    elif name is None and len(shared) == 1:
        name = shared[0]
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
    candidates = _stated(reference, REFERENCE_NAMES)
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
