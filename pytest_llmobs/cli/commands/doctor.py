"""``llmobs doctor``: look a store over, and say what was found and what to do about it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.stores import local_root
from pytest_llmobs.clocks import real
from pytest_llmobs.records.wire import to_wire
from pytest_llmobs.storage.checkup import Finding, look_over
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import count, listed, noun

if TYPE_CHECKING:
    from collections.abc import Sequence


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--json", action="store_true", help="print the findings for machines, with all ids")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print a line for each finding; return 1 where one of them needs a person.

    Raises:
        StoreError: There is no store on this machine.
    """
    # What is told while it seals is found again, with the file and the remedy.
    store = Store(local_root(arguments.store), warn=_hear_nothing)
    findings = [*look_over(store, real.time_ns() / 1e9), *_orphans(store)]
    if arguments.json:
        wires = [to_wire(finding, sparse=False) for finding in findings]
        console.json({"store": store.place, "findings": wires})
    elif findings:
        console.say("\n".join(_lines(findings, console)))
    else:
        console.say(f"{console.page.signs.tick} {store.place}: nothing is wrong")
    return int(any(finding.needs_person for finding in findings))


def _hear_nothing(message: str) -> None:
    """Take what a store tells."""


def _orphans(store: Store) -> list[Finding]:
    from pytest_llmobs.feedback.orphans import orphans

    found = orphans(store)
    if not found:
        return []
    keys = listed(sorted({feedback.key for feedback in found}), 3)
    return [
        Finding(
            kind="orphans",
            what=f"{count(len(found), 'feedback record')} ({keys}) {noun(len(found), 'is', 'are')} about runs that "
            "aren't stored.",
            remedy="Nothing to do where sampling left them out, or they are still to come; --json has the ids.",
            needs_person=False,
            ids=tuple(feedback.id for feedback in found),
        )
    ]


def _lines(findings: Sequence[Finding], console: Console) -> list[str]:
    page = console.page
    lines: list[str] = []
    for finding in findings:
        mark, style = (page.signs.cross, "red") if finding.needs_person else (page.signs.dot, "")
        # One line a finding, however long: what reads it may be grep.
        lines.append(page.paint(f"{mark} {page.line(f'{finding.what} {finding.remedy}')}", style))
    return lines
