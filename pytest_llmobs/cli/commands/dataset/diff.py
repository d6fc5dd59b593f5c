"""``llmobs dataset diff``: what changed in a dataset, for whoever reviews it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.dataset.catalogs import line_of, open_catalog, version_at
from pytest_llmobs.cli.commands.dataset.committed import last_committed
from pytest_llmobs.datasets.inspection.changes import changes_to_review
from pytest_llmobs.datasets.inspection.value_changes import ValueChange, about_changes, value_changes
from pytest_llmobs.datasets.rows import row_of
from pytest_llmobs.datasets.versions.as_of import resolve, versions_apart
from pytest_llmobs.datasets.versions.differences import ChangedExample
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.reports.pages.datasets.diff import DatasetDifference, diff_page

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.datasets.editing.catalog import Catalog
    from pytest_llmobs.records.examples import Example
    from pytest_llmobs.reports.pages.datasets.versions import VersionLine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    what = "a hash, a tag, a git revision, an experiment's name or a time"
    parser.add_argument("name", metavar="NAME", help="the dataset, or the path of its file")
    parser.add_argument("before", nargs="?", metavar="FROM", help=f"a version: {what} (default: HEAD)")
    parser.add_argument("after", nargs="?", metavar="TO", help="another (default: what the file holds)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--stat", action="store_true", help="totals and splits alone")
    form.add_argument("--markdown", action="store_true", help="for a comment on a pull request")
    parser.add_argument("--all", action="store_true", help="show all examples, and long texts whole")
    parser.add_argument("--exit-code", action="store_true", help="exit status 1 where they differ")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print how two versions differ; return 1 where they do and ``--exit-code`` asks for it.

    Raises:
        NotFoundError: There is no such dataset or version.
        DatasetError: The file, or what was committed, makes no sense.
        ArgumentError: Two forms are asked for.
        StoreError: The store can't be read.
    """
    if arguments.json and (arguments.markdown or arguments.stat):
        raise ArgumentError("--json has everything, and no other form. Leave out --stat and --markdown.")
    catalog = open_catalog(arguments)
    name = catalog.name_of(catalog.file(arguments.name))
    difference = replace(
        _difference(catalog, name, arguments, console),
        about=_about(catalog, name, arguments.before or "git:HEAD", arguments.after),
    )
    if arguments.json:
        console.json(_as_json(difference))
    elif arguments.markdown:
        from pytest_llmobs.reports.pages.datasets.markdown import diff_markdown

        console.say(diff_markdown(difference, everything=arguments.all))
    else:
        lines = diff_page(difference, console.page, stat=arguments.stat, everything=arguments.all)
        console.say("\n".join(lines))
    return int(arguments.exit_code and not difference.is_none)


def _difference(
    catalog: Catalog, name: str, arguments: argparse.Namespace, console: Console
) -> DatasetDifference:
    if arguments.after is not None:
        return _of_versions(catalog, name, arguments.before, arguments.after)
    if arguments.before is None:
        before, earlier = last_committed(catalog, name, console)
    else:
        before, earlier = version_at(catalog, name, arguments.before)
    after, later = version_at(catalog, name, None)
    changes = changes_to_review(earlier, later)
    return DatasetDifference(dataset=name, before=before, after=after, changes=changes)


def _about(catalog: Catalog, name: str, before: str, after: str | None) -> list[ValueChange]:
    """Return what changed of the dataset itself; of versions that git doesn't name nobody knows that."""
    earlier, later = _about_at(catalog, name, before), _about_at(catalog, name, after)
    if earlier is None or later is None:
        return []
    return about_changes(earlier, later)


def _about_at(catalog: Catalog, name: str, as_of: str | None) -> Mapping[str, Any] | None:
    beside, stem = catalog.beside_of(name)
    if as_of is None:
        return beside.about(stem)
    if as_of in catalog.tags(name):
        return None
    return beside.about_at(stem, as_of.removeprefix("git:"))


def _of_versions(catalog: Catalog, name: str, before: str, after: str) -> DatasetDifference:
    """Compare two versions without making examples of what they share, which is most of large ones."""
    earlier, later = resolve(catalog, name, before), resolve(catalog, name, after)
    apart = versions_apart(catalog, name, earlier.version, later.version)
    shared = len(apart.shared.rows)
    return DatasetDifference(
        dataset=name,
        before=line_of(earlier, before, shared + len(apart.earlier)),
        after=line_of(later, after, shared + len(apart.later)),
        changes=changes_to_review(apart.earlier, apart.later, apart.shared),
    )


def _as_json(difference: DatasetDifference) -> dict[str, Any]:
    changes = difference.changes
    return {
        "name": difference.dataset,
        "before": _version_as_json(difference.before),
        "after": _version_as_json(difference.after),
        "counts": {
            "added": len(changes.added),
            "removed": len(changes.removed),
            "edited": len(changes.edited),
            "unchanged": changes.unchanged,
            "parts": dict(changes.parts),
        },
        "splits": list(map(asdict, changes.splits)),
        "about": list(map(asdict, difference.about)),
        "added": _rows(changes.added),
        "removed": _rows(changes.removed),
        "edited": list(map(_edited_as_json, changes.edited)),
    }


def _version_as_json(version: VersionLine) -> dict[str, Any]:
    return {**asdict(version), "when": version.when and version.when.isoformat()}


def _rows(examples: Sequence[Example]) -> list[dict[str, Any]]:
    return list(map(row_of, examples))


def _edited_as_json(edited: ChangedExample) -> dict[str, Any]:
    return {
        "id": edited.after.id,
        "id_before": edited.before.id,
        "parts": edited.parts,
        "values": list(map(asdict, value_changes(edited.before, edited.after))),
    }
