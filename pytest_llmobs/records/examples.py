"""Examples and the datasets they make up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any

from pytest_llmobs.files import text_hash
from pytest_llmobs.records.garbage_collection import paused
from pytest_llmobs.records.models import Keywords, Model, made_by_scripts

_encoder = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
_make_encoder: Any = getattr(json.encoder, "c_make_encoder", None)
_encode: Callable[[Any, int], Iterable[str]] | None = None
"""What does an encoder's work, built once: ``JSONEncoder.encode`` builds it for every value, which takes as long as
encoding an example. It doesn't look for values that hold themselves. None where Python was built without it."""
if _make_encoder is not None:
    _encode = _make_encoder(
        None, _encoder.default, json.encoder.encode_basestring, None, ":", ",", True, False, True
    )


def canonical_json(value: Any) -> str:
    """Serialise ``value`` so that equal content gives equal text: sorted keys, no spaces, unicode kept.

    Raises:
        TypeError: ``value`` holds something JSON has no form for.
        ValueError: It holds itself.
    """
    if _encode is None:
        return _encoder.encode(value)
    try:
        return "".join(_encode(value, 0))
    except RecursionError:
        return _encoder.encode(value)  # says so where it holds itself


def content_hash(value: Any) -> str:
    """Return the first 16 hex digits of the SHA-256 of ``canonical_json(value)``."""
    return text_hash(canonical_json(value))[:16]


_NOTHING = content_hash({})
_ID_AND_HASHES = itemgetter(0, 1, 2)
"""Of an example's content: the splits behind them are one word or several, which don't compare."""


_OF_EXAMPLES = Keywords(
    renamed={"dataset_id": "dataset_name", "reference_outputs": "outputs"}, meaningless=("attachments",)
)
_OF_DATASETS = Keywords(
    filled={"examples": ()},
    meaningless=("id", "example_count", "last_session_start_time", "session_count", "transformations"),
)


@made_by_scripts(_OF_EXAMPLES)
@dataclass(frozen=True, eq=False)
class Example(Model):
    """One line of a dataset: what the application is given and what is known about a good answer."""

    id: str
    """Unique within its dataset; as written in the file, else derived from the content."""
    inputs: Mapping[str, Any]
    """What the target gets."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """The reference: expected outputs, required keywords, bounds. LangSmith's ``reference_outputs``."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Anything to filter, group or cluster by (``tier``, ``language``)."""
    split: str | Sequence[str] | None = None
    """The part of the dataset it belongs to (``base``, ``hard``), several of them, or None."""
    created_at: datetime | None = None
    """UTC; None where nobody said."""
    modified_at: datetime | None = None
    """UTC; when the client changed it last, or None."""
    source_run_id: str | None = None
    """The run that it was made of, or None."""
    dataset_name: str | None = None
    """The dataset that the client read it from, or None. Not kept in the dataset's file."""

    @property
    def splits(self) -> tuple[str, ...]:
        """Every part of the dataset it belongs to; empty where it has none."""
        if not self.split:
            return ()
        if isinstance(self.split, str):
            return (self.split,)
        return tuple(self.split)

    @cached_property
    def hash(self) -> str:
        """Content hash over inputs and outputs (16 hex digits). A changed hash means an edited example."""
        return content_hash([self.inputs, self.outputs])

    @property
    def content(self) -> list[Any]:
        """What a dataset's version is worked out from: id, hash, hash of the metadata, and splits."""
        metadata = _NOTHING  # most have none, and its hash is known
        if self.metadata:
            metadata = content_hash(self.metadata)
        split: Any = self.split or ""
        if not isinstance(split, str):
            split = self.splits[0] if len(self.splits) == 1 else sorted(self.splits)
        return [self.id, self.hash, metadata, split]

    # LangSmith's names

    @property
    def reference_outputs(self) -> Mapping[str, Any]:
        """The same as ``outputs``."""
        return self.outputs

    @property
    def dataset_id(self) -> str | None:
        """The same as ``dataset_name``: a dataset's id is its name."""
        return self.dataset_name

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Example):
            return NotImplemented
        return (self.id, self.inputs, self.outputs, self.metadata, self.splits) == (
            other.id,
            other.inputs,
            other.outputs,
            other.metadata,
            other.splits,
        )

    def __hash__(self) -> int:
        return hash(self.id)


def example_of(fields: dict[str, Any]) -> Example:
    """Return an example whose fields were checked; of very many this takes a fifth of what ``Example(**fields)`` does.

    Args:
        fields: By name, with ``id`` and ``inputs``. The example takes the dict over: nobody else may change it.
    """
    for part in ("outputs", "metadata"):
        if part not in fields:
            fields[part] = {}
    example = object.__new__(Example)
    object.__setattr__(example, "__dict__", fields)
    return example


@made_by_scripts(_OF_DATASETS)
@dataclass(frozen=True)
class Dataset(Model):
    """A named, ordered collection of examples."""

    _undumped = ("examples",)

    name: str
    """The file's name without suffix, or the callable's name."""
    examples: Sequence[Example]
    """In the order of the source; those of a dataset that the client returned are read when they are asked for."""
    source: str = ""
    """Where it came from, as the user would write it: a path relative to rootdir, or ``module:callable``."""
    description: str | None = field(default=None, compare=False)
    data_type: str = field(default="kv", compare=False)
    """``kv``, ``llm`` or ``chat``, as LangSmith calls what the inputs are."""
    inputs_schema: Mapping[str, Any] | None = field(default=None, compare=False)
    """JSON schema of the inputs, or None."""
    outputs_schema: Mapping[str, Any] | None = field(default=None, compare=False)
    """JSON schema of the reference outputs, or None."""
    metadata: Mapping[str, Any] = field(default_factory=dict, compare=False)
    created_at: datetime | None = field(default=None, compare=False)
    """UTC; None where nobody knows: the dataset is no file."""
    modified_at: datetime | None = field(default=None, compare=False)
    """UTC; None where nobody knows."""
    url: str | None = field(default=None, compare=False)
    """The file, as a browser opens it (``file://…``), or None."""

    @cached_property
    def version(self) -> str:
        """Hash of the whole content (16 hex digits); the order of the examples doesn't matter."""
        with paused():
            rows = [example.content for example in self.examples]
            return content_hash(sorted(rows, key=_ID_AND_HASHES))

    @property
    def id(self) -> str:
        """The same as ``name``."""
        return self.name

    @property
    def example_count(self) -> int:
        """Number of examples."""
        return len(self.examples)

    def __len__(self) -> int:
        return len(self.examples)

    def __iter__(self) -> Iterator[Example]:
        return iter(self.examples)


@dataclass(frozen=True)
class UsedDataset:
    """A dataset of which an experiment runs examples."""

    dataset: Dataset
    """The whole of it."""
    name: str = ""
    """Name or path of the file that it was read from as it is now; empty where it was as of another time, or made by
    code."""
