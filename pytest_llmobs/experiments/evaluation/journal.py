"""The journal of an evaluation: its head, then each finished trial, a line each, in the page cache once written.

It survives ``kill -9``, and is there for as long as the evaluation hasn't come to its end: then the document has all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pytest_llmobs.errors import StoreError
from pytest_llmobs.experiments.documents import experiment_from_dict, experiment_to_dict
from pytest_llmobs.files import encodable, make_private, open_private, parse_json, read_bytes
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.fit import MisfitError
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.records.wire import from_wire, to_wire
from pytest_llmobs.storage.layout import SPOOL_SUFFIX
from pytest_llmobs.storage.sessions import is_marked
from pytest_llmobs.storage.store import Store


class Journal:
    """Where the finished trials of one evaluation are kept at once."""

    def __init__(self, path: Path, head: Experiment) -> None:
        """Open it, and write the head: of several the last counts.

        Args:
            path: See ``Layout.journal``.
            head: The experiment without trials.

        Raises:
            OSError: The disk refuses.
        """
        self.path = path
        make_private(path.parent)
        self._descriptor: int | None = open_private(path, os.O_CREAT | os.O_APPEND | os.O_RDWR | os.O_CLOEXEC)
        try:
            self._write(b"" if self._ends_whole() else b"\n")  # a line that a crash has cut
            self.begin_again(head)
        except BaseException:
            self.close()
            raise

    def begin_again(self, head: Experiment) -> None:
        """Write another head: it is the one that counts from now on.

        Raises:
            OSError: The disk refuses.
        """
        self._append({"experiment": experiment_to_dict(replace(head, trials=()))})

    def keep(self, trial: Trial) -> None:
        """Append a finished trial.

        Raises:
            OSError: The disk refuses.
        """
        # its run has what it sent and answered
        self._append({"trial": to_wire(replace(trial, calls=(), inputs={}, output=""))})

    def close(self) -> None:
        """Let go of the file, which stays."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def remove(self) -> None:
        """Delete it: the document has everything."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _append(self, entry: Mapping[str, Any]) -> None:
        self._write(encodable(json.dumps(entry, ensure_ascii=False, default=str) + "\n").encode())

    def _write(self, line: bytes) -> None:
        assert self._descriptor is not None
        if os.write(self._descriptor, line) != len(line):
            raise OSError(f"The disk took only a part of a line of {str(self.path)!r}.")

    def _ends_whole(self) -> bool:
        assert self._descriptor is not None
        size = os.fstat(self._descriptor).st_size
        return size == 0 or os.pread(self._descriptor, 1, size - 1) == b"\n"


def renew_journal(experiment: Experiment, store: Store) -> None:
    """Bring the journal of an evaluation that ended early up to its document; nothing where there is no journal.

    Raises:
        OSError: The disk refuses.
    """
    path = store.layout.journal(experiment.name)
    if not path.exists():
        return
    journal = Journal(path, experiment)
    try:
        for trial in experiment.trials:
            if trial.not_run is None:
                journal.keep(trial)
    finally:
        journal.close()


def journal_names(store: Store) -> list[str]:
    """Return the experiments that have a journal: evaluations that haven't come to their end."""
    paths = store.layout.journals.glob(f"*{SPOOL_SUFFIX}")
    return sorted(unquote(path.name.removesuffix(SPOOL_SUFFIX)) for path in paths)


def stopped_evaluations(store: Store) -> list[str]:
    """Return the evaluations that were killed, in the order of their names: they have a journal, and no document yet.

    One that is under way isn't among them, once the store has recovered what dead processes left.
    """
    stopped = []
    for name in journal_names(store):
        if not store.layout.experiment(name).exists() and not is_marked(store.layout, name):
            stopped.append(name)
    return stopped


def read_journal(store: Store, name: str) -> Experiment | None:
    """Return an evaluation as far as it came: its head, and the finished trials, of one that ran twice the last.

    Returns:
        None where there is no journal, or nothing in it.

    Raises:
        StoreError: It can't be read.
    """
    path = store.layout.journal(name)
    head: Experiment | None = None
    trials: dict[tuple[str, int], Trial] = {}
    try:
        for entry in _entries(path):
            if "experiment" in entry:
                head = experiment_from_dict(entry["experiment"])
            elif "trial" in entry:
                trial = from_wire(Trial, entry["trial"])
                trials[trial.example_id, trial.repeat] = trial
    except FileNotFoundError:
        return None
    except (OSError, MisfitError) as error:
        raise StoreError(
            f"The journal {str(path)!r} of the evaluation {name!r} can't be read: {error}. Delete it to begin anew."
        ) from error
    if head is None:
        return None
    return replace(head, trials=tuple(trials.values()))


def _entries(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the entries; lines that a crash has cut are left out."""
    for line in read_bytes(path).splitlines():
        try:
            entry = parse_json(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry
