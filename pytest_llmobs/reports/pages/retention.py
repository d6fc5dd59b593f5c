"""What ``llmobs purge`` prints: what would go, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_llmobs.reports.text import table
from pytest_llmobs.reports.text.page import Page, indent
from pytest_llmobs.retention.history import REMEDY, Commit
from pytest_llmobs.retention.subjects import Person
from pytest_llmobs.wording import count, noun

if TYPE_CHECKING:
    from pytest_llmobs.retention.places.base import Finding
    from pytest_llmobs.retention.purge import Outcome, Plan
    from pytest_llmobs.storage.erasure.search import Remaining

_COMMITS = 10
"""Commits that are listed."""
_PLACES = 20
"""Files that are listed where something is left."""
_KINDS = {"id": "the id of the person, a run or an example", "payload": "a text that was theirs"}


def plan_page(plan: Plan, page: Page) -> list[str]:
    """Return the report: a row a place, then what stays, and what git holds."""
    lines = [page.paint(title(plan, page), "bold")]
    if plan.notes:
        lines += page.wrapped(
            "An earlier erasure of the same was not finished; this one finishes it.", "yellow"
        )
    rows = [finding for finding in plan.findings if not finding.problem]
    if rows:
        lines += ["", *_table(rows, page)]
    for finding in plan.findings:
        if finding.problem:
            lines += ["", *_problem(finding, page)]
    lines += _held(plan, page)
    lines += _git(plan.commits, page)
    for place in plan.uploaded:
        words = f"This store was uploaded to {page.line(place)}, which has a copy: run the same with --store {place}"
        lines += ["", *page.item(words, mark="!", style="yellow")]
    return lines


def title(plan: Plan, page: Page) -> str:
    """Return whose data, or of which age."""
    subject = plan.look.sought.subject
    if isinstance(subject, Person):
        return page.line(f"{subject.user} (metadata: {' or '.join(subject.keys)})")
    when = subject.before.strftime("%Y-%m-%d %H:%M UTC")
    projects = "" if subject.projects is None else f" of {', '.join(subject.projects)}"
    return page.line(f"traces{projects} that began before {when}")


def _table(findings: Sequence[Finding], page: Page) -> list[str]:
    columns = [
        table.column("place", "place", findings, lambda finding: finding.place),
        table.column("number", "holds", findings, _number),
        table.column("files", "in", findings, lambda finding: _files(finding.files, page)),
    ]
    steps = [table.squeeze("files", 16, page.width, page)]
    return table.draw(table.fitted(columns, page.width, steps), page)


def _number(finding: Finding) -> str:
    return count(finding.number, finding.unit)


def _files(files: Sequence[str], page: Page) -> str:
    if len(files) == 1:
        return page.line(files[0])
    return count(len(files), "file") if files else ""


def _problem(finding: Finding, page: Page) -> list[str]:
    where = ", ".join(map(page.line, finding.files))
    return page.item(f"{_number(finding)} in {where}: {page.line(finding.problem)}", mark="!", style="yellow")


def _held(plan: Plan, page: Page) -> list[str]:
    runs = len(plan.look.held.run_ids)
    if not runs:
        return []
    lines = ", ".join(map(page.line, plan.look.holds))
    words = f"Kept under legal hold (llm_legal_hold: {lines}): {count(runs, 'run')}, with all that is made of them."
    return ["", *page.item(words, mark="!", style="yellow")]


def _git(commits: Sequence[Commit], page: Page) -> list[str]:
    if not commits:
        return []
    still = noun(len(commits), "holds", "hold")
    lines = ["", *page.wrapped(f"{count(len(commits), 'commit')} of git {still} it, and will afterwards:")]
    for commit in commits[:_COMMITS]:
        files = ", ".join(map(page.line, commit.files))
        lines.append(page.clip(f"  {commit.hash[:12]} {commit.day}  {files}", page.width))
    if len(commits) > _COMMITS:
        lines.append(f"  and {len(commits) - _COMMITS} more")
    lines += page.wrapped(
        f"{REMEDY} takes it out of them: each line of erased.txt is a text, then ==>erased. Everybody clones anew "
        "then, and the host of the repository has to drop its copies of old commits."
    )
    return lines


def outcome_page(outcome: Outcome, command: str, page: Page) -> list[str]:
    """Return what became of it: what is left and where, then the receipt.

    Args:
        outcome: The erasure's.
        command: The one that erases.
        page: Where it goes.
    """
    lines: list[str] = []
    if not outcome.left and not outcome.remaining:
        changed = count(outcome.files, "file")
        lines += page.wrapped(f"Erased: {changed} changed or deleted. The search found nothing left.")
    else:
        lines += page.wrapped(
            f"Not everything is gone: {count(outcome.files, 'file')} changed or deleted.", "red"
        )
        for finding in outcome.left:
            lines += _problem(finding, page)
        lines += _remaining(outcome.remaining, page)
        lines += page.wrapped(f"Take it out there, then run it again: {command}")
    lines += _held(outcome.plan, page)
    if outcome.alike:
        files = count(len(outcome.alike), "file")
        words = f"A text that was theirs, and that somebody else may have written, stands in {files}; --json names them"
        lines += page.item(words, mark=page.signs.dot)
    lines += page.wrapped(f"Receipt: {page.line(outcome.receipt.name)} in .llmobs/purges")
    return lines


def _remaining(remaining: Sequence[Remaining], page: Page) -> Iterator[str]:
    for one in remaining[:_PLACES]:
        where = f" ({', '.join(map(page.line, one.places))})" if one.places else ""
        what = _KINDS.get(one.what, "it can't be searched")
        yield from page.item(f"{page.line(one.path)}{where}: {what}", mark="!", style="red")
    if len(remaining) > _PLACES:
        yield from indent([f"and {len(remaining) - _PLACES} more"])


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return the report for machines."""
    return {
        "erased": False,
        "places": list(map(_finding_json, plan.findings)),
        "runs_by_project": dict(plan.look.found.by_project),
        "held": {"runs": len(plan.look.held.run_ids), "by": list(plan.look.holds)},
        "commits": list(map(_commit_json, plan.commits)),
        "uploaded": list(plan.uploaded),
    }


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """Return what became of it for machines."""
    return {
        **plan_json(outcome.plan),
        "erased": True,
        "complete": outcome.is_complete,
        "left": list(map(_finding_json, outcome.left)),
        "remaining": list(map(_remaining_json, outcome.remaining)),
        "kept": list(map(_remaining_json, outcome.kept)),
        "alike": list(map(_remaining_json, outcome.alike)),
        "receipt": str(outcome.receipt),
    }


def _finding_json(finding: Finding) -> Mapping[str, Any]:
    wire: dict[str, Any] = {"place": finding.place, "number": finding.number, "unit": finding.unit}
    wire["files"] = list(finding.files)
    if finding.problem:
        wire["problem"] = finding.problem
    return wire


def _commit_json(commit: Commit) -> Mapping[str, Any]:
    return {"commit": commit.hash, "day": commit.day, "files": list(commit.files)}


def _remaining_json(one: Remaining) -> Mapping[str, Any]:
    return {
        "path": one.path,
        "what": one.what,
        "form": one.form,
        "count": one.count,
        "places": list(one.places),
    }
