"""``llmobs export``: datasets in other tools' forms, training data, and everything about a person."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.queues import add_queue_options
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.files import display_path
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.curation.training.chat import Chats
    from pytest_llmobs.curation.training.pairs import Pairs
    from pytest_llmobs.records.conditions import Condition
    from pytest_llmobs.storage.store import Store

_OF_DATASETS = ("as_of", "split", "dir")
_OF_RUNS = ("project", "filter")
_OF_QUEUES = ("from_queue", "least_agreement")
_TAKEN = {
    "dataset": ("as", *_OF_DATASETS),
    "pairs": ("as", "dir", *_OF_RUNS, *_OF_QUEUES),
    "chat": ("as", *_OF_RUNS),
    "user": (),
}
"""What is exported -> the options that say more about it."""
_SOURCES = (
    "feedback with correction=…, and of examples with metadata.rejected_output whose outputs a person has "
    "completed"
)
_FORMS = "csv, tsv, json, jsonl, parquet, hf (a folder), langsmith, chat"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--dataset", metavar="NAME", help="a dataset, by its name or its file")
    what.add_argument(
        "--pairs",
        action="store_true",
        help="preference pairs (DPO) of what people corrected: prompt, chosen, rejected",
    )
    what.add_argument(
        "--chat",
        action="store_true",
        help="lines of messages to fine-tune with, of runs of which only good was said (or those of --filter)",
    )
    what.add_argument("--user", metavar="ID", help="everything about a person, into a folder")
    parser.add_argument("--to", required=True, metavar="PATH", help="the file, or folder, to write")
    parser.add_argument(
        "--as",
        metavar="FORM",
        help=f"what the suffix doesn't say: {_FORMS}; of --pairs: jsonl, json, parquet",
    )
    parser.add_argument(
        "--as-of", metavar="V", help="of --dataset: a hash, a tag, a git revision, an experiment or a time"
    )
    parser.add_argument("--split", metavar="S", help="of --dataset: this split alone")
    parser.add_argument(
        "--dir", metavar="PATH", help="the datasets' folder (default: llm_dataset_dir, datasets)"
    )
    parser.add_argument(
        "--project", action="append", metavar="P", help="only runs of this project (repeatable)"
    )
    parser.add_argument(
        "--filter", metavar="F", help="only runs that fulfil this; docs/filters.md has the language"
    )
    add_queue_options(parser, "of --pairs: what the reviewers of this queue corrected, and nothing else")
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")
    parser.add_argument("--json", action="store_true", help="say what was written for machines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write what is asked for; return 1 where there is nothing to write.

    Raises:
        NotFoundError: There is no such dataset, version, split, project, queue or person.
        AgreementError: The queue's reviewers agree too little.
        ArgumentError: An option says nothing about what is exported, or the form is unknown.
        ConflictError: Something is there already.
        DatasetError: The form can't hold something; the message names it.
        FilterError: The filter can't be understood.
        StoreError: There is no store, or the disk refuses.
    """
    for what, export in _EXPORTS.items():
        if getattr(arguments, what):
            _check_options(what, arguments)
            return export(arguments, Path(arguments.to), console)
    raise ArgumentError(f"--{'dataset' if arguments.dataset is not None else 'user'} is empty. Name one.")


def _check_options(what: str, arguments: argparse.Namespace) -> None:
    """Refuse options that would say nothing."""
    for option in ("as", *_OF_DATASETS, *_OF_RUNS, *_OF_QUEUES):
        if getattr(arguments, option) is not None and option not in _TAKEN[what]:
            taken = ("to", *_TAKEN[what]) if what == "user" else ("to", "overwrite", *_TAKEN[what])
            names = ", ".join(f"--{name.replace('_', '-')}" for name in taken)
            raise ArgumentError(
                f"--{option.replace('_', '-')} says nothing about --{what}, which takes {names}."
            )
    if arguments.from_queue is None:
        if arguments.least_agreement is not None:
            raise ArgumentError(
                "--least-agreement says something about --from-queue alone, which isn't given."
            )
        return
    for option in ("project", "filter", "dir"):
        if getattr(arguments, option) is not None:
            raise ArgumentError(
                f"--{option} says nothing about --from-queue: its pairs are what the queue's reviewers corrected. "
                "Leave one of the two out."
            )


