"""Many datasets as one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from pytest_llmobs.reports.pages.datasets.versions import SHOWN_DIGITS
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import column, draw_painted, drop, fitted, squeeze, swap


@dataclass(frozen=True, kw_only=True)
class DatasetLine:
    """One dataset as it is now."""

    name: str
    file: str
    """As it is typed, relative to the current folder."""
    examples: int | None = None
    """None where its file can't be read."""
    splits: Mapping[str, int] = field(default_factory=dict)
    """How many examples each has, sorted by name."""
    version: str = ""
    """The hash of what it holds."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """What each stands for."""
    description: str | None = None
    problem: str = ""
    """Why it can't be read; empty where it can."""


def dataset_listing(lines: Sequence[DatasetLine], page: Page) -> list[str]:
    """Return the table, in the order given.

    What gives way, in this order, until it fits the page: splits from the third on, tags from the second on, the
    description, the file, the middle of names and tags, the splits.
    """
    table = [
        column("name", "name", lines, lambda line: page.line(line.name)),
        column("examples", "examples", lines, _examples, right=True),
        column("splits", "splits", lines, partial(_splits, page=page, most=None)),
        column("version", "version", lines, lambda line: line.version[:SHOWN_DIGITS]),
        column("tags", "tags", lines, partial(_tags, page=page, most=None)),
        column("file", "file", lines, lambda line: page.line(line.file)),
        column("about", "about", lines, lambda line: page.clip(page.line(line.description or ""), 40)),
    ]
    steps = [
        swap(column("splits", "splits", lines, partial(_splits, page=page, most=2))),
        swap(column("tags", "tags", lines, partial(_tags, page=page, most=1))),
        drop("about"),
        squeeze("file", 20, page.width, page),
        drop("file"),
        squeeze("name", 16, page.width, page),
        squeeze("tags", 8, page.width, page),
        squeeze("splits", 10, page.width, page),
        drop("splits"),
        squeeze("name", 8, page.width, page),
    ]
    heading, rows = draw_painted(fitted(table, page.width, steps), page)
    for line, row in zip(lines, rows, strict=True):
        heading.append(page.paint(row, "red" if line.problem else ""))
    return heading


def _examples(line: DatasetLine) -> str:
    return "broken" if line.examples is None else f"{line.examples:,}"


def _splits(line: DatasetLine, page: Page, most: int | None) -> str:
    sizes = [f"{split} {size:,}" for split, size in line.splits.items()]
    return page.line(page.named(sizes, most))


def _tags(line: DatasetLine, page: Page, most: int | None) -> str:
    names: list[str] = []
    for tag, version in line.tags.items():
        is_current = version == line.version
        names.append(tag if is_current else f"{tag} (old)")
    return page.line(page.named(names, most))
