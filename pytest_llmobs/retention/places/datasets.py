"""Examples in datasets, and in the versions of them that the store keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter
from pathlib import Path

from pytest_llmobs.errors import DatasetError, LlmobsError
from pytest_llmobs.records.examples import Example
from pytest_llmobs.retention.places.base import Finding
from pytest_llmobs.retention.places.whole_datasets import REWRITTEN, rewrite
from pytest_llmobs.retention.subjects import Sought
from pytest_llmobs.retention.territory import Territory


class DatasetExamples:
    """The examples in the files of datasets, those beside tests included."""

    name = "datasets"
    describe = (
        "examples made of erased runs, or whose metadata name the person; other lines stay as they are "
        "(JSON lists and Parquet are written anew)"
    )
    folders: tuple[str, ...] = ()

    def find(self, sought: Sought, territory: Territory) -> Iterator[Finding]:
        """Yield the examples; those in files of a format that isn't edited have a problem."""
        number, files = 0, []
        for _, file, examples in theirs(sought, territory):
            problem = _refusal(file, territory)
            if problem:
                shown = (territory.shown(file),)
                yield Finding(self.name, len(examples), "example", shown, problem)
                continue
            number += len(examples)
            files.append(territory.shown(file))
        if files:
            yield Finding(self.name, number, "example", tuple(files))

    def erase(self, sought: Sought, territory: Territory) -> None:
        """Take the examples out; only their lines change."""
        # every way to write a file comes with it
        from pytest_llmobs.datasets.editing import changes

        for name, file, examples in list(theirs(sought, territory)):
            if file.suffix.lower() in REWRITTEN:
                rewrite(file, _positions(examples, territory.catalog.examples(name)))
            elif not _refusal(file, territory):
                changes.remove(territory.catalog, name, list(map(attrgetter("id"), examples)))


def theirs(sought: Sought, territory: Territory) -> Iterator[tuple[str, Path, list[Example]]]:
    """Yield each dataset that has examples that are to go: its name, its file, and those examples.

    Raises:
        DatasetError: A file makes no sense.
    """
    if sought.person is None:
        return
    for name, file in dataset_files(territory).items():
        examples = list(filter(sought.takes, territory.catalog.examples(name)))
        if examples:
            yield name, file, examples


def _positions(examples: list[Example], every: Iterable[Example]) -> set[int]:
    """Return where examples stand in their file: a row each, in its order."""
    ids = set(map(attrgetter("id"), examples))
    return {number for number, example in enumerate(every) if example.id in ids}


def dataset_files(territory: Territory) -> dict[str, Path]:
    """Return the datasets by what the catalog calls them: those in its folder, and others that suites were run on."""
    files = dict(territory.catalog.files())
    for source in sorted(_sources(territory)):
        file = territory.rootdir / source
        if not file.is_file() or file in files.values():
            continue
        try:
            files[source] = territory.catalog.file(source)
        except LlmobsError:  # a name that is no file of ours, such as module:callable
            continue
    return files


def _sources(territory: Territory) -> set[str]:
    """Return the files that experiments and baselines name as their datasets."""
    from pytest_llmobs.baselines.file import load_baseline
    from pytest_llmobs.baselines.paths import baseline_files

    sources = set()
    for document in territory.store.experiments(heads=True):
        for suite in document.get("suites") or ():
            sources.add(str(suite.get("dataset") or ""))
    for path in baseline_files(territory.baselines):
        baseline = load_baseline(path)
        if baseline is not None:
            sources.add(baseline.dataset)
    return sources - {""}


def _refusal(file: Path, territory: Territory) -> str:
    """Return why examples can't be taken out of a dataset's file; empty where they can."""
    if file.suffix.lower() in REWRITTEN:
        return ""
    try:
        territory.catalog.editable(file)
    except DatasetError as error:
        return str(error)
    return ""


class KeptVersions:
    """What former versions of datasets held."""

    name = "versions"
    describe = "examples in the versions of datasets that the store keeps; reading such a version says so"
    folders = ("datasets",)

    def find(self, sought: Sought, territory: Territory) -> Iterator[Finding]:
        """Yield the rows."""
        if sought.person is None:
            return
        number, files = 0, []
        for found in territory.catalog.versions.holding(sought.takes_row):
            number += found.rows
            files.append(territory.shown(found.file))
        if files:
            yield Finding(self.name, number, "row", tuple(files))

    def erase(self, sought: Sought, territory: Territory) -> None:
        """Take the rows out."""
        if sought.person is not None:
            territory.catalog.versions.erase(sought.takes_row)
