"""``llmobs dataset import``: what other tools wrote becomes examples."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.dataset.catalogs import formats, leak_guard, open_catalog
from pytest_llmobs.datasets.leaks import POLICIES
from pytest_llmobs.datasets.rows import row_of
from pytest_llmobs.errors import ConflictError, DatasetError, LlmobsError
from pytest_llmobs.files import display_path
from pytest_llmobs.records.examples import Example, content_hash
from pytest_llmobs.wording import count, listed

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.datasets.editing.catalog import Catalog
    from pytest_llmobs.datasets.exchange import Imported
    from pytest_llmobs.datasets.exchange.reading import Choice

_NAMED = 5
"""Ids that a message names."""
_FORMS = {"langsmith": "LangSmith's export", "chat": "lines of messages", "hf": "a Hugging Face folder"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    keys = {"nargs": "+", "default": [], "metavar": "COLUMN"}
    parser.add_argument("source", metavar="SOURCE", help="a file, or a folder as Hugging Face has them")
    parser.add_argument("--name", required=True, help="the dataset; it is made where it isn't there")
    parser.add_argument("--input-keys", help="columns that make up the inputs", **keys)  # type: ignore[arg-type]
    parser.add_argument("--output-keys", help="columns that make up the outputs", **keys)  # type: ignore[arg-type]
    parser.add_argument("--metadata-keys", help="columns that become metadata", **keys)  # type: ignore[arg-type]
    parser.add_argument("--split", help="put every example into this split, whatever the source says")
    parser.add_argument(
        "--only-split",
        action="append",
        default=[],
        metavar="SPLIT",
        help="of a folder: this split (repeatable)",
    )
    parser.add_argument("--config", metavar="NAME", help="of a folder with several configurations: this one")
    parser.add_argument(
        "--without-attachments", action="store_true", help="leave out what LangSmith's have attached"
    )
    parser.add_argument(
        "--new-only", action="store_true", help="leave out examples that the dataset has already"
    )
    parser.add_argument(
        "--on-leak",
        choices=POLICIES,
        help="where a near-duplicate is in another split: refuse all, move the new one there, or off "
        "(the setting llm_leak_guard by default)",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be added")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Add the examples of a source to a dataset, all or none.

    Raises:
        DatasetError: The source can't be read, or makes no sense; the message names file and line.
        LeakError: An example's near-duplicate is in another split, and that is to be refused.
        ConflictError: The dataset has an id already.
        StoreError: The disk refuses.
    """
    from pytest_llmobs.datasets.exchange import read_foreign

    source = Path(arguments.source)
    imported = read_foreign(source, formats=formats(), choice=_choice(arguments))
    if not imported.examples:
        raise DatasetError(f"{display_path(source)} holds no example.")
    catalog = open_catalog(arguments)
    is_new = not catalog.has(arguments.name)
    drafts = imported.examples if is_new else _free(catalog, arguments.name, imported, arguments.new_only)
    if not arguments.dry_run:
        added = _add(catalog, arguments.name, drafts, is_new, display_path(source), leak_guard(arguments))
        drafts = list(map(row_of, added))
    if arguments.json:
        console.json(_as_json(imported, drafts, is_new, arguments))
    else:
        _print(imported, drafts, is_new, arguments, console)
    return 0


def _choice(arguments: argparse.Namespace) -> Choice:
    from pytest_llmobs.datasets.columns import Columns
    from pytest_llmobs.datasets.exchange.reading import Choice

    return Choice(
        columns=Columns(arguments.input_keys, arguments.output_keys, arguments.metadata_keys),
        split=arguments.split,
        only_splits=arguments.only_split,
        config=arguments.config,
        without_attachments=arguments.without_attachments,
    )


def _free(catalog: Catalog, name: str, imported: Imported, new_only: bool) -> Sequence[Mapping[str, Any]]:
    """Return what can be added to a dataset that is there: what isn't in it yet.

    Raises:
        ConflictError: Something is in it, and isn't to be left out: an id, or without one the same inputs and outputs.
    """
    there: dict[str, str] = {}
    for example in catalog.examples(name):
        there |= {example.id: example.id, f"\0{example.hash}": example.id}
    free, taken = [], []
    for draft in imported.examples:
        same = there.get(draft.get("id") or f"\0{content_hash([draft['inputs'], draft.get('outputs', {})])}")
        if same is None:
            free.append(draft)
        else:
            taken.append(same)
    if taken and not new_only:
        raise ConflictError(
            f"The dataset {name!r} has {count(len(taken), 'example')} of these already: {listed(taken, _NAMED)}. "
            "--new-only leaves them out."
        )
    return free


def _add(
    catalog: Catalog, name: str, drafts: Sequence[Mapping[str, Any]], is_new: bool, source: str, on_leak: str
) -> Sequence[Example]:
    from pytest_llmobs.datasets.editing import changes

    if is_new:
        catalog.create(name, {"description": f"Imported from {source}"})
    if not drafts:
        return ()
    try:
        return changes.add(catalog, name, drafts, source, on_leak=on_leak).examples
    except LlmobsError:
        if is_new:
            catalog.delete(name)  # nothing is left of what couldn't be done
        raise


def _splits(drafts: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for draft in drafts:
        split = draft.get("split", "")
        counts.update([split] if isinstance(split, str) else split)
    return dict(counts)


def _print(
    imported: Imported,
    drafts: Sequence[Mapping[str, Any]],
    is_new: bool,
    arguments: argparse.Namespace,
    console: Console,
) -> None:
    page = console.page
    for file, examples in imported.files.items():
        text = page.line(f"{file}: {count(examples, 'example')}")
        console.say("\n".join(page.item(text, mark=page.signs.tick, style="green")))
    left_out = len(imported.examples) - len(drafts)
    would = "would be added" if arguments.dry_run else "added"
    words = [
        f"{count(len(drafts), 'example')} {would} to {'the new dataset ' if is_new else ''}{arguments.name!r}"
    ]
    if imported.form in _FORMS:
        words.append(f"read as {_FORMS[imported.form]}")
    splits = _splits(drafts)
    if set(splits) != {""} and splits:
        shown = [f"{split or 'no split'} {number:,}" for split, number in splits.items()]
        words.append(f"by split: {', '.join(shown)}")
    if left_out:
        words.append(f"{left_out:,} left out, as they are there already")
    console.note("; ".join(words))


def _as_json(
    imported: Imported, drafts: Sequence[Mapping[str, Any]], is_new: bool, arguments: argparse.Namespace
) -> dict[str, Any]:
    return {
        "name": arguments.name,
        "is_new": is_new,
        "is_dry_run": arguments.dry_run,
        "form": imported.form,
        "files": imported.files,
        "added": len(drafts),
        "left_out": len(imported.examples) - len(drafts),
        "splits": _splits(drafts),
    }
