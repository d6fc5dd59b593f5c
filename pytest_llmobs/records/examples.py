"""Examples and the datasets they make up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pytest_llmobs.files import text_hash

# built once: json.dumps with these arguments builds an encoder for every call
_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def canonical_json(value: Any) -> str:
    """Serialise ``value`` so that equal content gives equal text: sorted keys, no spaces, unicode kept.

    Raises:
        TypeError: ``value`` holds something JSON has no form for.
    """
    return _encode(value)


def content_hash(value: Any) -> str:
    """Return the first 16 hex digits of the SHA-256 of ``canonical_json(value)``."""
    return text_hash(canonical_json(value))[:16]


_NOTHING = content_hash({})


@dataclass(frozen=True, eq=False)
class Example:
    """One line of a dataset: what the application is given and what is known about a good answer."""

    id: str
    """Unique within its dataset; as written in the file, else derived from the content."""
    inputs: Mapping[str, Any]
    """What the target gets."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """The reference: expected outputs, required keywords, bounds. LangSmith's ``reference_outputs``."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Anything to filter, group or cluster by (``tier``, ``language``)."""
    split: str | None = None
    """The part of the dataset it belongs to (``base``, ``hard``), or None."""

    @cached_property
    def hash(self) -> str:
        """Content hash over inputs and outputs (16 hex digits). A changed hash means an edited example."""
        return content_hash([self.inputs, self.outputs])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Example):
            return NotImplemented
        return (self.id, self.inputs, self.outputs, self.metadata, self.split) == (
            other.id,
            other.inputs,
            other.outputs,
            other.metadata,
            other.split,
        )

    def __hash__(self) -> int:
        return hash(self.id)


@dataclass(frozen=True)
class Dataset:
    """A named, ordered collection of examples."""

    name: str
    """The file's name without suffix, or the callable's name."""
    examples: tuple[Example, ...]
    """In the order of the source."""
    source: str = ""
    """Where it came from, as the user would write it: a path relative to rootdir, or ``module:callable``."""

    @cached_property
    def version(self) -> str:
        """Hash of the whole content (16 hex digits); the order of the examples doesn't matter."""
        rows = []
        for example in self.examples:
            metadata = _NOTHING  # most have none, and its hash is known
            if example.metadata:
                metadata = content_hash(example.metadata)
            rows.append([example.id, example.hash, metadata, example.split or ""])
        return content_hash(sorted(rows))

    def __len__(self) -> int:
        return len(self.examples)

    def __iter__(self) -> Iterator[Example]:
        return iter(self.examples)
