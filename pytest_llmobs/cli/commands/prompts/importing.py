"""``llmobs prompts import``: text files become prompts."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.prompts.versions import prompts_path
from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.prompts.importing import ImportReport, Taken


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    from pytest_llmobs.prompts.filling.styles import STYLES

    parser.add_argument("path", metavar="FOLDER", help="with the text files, or one of them")
    parser.add_argument(
        "--style",
        choices=STYLES,
        help="how they write variables: {name}, {{name}}, $name, or not at all (default: {name}, and what may be of "
        "another style is left out)",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would become of the files")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Make the prompts; nothing that is there is overwritten.

    Returns 1 where no file was taken.

    Raises:
        NotFoundError: There is no such folder or file.
        StoreError: The disk refuses.
    """
    report = _rehearsed(arguments) if arguments.dry_run else _imported(arguments, prompts_path(arguments))
    if arguments.json:
        console.json(_as_json(report, arguments.dry_run))
    else:
        _print(report, arguments.dry_run, console)
    return int(not report.taken)


def _imported(arguments: argparse.Namespace, target: Path) -> ImportReport:
    from pytest_llmobs.prompts.folder import PromptFolder
    from pytest_llmobs.prompts.importing import import_folder

    return import_folder(PromptFolder(target), Path(arguments.path), arguments.style)


def _rehearsed(arguments: argparse.Namespace) -> ImportReport:
    """Import into a copy of the prompts: what would become of the files is what becomes of them there."""
    prompts = prompts_path(arguments)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "prompts"
        if prompts.is_dir():
            shutil.copytree(prompts, copy, ignore_dangling_symlinks=True)  # an editor's lock is such a link
        return _imported(arguments, copy)


def _print(report: ImportReport, is_rehearsal: bool, console: Console) -> None:
    page = console.page
    for taken in report.taken:
        console.say("\n".join(page.item(_taken(taken, is_rehearsal), mark=page.signs.tick, style="green")))
    for skipped in report.skipped:
        text = f"{skipped.file}: {skipped.reason}"
        console.say("\n".join(page.item(text, mark=page.signs.cross, style="red")))
    would = "would be taken" if is_rehearsal else "taken"
    console.note(f"{count(len(report.taken), 'file')} {would}, {len(report.skipped)} left out")


def _taken(taken: Taken, is_rehearsal: bool) -> str:
    variables = ", ".join(taken.variables) or "none"
    words = [f"{taken.name}, from {taken.file}"]
    if not taken.is_new:
        words.append("there already")
    elif not is_rehearsal:
        words.append(taken.commit_hash[:SHOWN_DIGITS])
    return f"{', '.join(words)}; variables: {variables}"


def _as_json(report: ImportReport, is_rehearsal: bool) -> dict[str, Any]:
    taken, skipped = [], []
    for one in report.taken:
        row = {"file": str(one.file), "name": one.name, "variables": one.variables, "is_new": one.is_new}
        taken.append({**row, "hash": None if is_rehearsal else one.commit_hash})
    for other in report.skipped:
        skipped.append({"file": str(other.file), "reason": other.reason})
    return {"is_dry_run": is_rehearsal, "taken": taken, "skipped": skipped}
