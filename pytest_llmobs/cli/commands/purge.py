"""``llmobs purge``: everything of a person, or what is older than it may be; a report first, a receipt at the end."""

from __future__ import annotations

import argparse
import secrets
import sys
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.console import Console
from pytest_llmobs.clocks import real
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.wording import shell_line

if TYPE_CHECKING:
    from pytest_llmobs.retention.purge import Outcome, Plan
    from pytest_llmobs.retention.subjects import Subject
    from pytest_llmobs.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--user", metavar="ID", help="everything of the person whose id runs have in their metadata"
    )
    what.add_argument(
        "--older-than",
        metavar="AGE",
        help="traces that began before: 30d, 12h, 4w ago, a day (2026-11-01) or a time",
    )
    parser.add_argument(
        "--key",
        action="append",
        metavar="KEY",
        help="with --user: the metadata's key, several by repeating it (default: llm_user_keys)",
    )
    parser.add_argument(
        "--project",
        action="append",
        metavar="NAME",
        help="with --older-than: only of this project, several by repeating it",
    )
    parser.add_argument("--yes", action="store_true", help="erase without asking")
    parser.add_argument("--dry-run", action="store_true", help="report, and erase nothing")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Report, ask, erase, search, and write the receipt; exit status 1 where nothing was found or something is left.

    Raises:
        ArgumentError: Options don't go together, or nobody can be asked and nothing says what to do.
        NotFoundError: Nothing was found.
        StoreError: There is no store, or a file can't be read or written.
    """
    _check(arguments)
    from pytest_llmobs.storage.parquet.arrow import load_arrow

    # before anything else loads it: a store of a million runs is looked through
    load_arrow(frugal=True)
    from pytest_llmobs.cli.territories import open_territory
    from pytest_llmobs.reports.pages import retention as pages
    from pytest_llmobs.retention.holds import Holds
    from pytest_llmobs.retention.purge import carry_out, prepare

    territory, settings = open_territory(arguments.store, console)
    plan = prepare(territory, _subject(arguments, settings), Holds.read(settings.legal_hold))
    command = _command(arguments)
    if not arguments.json:
        console.say("\n".join(pages.plan_page(plan, console.page)))
    if not plan.findings and not plan.notes:  # git holds something, or a legal hold keeps all of it
        if arguments.json:
            console.json(pages.plan_json(plan))
        console.note("\nNothing else was found.")
        return 1
    if not _may_erase(arguments, plan, console):
        if arguments.json:
            console.json(pages.plan_json(plan))
        else:
            console.note(f"\nNothing was erased. To erase it: {command}")
        return int(bool(plan.look.held.run_ids) and arguments.user is not None)
    outcome = carry_out(plan, territory, salt=secrets.token_hex(16), now=real.now)
    _tell(outcome, command, arguments, console)
    return int(not outcome.is_complete)


def _tell(outcome: Outcome, command: str, arguments: argparse.Namespace, console: Console) -> None:
    from pytest_llmobs.reports.pages import retention as pages

    if arguments.json:
        console.json(pages.outcome_json(outcome))
    else:
        console.say("\n".join(["", *pages.outcome_page(outcome, command, console.page)]))


def _check(arguments: argparse.Namespace) -> None:
    if arguments.key and arguments.user is None:
        raise ArgumentError(
            "--key goes with --user ID: it says under which key of the metadata the id stands."
        )
    if arguments.project and arguments.user is not None:
        raise ArgumentError(
            "--project goes with --older-than: a person's data is erased in every project. Leave it out."
        )
    if arguments.user is not None and not arguments.user.strip():
        raise ArgumentError("--user is empty. Give the id that the runs' metadata have.")
    if arguments.yes and arguments.dry_run:
        raise ArgumentError("--yes erases, and --dry-run erases nothing. Give one of them.")
    if not arguments.yes and not arguments.dry_run and not _can_ask(arguments):
        raise ArgumentError(
            "Nobody can be asked here. Add --dry-run to see what would be erased, or --yes to erase it."
        )


def _can_ask(arguments: argparse.Namespace) -> bool:
    return not arguments.json and sys.stdin.isatty() and sys.stdout.isatty()


def _may_erase(arguments: argparse.Namespace, plan: Plan, console: Console) -> bool:
    if arguments.dry_run:
        return False
    if arguments.yes:
        return True
    # to where the report went: the question is about it
    console.out.write("\nErase it? There is no way back. [y/N] ")
    console.out.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _subject(arguments: argparse.Namespace, settings: Settings) -> Subject:
    from pytest_llmobs.cli.moments import read_moment
    from pytest_llmobs.retention.subjects import Age, Person

    if arguments.user is not None:
        return Person(arguments.user.strip(), tuple(arguments.key or settings.user_keys))
    before = read_moment("--older-than", arguments.older_than)
    assert before is not None
    if before > real.now():
        raise ArgumentError(
            f"--older-than {arguments.older_than!r} lies in the future: that would be everything."
        )
    return Age(before, tuple(arguments.project) if arguments.project else None)


def _command(arguments: argparse.Namespace) -> str:
    """Return the command that erases without asking."""
    words: list[Any] = ["llmobs", "purge"]
    for option in ("user", "older_than"):
        if getattr(arguments, option) is not None:
            words += [f"--{option.replace('_', '-')}", getattr(arguments, option)]
    for option in ("key", "project"):
        for value in getattr(arguments, option) or ():
            words += [f"--{option}", value]
    if arguments.store is not None:
        words += ["--store", arguments.store]
    return shell_line([*words, "--yes"])
