"""Rows of committed baselines, and the texts beside them; the files stay valid, and say how many were erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_llmobs.baselines.file import load_baseline, write_baseline
from pytest_llmobs.baselines.paths import baseline_files, texts_path
from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.baselines.removal import with_erased
from pytest_llmobs.files import locked
from pytest_llmobs.retention.places.base import Finding
from pytest_llmobs.retention.subjects import Sought
from pytest_llmobs.retention.territory import Territory


class BaselineRows:
    """The rows of erased examples."""

    name = "baselines"
    describe = (
        "rows and texts of examples in the committed baselines; the next gate says how many were erased"
    )
    folders: tuple[str, ...] = ()

    def find(self, sought: Sought, territory: Territory) -> Iterator[Finding]:
        """Yield the rows."""
        number, files = 0, []
        for path in _files(sought, territory):
            examples = _theirs(load_baseline(path), sought)
            if examples:
                number += len(examples)
                files.append(territory.shown(path))
                if texts_path(path).is_file():
                    files.append(territory.shown(texts_path(path)))
        if files:
            yield Finding(self.name, number, "row", tuple(files))

    def erase(self, sought: Sought, territory: Territory) -> None:
        """Write the baselines without them, each under its lock."""
        for path in _files(sought, territory):
            with locked(path):
                baseline = load_baseline(path)
                examples = _theirs(baseline, sought)
                if baseline is not None and examples:
                    today = territory.catalog.now().date()
                    write_baseline(path, with_erased(baseline, examples, today))


def _files(sought: Sought, territory: Territory) -> list[Path]:
    if sought.person is None:
        return []
    return baseline_files(territory.baselines)


def _theirs(baseline: Baseline | None, sought: Sought) -> set[str]:
    """Return the examples of a baseline that are to go: with their content, or because of what their texts hold."""
    if baseline is None:
        return set()
    examples = {id for id, row in baseline.rows.items() if sought.has_example(id, row.hash)}
    if baseline.texts is None:
        return examples
    for id, kept in baseline.texts.examples.items():
        texts = [kept.output]
        for shape in baseline.texts.shapes(id):
            texts += filter(None, map(baseline.texts.texts.get, shape.texts()))
        if any(map(sought.wrote, texts)):
            examples.add(id)
    return examples
