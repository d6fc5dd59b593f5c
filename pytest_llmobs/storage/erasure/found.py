"""What is to be erased, as it was found; and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Held = Callable[[str, str], bool]
"""Takes a project and the id of a trace; returns True where a rule keeps it."""
Witness = Callable[[str | None, str | None], object]
"""Takes the inputs and the outputs, as JSON, of each sealed root run that goes."""
Progress = Callable[[int, int], object]
"""Takes how many files were looked at, and how many there are (which may grow meanwhile)."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Runs that are to go, and what hangs on them."""

    run_ids: frozenset[str] = frozenset()
    """Of all runs that go, those in spools of living processes among them."""
    by_project: Mapping[str, int] = field(default_factory=dict)
    """Project -> sealed runs of it that go."""
    files: Mapping[str, int] = field(default_factory=dict)
    """Parquet file of runs, by its path below the root -> runs in it that go."""
    trace_ids: frozenset[str] = frozenset()
    """The traces that these runs belong to."""
    payload_hashes: frozenset[bytes] = frozenset()
    """Of their inputs and outputs, and of the longer texts in them (``payloads.payload_hash``); none where runs go
    because of their age."""
    media: frozenset[str] = frozenset()
    """Names of the images and documents that nothing but these runs names."""
    feedback: int = 0
    """Sealed feedback about these runs: events in Parquet files."""
    unsealed: Mapping[str, int] = field(default_factory=dict)
    """Spool file that a living process writes, by its path below the root -> runs, or events of feedback, in it that
    should go. They can't yet: erase once more when that process has ended, or has sealed them."""
    kept: Mapping[str, int] = field(default_factory=dict)
    """Project -> runs that would go, but are held by a rule."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """File that can't be read, or not whole, by its path below the root -> why. What it holds nobody knows."""

    @property
    def is_empty(self) -> bool:
        """True where no run was found, sealed or not."""
        return not self.run_ids


def joined(first: Found, second: Found) -> Found:
    """Return what goes by either; exact where the second was found besides the first (``finding.find_traces``)."""
    return Found(
        run_ids=first.run_ids | second.run_ids,
        by_project=_added(first.by_project, second.by_project),
        files=_added(first.files, second.files),
        trace_ids=first.trace_ids | second.trace_ids,
        payload_hashes=first.payload_hashes | second.payload_hashes,
        media=first.media | second.media,
        feedback=first.feedback + second.feedback,
        unsealed=_added(first.unsealed, second.unsealed),
        kept=_added(first.kept, second.kept),
        unreadable={**first.unreadable, **second.unreadable},
    )


def _added(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted((Counter(first) + Counter(second)).items()))


@dataclass(frozen=True)
class Rewritten:
    """One file of which something was taken."""

    file: str
    """Its path below the root."""
    removed: int
    """Rows that went: runs, or events of feedback; 0 for an image or document."""
    before: str
    """SHA-256 of its content, 64 hex digits."""
    after: str | None
    """SHA-256 of what is in its place now; None where it was deleted, for nothing was left."""


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What an erasure came to."""

    runs: int = 0
    """Rows of runs that went."""
    feedback: int = 0
    """Events of feedback that went."""
    media: int = 0
    """Images and documents that went."""
    files: tuple[Rewritten, ...] = ()
    """What was rewritten or deleted, in order of the paths."""
    unsealed: Mapping[str, int] = field(default_factory=dict)
    """As in ``Found``, seen again at the end."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """As in ``Found``, seen again at the end: such files are left as they are."""

    @property
    def is_complete(self) -> bool:
        """False where something that may have to go could not: it is unsealed, or can't be read."""
        return not self.unsealed and not self.unreadable
