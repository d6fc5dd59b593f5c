"""``llmobs review agreement``: how far reviewers agree, and whether that is enough to train on what they said."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.review.workspaces import open_queues
from pytest_llmobs.cli.numbers import coefficient
from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.review.agreement.gate import AgreementGate
    from pytest_llmobs.review.agreement.measuring import QueueAgreement
    from pytest_llmobs.review.records import Decision


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("queue", metavar="QUEUE", help="the queue's name or id")
    parser.add_argument(
        "--reviewer",
        metavar="NAME",
        dest="reviewers",
        action="append",
        default=[],
        help="compare only these reviewers (repeatable); one alone with everybody",
    )
    parser.add_argument(
        "--least",
        metavar="FIGURE",
        type=coefficient,
        help="exit status 1 where kappa or alpha is below this, or unknown",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the figures; return 1 where they are below a bar that was stated.

    Raises:
        NotFoundError: There is no such queue, or a reviewer has reviewed nothing in it.
        StoreError: The store that was named isn't there, or a log can't be read.
    """
    from pytest_llmobs.review.agreement.gate import gate
    from pytest_llmobs.review.agreement.measuring import measure
    from pytest_llmobs.review.agreement.tables import asked_under

    queues = open_queues(arguments)
    queue = queues.find(arguments.queue)
    decisions = _of_reviewers(queues.decisions(queue).standing(), _names(arguments), queue.name)
    agreement = measure(queue, decisions, asked_under(queues.folder(queue)))
    verdict = gate(agreement, arguments.least)
    if arguments.json:
        console.json(_wire(agreement, verdict))
    else:
        from pytest_llmobs.reports.pages.agreement import agreement_page

        console.say(agreement_page(agreement, verdict, console.page))
    return int(arguments.least is not None and not verdict.passes)


def _names(arguments: argparse.Namespace) -> list[str]:
    """Return the reviewers to compare: those named behind the action, and the one named before it."""
    before: str | None = getattr(arguments, "reviewer", None)
    return [*arguments.reviewers] if before is None else [before, *arguments.reviewers]


def _of_reviewers(decisions: Sequence[Decision], names: Sequence[str], queue: str) -> Sequence[Decision]:
    """Return what some reviewers said, of one what everybody said of the items that they reviewed; all unless named.

    Raises:
        NotFoundError: One has reviewed nothing.
    """
    if not names:
        return decisions
    runs: dict[str, set[str]] = {}
    for decision in decisions:
        if decision.role == "review":
            runs.setdefault(decision.reviewer, set()).add(decision.run_id)
    for name in names:
        if name not in runs:
            raise NotFoundError(
                f"No reviewer {name!r} in the queue {queue!r}.{nearest(name, runs)} {known(runs)}"
            )
    if len(set(names)) == 1:
        return [decision for decision in decisions if decision.run_id in runs[names[0]]]
    return [decision for decision in decisions if decision.reviewer in names]


def _wire(agreement: QueueAgreement, gate: AgreementGate) -> dict[str, Any]:
    overall = agreement.overall
    return {
        **asdict(agreement),
        "overall": {
            "name": overall.name,
            "coefficient": "alpha" if overall.cohen is None else "cohen",
            **asdict(overall.deciding),
        },
        "gate": asdict(gate),
    }
