"""``llmobs curate``: bad or reviewed runs become examples of a dataset, after a look at what would be written."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.numbers import limit
from pytest_llmobs.cli.queues import add_queue_options, nothing_reviewed, queues_beside
from pytest_llmobs.cli.stores import open_store
from pytest_llmobs.curation.options import CAP, LIMIT, ON_LEAK, Options, Request
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.files import display_path
from pytest_llmobs.wording import count, known, nearest, shell_line

if TYPE_CHECKING:
    from pytest_llmobs.curation.applying import Applied
    from pytest_llmobs.curation.curating import Curation
    from pytest_llmobs.datasets.editing.catalog import Catalog
    from pytest_llmobs.records.examples import Example
    from pytest_llmobs.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--project", action="append", metavar="P", help="the runs' project (repeatable)")
    add_queue_options(
        parser, "in the place of a project: what the reviewers of a queue accepted or corrected"
    )
    parser.add_argument(
        "--filter",
        metavar="F",
        help="which runs (see `llmobs runs`); default: errors, feedback below 0.5, and corrections",
    )
    parser.add_argument(
        "--dataset", required=True, metavar="NAME", help="where the examples go; made where it isn't there"
    )
    parser.add_argument("--split", metavar="S", help="the part of the dataset that they go to")
    parser.add_argument(
        "--dir", metavar="PATH", help="the datasets' folder (default: llm_dataset_dir, datasets)"
    )
    _add_choices(parser)
    writing = parser.add_mutually_exclusive_group()
    writing.add_argument("--yes", action="store_true", help="write the examples")
    writing.add_argument("--dry-run", action="store_true", help="write nothing (default on a terminal)")
    parser.add_argument("--json", action="store_true", help="print it for machines")


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cap",
        type=limit,
        default=CAP,
        metavar="N",
        help=f"most examples of one cluster (0: all; default {CAP})",
    )
    parser.add_argument(
        "--limit",
        type=limit,
        default=LIMIT,
        metavar="N",
        help=f"most runs that are looked at, the newest (0: all; default {LIMIT})",
    )
    parser.add_argument(
        "--keep-outputs",
        action="store_true",
        help="take what the app answered as the reference; without it a person writes that",
    )
    parser.add_argument(
        "--on-leak",
        choices=ON_LEAK,
        default="refuse",
        help="a run whose near-duplicate is in another split: leave it out, or put it there",
    )
    parser.add_argument(
        "--embed",
        action=argparse.BooleanOptionalAction,
        help="cluster by meaning, or by words (default: by meaning where an embedder is installed)",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what would become of the runs, and with ``--yes`` write it.

    Raises:
        NotFoundError: A project or the queue is unknown.
        AgreementError: The queue's reviewers agree too little.
        FilterError: The filter can't be understood.
        ArgumentError: The dataset can't be named so, or nobody said whether to write.
        DatasetError: The dataset's file can't be edited.
        ConflictError: Somebody has added one of the runs meanwhile.
        StoreError: There is no store, or it can't be read.
    """
    _check(arguments)
    # before the store is opened: a script that would hang or write is told at once
    if not (arguments.yes or arguments.dry_run or console.out.isatty()):
        raise ArgumentError(
            "Nobody is asked here, because this is no terminal. Give --dry-run to see what would be written, or "
            "--yes to write it."
        )
    from pytest_llmobs.curation.curating import curate
    from pytest_llmobs.workspace import Workspace

    request = _request(arguments, Workspace.find().settings)
    store, catalog = open_store(arguments.store, console), _catalog(arguments)
    curation = curate(store, catalog, request, partial(queues_beside, arguments.store))
    notes = _notes(curation)  # of the dataset as it is before anything is written
    applied = curation.apply() if arguments.yes else None
    if arguments.json:
        console.json(_as_json(curation, applied, arguments))
        return 0
    for note in notes:
        # with figures behind them they are a part of the page
        console.note("\n".join(console.page.wrapped(note)))
    _print(curation, applied, arguments, console)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Refuse options that say nothing about where the runs come from.

    Raises:
        ArgumentError: One does, or nobody said where from.
    """
    if arguments.from_queue is None:
        if not arguments.project:
            raise ArgumentError(
                "Name the runs: --project P, or --from-queue QUEUE for what people have reviewed."
            )
        if arguments.least_agreement is not None:
            raise ArgumentError("--least-agreement says nothing about --project, only about --from-queue.")
        return
    for option in ("project", "filter", "keep_outputs"):
        if getattr(arguments, option):
            raise ArgumentError(
                f"--{option.replace('_', '-')} says nothing about --from-queue: the queue's reviewers have chosen. "
                "What they accepted or corrected becomes an example. Leave one of the two out."
            )


def _request(arguments: argparse.Namespace, settings: Settings) -> Request:
    options = Options(
        split=arguments.split,
        cap=arguments.cap,
        keep_outputs=arguments.keep_outputs,
        on_leak=arguments.on_leak,
        filter=arguments.filter,
        user_keys=settings.user_keys,
    )
    return Request(
        projects=list(dict.fromkeys(arguments.project or ())),
        dataset=arguments.dataset,
        options=options,
        limit=arguments.limit,
        embed=arguments.embed,
        queue=arguments.from_queue,
        least_agreement=arguments.least_agreement,
    )


def _catalog(arguments: argparse.Namespace) -> Catalog:
    """Return the datasets of this folder, also where the runs are read from an object store."""
    from pytest_llmobs.cli.commands.dataset.catalogs import open_catalog

    store = None if "://" in (arguments.store or "") else arguments.store
    return open_catalog(argparse.Namespace(store=store, dir=arguments.dir))


def _print(
    curation: Curation, applied: Applied | None, arguments: argparse.Namespace, console: Console
) -> None:
    if not curation.plan.found and not curation.plan.left_out:
        queue = curation.plan.queue
        console.note("No run matches." if queue is None else nothing_reviewed(queue))
        return
    from pytest_llmobs.reports.pages.curation import curation_page

    console.say("\n".join(curation_page(curation.plan, console.page, by_meaning=curation.by_meaning)))
    console.say("")
    for line in _ending(curation, applied, arguments, console):
        console.say(line)


def _notes(curation: Curation) -> list[str]:
    """Return what else there is to know before one reads the figures."""
    notes = []
    looked_for = curation.failures
    if looked_for is not None:
        notes.append(
            f"No --filter is given: taken are runs that fulfil {looked_for.filter}, and those that a user corrected."
        )
        for key, highest in looked_for.other_scales.items():
            notes.append(
                f"Scores of {key!r} go up to {highest:g}: what is bad among them, --filter has to say, such as "
                f"'and(eq(feedback_key, \"{key}\"), lt(feedback_score, {highest / 2:g}))'."
            )
    if curation.agreement is not None:
        notes.append(curation.agreement)
    if curation.has_more:
        notes.append(
            f"More runs match: these are the newest {curation.plan.found:,}; --limit 0 looks at all of them."
        )
    plan = curation.plan
    if plan.is_new:
        names = curation.catalog.files()
        notes.append(f"The dataset {plan.dataset!r} is new.{nearest(plan.dataset, names)}")
    elif plan.options.split is not None and plan.options.split not in plan.splits:
        notes.append(
            f"No example of {plan.dataset!r} is in a split {plan.options.split!r} yet."
            f"{nearest(plan.options.split, plan.splits)} {known(plan.splits)}"
        )
    return notes


def _ending(
    curation: Curation, applied: Applied | None, arguments: argparse.Namespace, console: Console
) -> list[str]:
    plan = curation.plan
    if applied is None:
        if plan.is_empty:
            return ["Nothing to add."]
        # the command is to be pasted and stays one line
        return ["Dry run: nothing is written. This writes it:", f"  {_command(arguments)}"]
    lines: list[str] = []
    for told in _told(curation, applied):
        lines += console.page.wrapped(told)
    return lines


def _told(curation: Curation, applied: Applied) -> Iterator[str]:
    plan = curation.plan
    purged = len(plan.drafts) - len(applied.examples)
    if purged:
        yield f"{count(purged, 'run')} of these erased meanwhile: left out."
    if applied.completed:
        whose = "users' corrections" if plan.queue is None else "what reviewers accepted or corrected"
        yield f"Completed {count(len(applied.completed), 'example')} of {plan.dataset!r} with {whose}."
    if not applied.examples:
        if not applied.completed:
            yield "Nothing to add."
        return
    file = display_path(curation.catalog.file(plan.dataset))
    yield f"Added {count(len(applied.examples), 'example')} to {plan.dataset!r}: {file}"
    open_ones = sum(not example.outputs for example in applied.examples)
    if open_ones:
        yield (
            f"{count(open_ones, 'example')} without outputs: write what a good answer is. What the app answered is in "
            "metadata.rejected_output."
        )


def _command(arguments: argparse.Namespace) -> str:
    """Return the command that writes what was shown."""
    # what is at its default is left out: people read it before they run it
    words = ["llmobs", "curate"]
    for project in arguments.project or ():
        words += ["--project", project]
    for name in ("from_queue", "least_agreement", "filter", "dataset", "dir", "split", "store"):
        if getattr(arguments, name) is not None:
            words += [f"--{name.replace('_', '-')}", str(getattr(arguments, name))]
    for name, default in (("cap", CAP), ("limit", LIMIT), ("on_leak", "refuse")):
        if getattr(arguments, name) != default:
            words += [f"--{name.replace('_', '-')}", str(getattr(arguments, name))]
    if arguments.keep_outputs:
        words.append("--keep-outputs")
    if arguments.embed is not None:
        words.append("--embed" if arguments.embed else "--no-embed")
    return shell_line([*words, "--yes"])


def _as_json(curation: Curation, applied: Applied | None, arguments: argparse.Namespace) -> dict[str, Any]:
    plan = curation.plan
    document = asdict(plan)
    document["modes"] = _with_kinds(plan.modes, document["modes"])
    document["filter"] = plan.options.filter if curation.failures is None else curation.failures.filter
    document["has_more"] = curation.has_more
    document["agreement"] = curation.agreement
    document["command"] = _command(arguments)
    document["added"] = None if applied is None else _ids(applied.examples)
    document["completed"] = None if applied is None else _ids(applied.completed)
    return document


def _ids(examples: Sequence[Example]) -> list[str]:
    return list(map(attrgetter("id"), examples))


def _with_kinds(modes: Sequence[Any], documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    for mode, document in zip(modes, documents, strict=True):
        document["recurrence"]["kind"] = mode.recurrence.kind
    return list(documents)
