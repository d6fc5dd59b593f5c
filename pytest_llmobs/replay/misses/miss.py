"""A request without a recording, as it is told."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_llmobs.files import text_hash

_WORD = re.compile(r"\w+|[^\w\s]")


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()
"""Stands for what one side hasn't."""


@dataclass(frozen=True)
class Change:
    """A field in which a request differs from a recorded one."""

    path: str
    """``system``, ``tools.find_order.input_schema.required``, ``messages[0].content``, ``headers.anthropic-beta``."""
    before: Any
    """As it was recorded, or ``ABSENT``."""
    after: Any
    """As it is asked now, or ``ABSENT``."""

    @property
    def field(self) -> str:
        """The request's own field, of which it may be a part: ``system``, ``tools``, ``messages``."""
        return self.path.partition(".")[0].partition("[")[0]

    @property
    def words_gone(self) -> Counter[str]:
        """The words that were recorded and aren't asked now; of what is no text, those of its JSON."""
        return _words(self.before) - _words(self.after)

    @property
    def words_new(self) -> Counter[str]:
        """The words that are asked now and weren't recorded."""
        return _words(self.after) - _words(self.before)


@dataclass(frozen=True, kw_only=True)
class Miss:
    """A request without a recording; nothing in it that redaction takes out."""

    provider: str
    operation: str
    folder: Path
    """Where the recordings lie."""
    nodeid: str = ""
    """The test that asked; empty outside pytest."""
    example_id: str = ""
    """Its example, where there is one."""
    repeat: int = 1
    occurrence: int = 1
    has_folder: bool = True
    """False where the folder isn't there."""
    repeats: Mapping[int, int] = field(default_factory=dict)
    """Of the very same request: repeat -> how many times in a trial it is recorded. Empty where it isn't at all."""
    nearest: Path | None = None
    """The file of the nearest recording of another request; None where nothing like it is recorded."""
    changes: Sequence[Change] = ()
    """Where the request differs from that one, the most telling first; none where redaction hides it."""

    ignored_headers: Collection[str] = ()
    """Headers, in lower case, that tell nothing apart now: a recording that has one is older than that rule."""

    @property
    def outdated_headers(self) -> list[str]:
        """Headers of the nearest recording that are ignored now."""
        names = [change.path.partition(".")[2] for change in self.changes if change.field == "headers"]
        return [name for name in names if name in self.ignored_headers]

    @property
    def cause(self) -> str:
        """What it has in common with the misses of other trials: the words that changed, whatever they stand in."""
        parts = [self.provider, self.operation, *map(str, self.repeats), str(self.nearest is None)]
        for change in self.changes:
            gone, new = change.words_gone.elements(), change.words_new.elements()
            parts += [change.path, "gone", *sorted(gone), "new", *sorted(new)]
        return text_hash("\n".join(parts))


def _words(value: Any) -> Counter[str]:
    text = value
    if not isinstance(value, str):
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=repr)
    return Counter(_WORD.findall(text))