def _dataset(arguments: argparse.Namespace, path: Path, console: Console) -> int:
    from pytest_llmobs.cli.commands.dataset.catalogs import chosen, open_catalog, version_at
    from pytest_llmobs.datasets.exchange import write_foreign
    from pytest_llmobs.files import PRIVATE, SHARED
    from pytest_llmobs.records.examples import Dataset

    catalog = open_catalog(arguments)
    name = catalog.name_of(catalog.file(arguments.dataset))
    version, examples = version_at(catalog, name, arguments.as_of)
    examples = chosen(examples, name, arguments.split, ())
    holds_runs = any(example.source_run_id for example in examples)
    exported = write_foreign(
        Dataset(name, examples),
        path,
        getattr(arguments, "as"),
        overwrite=arguments.overwrite,
        mode=PRIVATE if holds_runs else SHARED,
    )
    if arguments.json:
        files = list(map(display_path, exported.files))
        said = {
            "dataset": name,
            "version": version.version,
            "form": exported.form,
            "examples": exported.examples,
        }
        console.json({**said, "path": display_path(path), "files": files, "notes": exported.notes})
        return 0
    for file in exported.files:
        _say_written(display_path(file), console)
    written = (
        f"{count(exported.examples, 'example')} of {name} ({version.version[:8]}) written as {exported.form}"
    )
    console.note("; ".join([written, *exported.notes]))
    return 0


def _pairs(arguments: argparse.Namespace, path: Path, console: Console) -> int:
    from pytest_llmobs.cli.commands.dataset.catalogs import open_catalog
    from pytest_llmobs.cli.stores import open_store
    from pytest_llmobs.curation.training.files import form_of
    from pytest_llmobs.curation.training.sources import stored_pairs
    from pytest_llmobs.datasets.exchange.writing import check_free

    form, asked = form_of(path, getattr(arguments, "as")), _condition(arguments)
    check_free(path, arguments.overwrite)  # before minutes of reading
    store = open_store(arguments.store, console)
    if arguments.from_queue is not None:
        return _pairs_of_queue(store, arguments, path, form, console)
    _check_projects(store, arguments.project)
    is_whole = arguments.project is None and asked is None
    made = stored_pairs(store, open_catalog(arguments) if is_whole else None, arguments.project, asked)
    return _keep_pairs(made, {}, arguments, path, form, console)


def _pairs_of_queue(
    store: Store, arguments: argparse.Namespace, path: Path, form: str, console: Console
) -> int:
    from pytest_llmobs.cli.queues import queues_beside
    from pytest_llmobs.curation.training.reviewed import queue_pairs

    queues = queues_beside(arguments.store)
    made = queue_pairs(store, queues, arguments.from_queue, arguments.least_agreement)
    if not arguments.json:
        console.note("\n".join(console.page.wrapped(made.agreement)))
        for why, number in made.left_out.items():
            console.note(f"{count(number, 'item')} {why}: left out.")
    more = {"queue": made.queue, "agreement": made.agreement, "left_out": made.left_out}
    return _keep_pairs(made.pairs, more, arguments, path, form, console)


def _keep_pairs(
    made: Pairs,
    more: Mapping[str, Any],
    arguments: argparse.Namespace,
    path: Path,
    form: str,
    console: Console,
) -> int:
    """Write pairs, where there are any, and say what became of the rest.

    Args:
        made: They.
        more: What is told to machines besides.
        arguments: The command's.
        path: The file.
        form: Its form.
        console: Where it is said.
    """
    from pytest_llmobs.curation.training.files import write_rows
    from pytest_llmobs.reports.pages.training import pairs_page

    if made.pairs:
        write_rows(made.rows, path, form, overwrite=arguments.overwrite)
    if arguments.json:
        console.json({**_pairs_as_json(made, path, form), **more})
        return int(not made.pairs)
    lines = pairs_page(made, console.page)
    if lines:
        console.say("\n".join(lines))
    if not made.pairs:
        source = "reviewers' corrections" if more else _SOURCES
        console.note(f"No pair, and nothing written. Pairs come of {source}.")
        return 1
    _say_written(f"{display_path(path)}: {count(len(made.pairs), 'pair')}", console)
    return 0


