"""What a reviewer has said of an item and not saved yet: written at every key, so that ``kill -9`` costs nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_llmobs.files import PRIVATE, parse_json, read_text, write_whole
from pytest_llmobs.records.fit import MisfitError
from pytest_llmobs.records.wire import from_wire, to_wire
from pytest_llmobs.review.log.parts import make_below
from pytest_llmobs.review.records import Answer, Decision

DRAFTS = "drafts"
"""The folder, below the queue's: one file a reviewer."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something a reviewer changed, and what stood there before."""

    part: str
    """``answers``, ``correction`` or ``comment``."""
    key: str | None = None
    """Of an answer."""
    before: Any = None
    """None where nothing did."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An item under way."""

    run_id: str
    answers: Mapping[str, Answer] = field(default_factory=dict)
    correction: Mapping[str, Any] | None = None
    comment: str | None = None
    steps: Sequence[Step] = ()
    """What was changed, in order: what undoing takes back."""
    withdraws: Decision | None = None
    """The decision that is being taken back, until that is done."""


class Drafts:
    """The draft of one reviewer of one queue."""

    def __init__(self, folder: Path, name: str) -> None:
        """Name the queue's folder, and the file without its suffix."""
        self._folder = folder
        self._file = folder / DRAFTS / f"{name}.json"

    def read(self) -> Draft | None:
        """Return the draft; None where there is none that can be read."""
        try:
            return from_wire(Draft, parse_json(read_text(self._file)))
        except (OSError, ValueError, MisfitError):
            return None

    def write(self, draft: Draft) -> None:
        """Keep a draft in the place of the one before.

        Raises:
            FileNotFoundError: The queue was renamed or deleted meanwhile.
            OSError: The disk refuses.
        """
        make_below(self._folder, DRAFTS)
        text = json.dumps(to_wire(draft), ensure_ascii=False)
        # it is to survive the process: a power cut may cost an answer, waiting for the disk would cost every key
        write_whole(self._file, text, mode=PRIVATE, durable=False)

    def clear(self) -> None:
        """Drop the draft."""
        with suppress(OSError):
            self._file.unlink()
