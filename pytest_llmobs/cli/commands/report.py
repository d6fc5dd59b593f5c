"""``llmobs report``: reports of a stored experiment, as files or printed."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.cli import reports
from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.lookup import match_name, newest_experiment, remedy
from pytest_llmobs.cli.stores import open_store
from pytest_llmobs.errors import NotFoundError, SettingsError
from pytest_llmobs.experiments.stored import read_experiment
from pytest_llmobs.wording import nearest, nearest_beginning

if TYPE_CHECKING:
    from pytest_llmobs.records.experiments import Experiment
    from pytest_llmobs.reports.base import ReportFormat
    from pytest_llmobs.reports.delivery import Delivery, ReportOrder, Reports
    from pytest_llmobs.storage.store import Store

DEFAULT = "html"
"""The report that is made where none is named."""
_PNG = "png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "words",
        nargs="*",
        metavar="NAME | FORMAT[:PATH]",
        help="an experiment's name or its beginning (default: the newest), and the reports to make of it "
        f"(default: {DEFAULT}), as --llm-report takes them",
    )
    parser.add_argument("--png", metavar="FOLDER", help="also draw the plots as pictures (extra: png)")
    parser.add_argument("--json", action="store_true", help="print what was made for machines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Make the reports and say where they are; 1 where one of them can't be made.

    Raises:
        NotFoundError: There is no such experiment.
        SettingsError: There is no such format, or two would be one file.
        StoreError: There is no store, or it can't be read.
    """
    from pytest_llmobs.reports.delivery import read_orders

    store = open_store(arguments.store, console)
    name, requests, formats = _understood(arguments.words, store)
    if not requests and arguments.png is None:
        requests = [DEFAULT]
    orders = read_orders(requests, formats, Path.cwd(), "llmobs report")
    experiment = newest_experiment(store) if name is None else read_experiment(name, store)
    _tell_of_namesakes(arguments.words, requests, experiment, store, console)
    made = _made(experiment, orders, store, arguments, console)
    if arguments.json:
        console.json(_document(experiment, made))
    else:
        _tell(made, console)
    return 1 if any(report.problem for report in made) else 0


def _understood(
    words: Sequence[str], store: Store
) -> tuple[str | None, list[str], Mapping[str, ReportFormat]]:
    """Return the experiment that is named, None where none is; the reports that are asked for; and the formats.

    What is built in goes before an experiment of that name, and this before a format of the ``conftest.py``, which is
    not even imported for it.

    Raises:
        NotFoundError: A word is neither, or several experiments are named.
    """
    names = store.experiment_names()
    formats = reports.known_formats((), store)
    named: list[str] = []
    unclear: list[str] = []
    for word in words:
        if _format_name(word) in formats:
            continue
        if match_name(word, names) is None:
            unclear.append(word)
        else:
            named.append(word)
    if len(named) > 1:
        raise NotFoundError(f"A report is of one experiment; these are several: {', '.join(named)}.")
    # only now: a conftest.py may take long to import, or fail
    if unclear:
        formats = reports.known_formats(unclear, store)
    for word in unclear:
        if _format_name(word) not in formats:
            raise NotFoundError(_neither(word, names, formats))
    # in the order of the words: reports are told as they were asked for
    requests = [word for word in words if word not in named]
    return (match_name(named[0], names) if named else None), requests, formats


def _tell_of_namesakes(
    words: Sequence[str], requests: Sequence[str], experiment: Experiment, store: Store, console: Console
) -> None:
    """Say so where a word was taken for a report, and an experiment is called the same."""
    names = store.experiment_names()
    for word in dict.fromkeys(words):
        if word in requests and word in names:
            console.note(
                f"{word!r} is taken for the report, of {experiment.name!r}; an experiment has that name, too."
            )


def _format_name(word: str) -> str:
    return word.partition(":")[0]


def _neither(word: str, names: Sequence[str], formats: Mapping[str, ReportFormat]) -> str:
    name = _format_name(word)
    hint = nearest(name, formats) or nearest_beginning(name, names)
    if name == _PNG:
        hint = " `llmobs report --png FOLDER` draws the plots."
    return f"{word!r} is no report and no experiment.{hint} Reports: {', '.join(sorted(formats))}. {remedy(names)}"


def _made(
    experiment: Experiment,
    orders: Sequence[ReportOrder],
    store: Store,
    arguments: argparse.Namespace,
    console: Console,
) -> list[Delivery]:
    """Print and write what is ordered; return what became of it.

    Raises:
        SettingsError: Pictures are asked for, and can't be drawn on this machine.
    """
    context = reports.stored_context(experiment, store, arguments.store)
    ordered = reports.gathered(experiment, orders, context, store)
    # first: what is missing on this machine is told before anything is written
    pictures = [] if arguments.png is None else _pictures(ordered, Path(arguments.png))
    printed = ordered.printed(console.page, ordered_alone=True)
    written = ordered.written(reports.report_folder(store))
    return [*printed, *written, *pictures]


def _pictures(ordered: Reports, folder: Path) -> list[Delivery]:
    """Write a picture a file into a folder, which is made where it is missing."""
    from pytest_llmobs.files import write_whole
    from pytest_llmobs.reports.delivery import Delivery, reason_of
    from pytest_llmobs.reports.plots.pictures import picture_files

    if isinstance(ordered.digest, Delivery):
        return [ordered.digest]
    try:
        files = picture_files(ordered.digest, ordered.context)
    except SettingsError:
        raise
    except Exception as error:
        return [Delivery(_PNG, problem=reason_of(error))]
    if not files:
        return [Delivery(_PNG, problem="there is nothing to draw")]
    made: list[Delivery] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_whole(folder / name, content)
            made.append(Delivery(_PNG, path=folder / name))
    except FileExistsError:
        made.append(Delivery(_PNG, problem=f"can't write to {str(folder)!r}: it is a file; name a folder"))
    except OSError as error:
        made.append(Delivery(_PNG, problem=f"can't write to {str(folder)!r}: {error.strerror or error}"))
    return made


def _tell(made: Sequence[Delivery], console: Console) -> None:
    for report in made:
        if report.problem:
            console.note(report.notice())
        elif report.path is None:
            console.say_finished(report.shown(console.page))
        else:
            console.say(report.notice())


def _document(experiment: Experiment, made: Sequence[Delivery]) -> dict[str, object]:
    """Return what was made: texts of what would have been printed, paths of what was written."""
    entries: list[dict[str, object]] = []
    for report in made:
        entry: dict[str, object] = {"format": report.format, "path": report.path}
        # what is written may be megabytes
        if report.path is None:
            entry["text"] = report.text
        entry["problem"] = report.problem or None
        entries.append(entry)
    return {"experiment": experiment.name, "red": experiment.red, "reports": entries}