def _pairs_as_json(made: Pairs, path: Path, form: str) -> dict[str, Any]:
    categories = []
    for reach in made.reaches:
        categories.append({**asdict(reach), "lacking": reach.lacking})
    return {
        "path": display_path(path) if made.pairs else None,
        "form": form,
        "pairs": len(made.pairs),
        "categories": categories,
        "conflicts": made.conflicts,
        "refused": list(map(asdict, made.refused)),
    }


def _chat(arguments: argparse.Namespace, path: Path, console: Console) -> int:
    from pytest_llmobs.cli.stores import open_store
    from pytest_llmobs.curation.training.files import form_of, write_rows
    from pytest_llmobs.curation.training.sources import stored_chats
    from pytest_llmobs.datasets.exchange.writing import check_free
    from pytest_llmobs.reports.pages.training import refused_lines

    named = getattr(arguments, "as")
    form, asked = form_of(path, None if named == "chat" else named), _condition(arguments)
    check_free(path, arguments.overwrite)
    store = open_store(arguments.store, console)
    _check_projects(store, arguments.project)
    chats = stored_chats(store, arguments.project, asked)
    if chats.lines:
        write_rows(chats.lines, path, form, overwrite=arguments.overwrite)
    if arguments.json:
        console.json(_chats_as_json(chats, path, form))
        return int(not chats.lines)
    lines = refused_lines(chats.refused, console.page)
    if lines:
        console.say("\n".join(lines))
    if not chats.lines:
        console.note(
            "No conversation, and nothing written. Without --filter only root runs count of which people said nothing "
            "but good: a score of true, or the largest one given under its key."
        )
        return 1
    _say_written(f"{display_path(path)}: {count(len(chats.lines), 'conversation')}", console)
    return 0


def _chats_as_json(chats: Chats, path: Path, form: str) -> dict[str, Any]:
    refused = []
    for run_id, reason in chats.refused:
        refused.append({"run_id": run_id, "reason": reason})
    written = display_path(path) if chats.lines else None
    return {"path": written, "form": form, "conversations": len(chats.lines), "refused": refused}


def _say_written(text: str, console: Console) -> None:
    page = console.page
    console.say("\n".join(page.item(page.line(text), mark=page.signs.tick, style="green")))


def _condition(arguments: argparse.Namespace) -> Condition | None:
    """Return what runs have to fulfil, read before anything is opened.

    Raises:
        FilterError: It can't be understood.
    """
    from pytest_llmobs.storage.filtering.language import parse

    return None if arguments.filter is None else parse(arguments.filter)


def _check_projects(store: Any, projects: Sequence[str] | None) -> None:
    for project in projects or ():
        store.check_project(project)


def _user(arguments: argparse.Namespace, path: Path, console: Console) -> int:
    from pytest_llmobs.cli.territories import open_territory
    from pytest_llmobs.retention.export import export_person
    from pytest_llmobs.retention.subjects import Person

    if arguments.overwrite:
        raise ArgumentError("--overwrite says nothing about --user, whose folder has to be new or empty.")
    territory, settings = open_territory(arguments.store, console)
    exported = export_person(territory, Person(arguments.user, settings.user_keys), path)
    if arguments.json:
        console.json(asdict(exported))
    else:
        numbers = [f"{name} {number:,}" for name, number in exported.numbers.items()]
        _say_written(f"{display_path(path)}: {', '.join(numbers)}", console)
    return 0


_EXPORTS = {"dataset": _dataset, "pairs": _pairs, "chat": _chat, "user": _user}
"""What is exported -> what does it."""
