"""What two kept versions don't share, told without making examples of what they do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pytest_llmobs.datasets.versions.kept import parsed
from pytest_llmobs.records.examples import Example


@dataclass(frozen=True)
class SharedRows:
    """What both versions hold alike."""

    rows: Sequence[str] = ()
    """Each as JSON text."""

    @property
    def splits(self) -> Counter[str]:
        """How many belong to each split; under an empty text those that name none."""
        sizes: Counter[str] = Counter()
        for tail, rows in Counter(map(_tail, self.rows)).items():
            (row,) = parsed([tail], "a row that two versions share")
            split = row.get("split") or ""
            for name in [split] if isinstance(split, str) else split:
                sizes[name] += rows
        return sizes


@dataclass(frozen=True)
class Apart:
    """Two versions, as they differ."""

    earlier: tuple[Example, ...]
    """The examples that the later one hasn't alike, in their order."""
    later: tuple[Example, ...]
    """Those that the earlier one hasn't alike."""
    shared: SharedRows = field(default_factory=SharedRows)


def _tail(row: str) -> str:
    """Return what stands behind the objects of a row, its split among it, as an object: most rows have the same."""
    # behind the last brace but one nothing is open any more, unless that brace stands in a text
    tail = row[row.rfind("}", 0, -1) + 1 :]
    if tail == "}":
        return "{}"
    if tail.startswith(","):
        return f"{{{tail[1:]}"
    return row
