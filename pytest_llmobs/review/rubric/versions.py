"""A rubric's version: an answer keeps the one that it was given under, whatever the rubric becomes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import NotFoundError, StoreError
from pytest_llmobs.files import PRIVATE, make_private, parse_json, read_text, text_hash, write_whole
from pytest_llmobs.records.fit import MisfitError
from pytest_llmobs.records.wire import from_wire, to_wire
from pytest_llmobs.review.records import AnnotationQueue

RUBRICS = "rubrics"
"""The folder of the versions, below the queue's."""
_DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class Rubric:
    """What reviewers were asked; the fields are those of ``AnnotationQueue``."""

    rubric_instructions: str | None = None
    rubric_items: Sequence[Mapping[str, Any]] = ()
    failure_modes: Sequence[str] = ()


def rubric_of(queue: AnnotationQueue) -> Rubric:
    """Return what the reviewers of a queue are asked."""
    return Rubric(
        rubric_instructions=queue.rubric_instructions,
        rubric_items=queue.rubric_items,
        failure_modes=queue.failure_modes,
    )


def rubric_version(queue: AnnotationQueue) -> str:
    """Return the version of a queue's rubric: 12 hexadecimal digits of what it holds."""
    return text_hash(json.dumps(to_wire(rubric_of(queue)), ensure_ascii=False))[:_DIGITS]


def keep_rubric(folder: Path, queue: AnnotationQueue) -> str:
    """Keep a queue's rubric as it is now, once; return its version.

    Args:
        folder: The queue's.
        queue: The queue.

    Raises:
        StoreError: The disk refuses.
    """
    version = rubric_version(queue)
    file = folder / RUBRICS / f"{version}.json"
    # its name is its content: what is there is the same
    if file.is_file():
        return version
    text = json.dumps(to_wire(rubric_of(queue)), ensure_ascii=False, indent=1)
    try:
        make_private(file.parent)
        write_whole(file, f"{text}\n", mode=PRIVATE)
    except OSError as error:
        raise StoreError(f"Can't write to {str(file.parent)!r}: {error.strerror or error}.") from error
    return version


def read_rubric(folder: Path, version: str) -> Rubric:
    """Return a version of a queue's rubric.

    Args:
        folder: The queue's.
        version: As a decision has it.

    Raises:
        NotFoundError: It wasn't kept.
        StoreError: It can't be read.
    """
    file = folder / RUBRICS / f"{version}.json"
    try:
        return from_wire(Rubric, parse_json(read_text(file)))
    except (FileNotFoundError, NotADirectoryError):
        raise NotFoundError(f"No rubric of version {version!r} in {str(file.parent)!r}.") from None
    except (OSError, ValueError, MisfitError) as error:
        raise StoreError(f"{str(file)!r} can't be read: {error}.") from error
