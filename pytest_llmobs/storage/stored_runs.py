"""The runs of one store, sealed and not, as one listing in which each of them stands once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_llmobs.storage.layout import Layout, escape, project_of, unescape
from pytest_llmobs.storage.parquet.damage import LeaveOut
from pytest_llmobs.storage.parquet.files.writer import SMALL
from pytest_llmobs.storage.parquet.listing import Footers
from pytest_llmobs.storage.parquet.parts import Source
from pytest_llmobs.storage.parquet.runs_file import RunsFile
from pytest_llmobs.storage.spool.reading import SpoolFiles, UnsealedRuns

_MOST_PINNED = 200
"""Small files that are held open at once; systems allow a process 256 at least."""


class StoredRuns:
    """Lists what holds the runs of a store on this machine."""

    def __init__(self, layout: Layout, leave_out: LeaveOut) -> None:
        """Read nothing yet.

        Args:
            layout: The store's.
            leave_out: Takes what can't be read.
        """
        self._layout = layout
        self._spools = SpoolFiles(layout.spool)
        self.footers = Footers(leave_out)
        """The Parquet files that were opened."""

    def sources(
        self, projects: Sequence[str] | None, mentioned: bytes = b"", for_conditions: bool = False
    ) -> list[Source]:
        """Return what holds the runs of some projects: first the sealed files, the oldest first.

        Args:
            projects: Their names; None for all.
            mentioned: Runs that don't hold these bytes may be left out; empty for none.
            for_conditions: See ``RunsFile.open``.

        Raises:
            VanishedError: A file is gone since the listing; look again.
        """
        # Before the sealed ones: whoever seals deletes a spool file once its Parquet file is in place. So what isn't
        # seen here is seen there; what is seen in both counts once.
        unsealed = self._spools.unsealed(mentioned)
        if projects is not None:
            only = frozenset(unescape(escape(name)) for name in projects)
            unsealed = [replace(runs, only=only) for runs in unsealed]
        sealed = self.footers.open_all(self.partitions(projects), for_conditions=for_conditions)
        return [*_not_in(unsealed, sealed), *_merged_before(unsealed, sealed)]

    def lasting(self, projects: Sequence[str] | None, for_conditions: bool = False) -> list[Source] | None:
        """Return ``sources`` such that all can be read although files are merged meanwhile; None for too many.

        Raises:
            VanishedError: A file is gone since the listing; look again.
        """
        lasting: list[Source] = []
        small = 0
        for source in self.sources(projects, for_conditions=for_conditions):
            if not isinstance(source, RunsFile):
                lasting.append(source)
            elif source.size >= SMALL:  # never merged
                lasting.append(replace(source, held_at_its_turn=True))
            elif small < _MOST_PINNED:
                # Held open, a file that is merged meanwhile gives the runs that it had when it was listed.
                lasting.append(source.pinned())
                small += 1
            else:
                return None
        return lasting

    def partitions(self, projects: Sequence[str] | None) -> list[Path]:
        """Return the folders that hold the Parquet files of some projects; None for all."""
        if projects is None:
            return sorted(filter(Path.is_dir, self._layout.runs.glob("project=*")))
        folders = map(self._layout.partition, dict.fromkeys(projects))
        return list(filter(Path.is_dir, folders))

    def projects(self) -> list[str]:
        """Return the names of the projects that have runs, sorted."""
        names: set[str] = set()
        for runs in self._spools.unsealed():
            names |= runs.projects
        # Afterwards, as above: what was sealed in between is seen here.
        names |= set(map(project_of, self.partitions(None)))
        return sorted(names)


def _not_in(unsealed: Iterable[UnsealedRuns], sealed: Iterable[RunsFile]) -> list[Source]:
    """Return the sealed files without those whose spool file is there: it holds all of them, and perhaps more."""
    stems = {runs.path.stem for runs in unsealed}
    return [file for file in sealed if file.path.stem not in stems]


def _merged_before(unsealed: Iterable[UnsealedRuns], sealed: Iterable[RunsFile]) -> list[Source]:
    """Return the spool files without the projects whose runs were sealed and merged into another file already."""
    merged: dict[str, set[str]] = {}
    for file in sealed:
        for replaced in file.merged:
            merged.setdefault(replaced.stem, set()).add(file.project)
    return [replace(runs, without=frozenset(merged.get(runs.path.stem, ()))) for runs in unsealed]
