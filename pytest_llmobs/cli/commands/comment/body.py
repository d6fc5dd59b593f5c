"""The comment's text, how it is found again, and whether it is worth one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import attrgetter

from pytest_llmobs.cli.commands.comment.discussion import Comment
from pytest_llmobs.files import text_hash
from pytest_llmobs.records.decisions import ExampleState
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.markdown.report import LIMIT, markdown

_MARKER = re.compile(r"<!-- pytest-llmobs ((?:[0-9a-f]{12} )+)-->")
_DIGITS = 12
_MOST_SUITES = 500
"""Suites that a comment is found again by: their marks take a tenth of it."""
_NEWS: tuple[ExampleState, ...] = ("new", "edited", "removed", "fixed", "drifted", "suspect")
"""States of examples that a green build may have, and that are worth a comment."""


def comment_body(told: Digest, context: Context, job: str = "") -> str:
    """Return the comment: a hidden marker for each suite, then the report.

    The names of suites are hashed: one may hold anything, the end of the marker too.

    Args:
        told: The experiment.
        context: How its session was started.
        job: Address of the CI job, which keeps the reports that say more; empty where nobody knows it.
    """
    # without a suite it is found again all the same, by the hash of nothing
    marks = [text_hash(plan.name)[:_DIGITS] for plan in told.experiment.suites[:_MOST_SUITES]]
    marker = f"<!-- pytest-llmobs {' '.join(marks or [text_hash('')[:_DIGITS]])} -->"
    footer = f"\n\n[The job]({job}) has the log and what it keeps." if job else ""
    return f"{marker}\n{markdown(told, context, LIMIT - len(marker) - len(footer) - 1)}{footer}"


def matching(comments: Iterable[Comment], body: str) -> list[Comment]:
    """Return the comments that tell of the same suites: those that share the most of them first, then the oldest."""
    wanted = _marks(body)
    found = []
    for comment in comments:
        shared = len(wanted & _marks(comment.body))
        if shared:
            found.append((-shared, comment.id, comment))
    return [comment for _, _, comment in sorted(found)]


def same_suites(comment: Comment, body: str) -> bool:
    """Tell whether a comment tells of all the same suites, and of no other."""
    return _marks(comment.body) == _marks(body)


def same_text(there: str, body: str) -> bool:
    """Tell whether a comment says this already; services end lines as they like."""
    return there.replace("\r\n", "\n").strip() == body.strip()


def has_news(told: Digest) -> bool:
    """Tell whether an experiment is worth a comment where there is none: a green one that changed nothing isn't."""
    decision = told.experiment.decision
    if told.verdict.light != "green" or decision.prompts:
        return True
    verdicts = set(map(attrgetter("verdict"), decision.metrics))
    states = set(map(attrgetter("state"), decision.examples))
    return "IMPROVED" in verdicts or not states.isdisjoint(_NEWS)


def _marks(body: str) -> set[str]:
    # only at the very beginning: who quotes the comment has it further down
    found = _MARKER.match(body)
    if found is None:
        return set()
    return set(found[1].split())
