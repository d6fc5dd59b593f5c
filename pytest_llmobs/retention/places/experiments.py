"""Documents of experiments, and journals of evaluations: the trials of erased runs and examples go, figures stay."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import encodable, parse_json, read_text
from pytest_llmobs.retention.places.base import Finding
from pytest_llmobs.retention.places.lines import Logs
from pytest_llmobs.retention.places.tables import without_trials
from pytest_llmobs.retention.subjects import Sought
from pytest_llmobs.retention.territory import Territory
from pytest_llmobs.storage import experiment_files
from pytest_llmobs.wording import count, noun


class Documents:
    """One document an experiment: what it measured stays, and it says how many trials were erased."""

    name = "experiments"
    describe = "trials in the documents of experiments; their means stay as they were measured"
    folders = ("experiments",)

    def find(self, sought: Sought, territory: Territory) -> Iterator[Finding]:
        """Yield the trials."""
        number, files = 0, []
        for path, _, trials in _changed(sought, territory):
            number += trials
            files.append(territory.shown(path))
        if files:
            yield Finding(self.name, number, "trial", tuple(files))

    def erase(self, sought: Sought, territory: Territory) -> None:
        """Write the documents without them."""
        for path, document, trials in list(_changed(sought, territory)):
            notes = list(document.get("notes") or ())
            if trials:
                today = territory.catalog.now().date().isoformat()
                were = noun(trials, "was", "were")
                notes.append(
                    f"{count(trials, 'trial')} {were} erased on {today}; means are as they were measured"
                )
            _write(path, {**document, "notes": notes}, territory)


def _changed(sought: Sought, territory: Territory) -> Iterator[tuple[Path, dict[str, Any], int]]:
    """Yield each document that holds something that is to go, as it is without, and how many trials it loses."""
    if sought.person is None:  # figures without texts may be kept
        return
    for path in _documents(territory):
        try:
            if not sought.may_be_in(read_text(path)):
                continue
            document = experiment_files.read(path, where=territory.shown(path))
        except (OSError, ValueError, StoreError):  # gone since, or damaged: the search looks at its bytes
            continue
        thinned, trials = without_trials(document, sought)
        if thinned != document:
            yield path, thinned, trials


def _documents(territory: Territory) -> list[Path]:
    """Return the documents; those beyond this machine are fetched."""
    if territory.remote is not None:
        return list(map(itemgetter(0), territory.store.documents()))
    return sorted(territory.store.layout.experiments.glob("[!.]*.json"))


def _write(path: Path, document: Mapping[str, Any], territory: Territory) -> None:
    experiment_files.write(path, document)
    if territory.remote is not None:
        territory.remote.remote.upload(path, f"experiments/{path.name}")


class Journals(Logs):
    """Evaluations that haven't come to their end: a line a trial."""

    name = "evaluations"
    describe = "trials in the journals of unfinished evaluations"
    folders = ("evaluations",)

    def logs(self, sought: Sought, territory: Territory) -> Sequence[Path]:
        """Return the journals; none where no person is meant, since figures without texts may be kept."""
        if sought.person is None:
            return []
        return sorted(territory.store.layout.journals.glob("*.jsonl"))

    def without(self, line: bytes, sought: Sought) -> bytes | None:
        """Return what stands in the place of a line (see ``_without``)."""
        return _without(line, sought)


def _without(line: bytes, sought: Sought) -> bytes | None:
    """Return what stands in the place of a line: nothing of a trial's, a thinner one of a head's; None to leave it."""
    try:
        entry = parse_json(line)
    except ValueError:  # torn by a crash
        return b"" if sought.mentions(line.decode("utf-8", "replace")) else None
    if not isinstance(entry, dict):
        return None
    trial = entry.get("trial")
    if isinstance(trial, dict):
        theirs = trial.get("run_id") in sought.run_ids
        theirs = theirs or sought.has_example(trial.get("example_id"), trial.get("example_hash"))
        return b"" if theirs else None
    if isinstance(entry.get("experiment"), dict):
        thinned, _ = without_trials(entry["experiment"], sought)
        if thinned != entry["experiment"]:
            return encodable(json.dumps({**entry, "experiment": thinned}, ensure_ascii=False)).encode()
    return None
