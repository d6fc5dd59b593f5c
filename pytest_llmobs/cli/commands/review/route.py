"""``llmobs review route``: runs of the store come to the queues whose rules they fulfil."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.review.workspaces import find_workspace, open_queues
from pytest_llmobs.cli.moments import read_moment
from pytest_llmobs.cli.numbers import limit
from pytest_llmobs.cli.stores import open_local_store
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.errors import LlmobsError
    from pytest_llmobs.review.routing.applying import RoutedRule
    from pytest_llmobs.storage.store import Store
    from pytest_llmobs.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument(
        "queue", nargs="?", metavar="QUEUE", help="this queue alone (default: all that have rules)"
    )
    parser.add_argument(
        "--project",
        action="append",
        metavar="P",
        help="runs of this project alone (repeatable; default: all)",
    )
    parser.add_argument(
        "--since",
        metavar="WHEN",
        help="runs that started, or got feedback, since: 2h, 7d, 2026-11-30, '2026-11-30 09:00' (default: all)",
    )
    parser.add_argument(
        "--limit",
        type=limit,
        default=0,
        metavar="N",
        help="most new items of a queue, the newest runs (default 0: all)",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be added, and add nothing")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Add the runs and print what each rule came to. Return 1 where no queue has rules, or one can't be read.

    Raises:
        NotFoundError: There is no such queue, or nothing is known of the project.
        ArgumentError: The queue has no rules, its file makes no sense, or the time is none.
        StoreError: There is no store, it can't be read, or the disk refuses.
    """
    from pytest_llmobs.reports.pages.routing import routing_page
    from pytest_llmobs.review.routing.applying import route
    from pytest_llmobs.review.routing.matching import Scope

    broken: list[LlmobsError] = []
    store = open_local_store(arguments.store, console)
    routed = route(
        store,
        open_queues(arguments),
        wanted=arguments.queue,
        scope=Scope(arguments.project, read_moment("--since", arguments.since)),
        limit=arguments.limit or None,
        dry_run=arguments.dry_run,
        broken=broken,
    )
    # a store that can't be read is said once, not once a queue
    for message in dict.fromkeys(map(str, broken)):
        console.note(message)
    _tell_unknown(routed, store, console)
    if not routed and not broken:
        _tell_how(find_workspace(arguments), console)
    if arguments.json:
        console.json(list(map(asdict, routed)))
    elif routed:
        console.say("\n".join(routing_page(routed, console.page, dry_run=arguments.dry_run)))
    return 1 if broken or not routed else 0


def _tell_unknown(routed: Sequence[RoutedRule], store: Store, console: Console) -> None:
    """Say which rules name projects that the store doesn't have: no run of theirs can ever fulfil them."""
    projects = store.projects()
    for rule in routed:
        for name in rule.unknown:
            hint = nearest(name, projects) or f" {known(projects)}"
            console.note(f"Queue {rule.queue!r}: a rule names the project {name!r}, which has no runs.{hint}")


def _tell_how(workspace: Workspace, console: Console) -> None:
    """Say how a rule is written."""
    from pytest_llmobs.review.routing.kinds import KINDS

    folder = workspace.settings.queue_dir
    console.note(
        f"No queue has rules. Write some into a file such as {folder}/support.yaml (`llmobs review create support` "
        "makes one with every key explained):"
    )
    console.note(
        "\n  route:\n    - feedback: {user_rating: below 0.4}\n    - project: production\n      sample: 2%\n"
    )
    console.note(f"A run that fulfils all conditions of one rule is an item. {known(KINDS)}")
