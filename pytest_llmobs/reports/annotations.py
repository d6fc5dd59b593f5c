"""Annotations: red verdicts as GitHub's runner shows them, on the line of the test that is red."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import is_evaluated
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.digest.reasons import first_sentence
from pytest_llmobs.reports.failures import GATE, Failure, failures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count

MOST = 10
"""Errors of one step that GitHub shows; what comes after them is dropped without a word."""
_MOST_LINES = 12
_LONGEST = 1_000
_LONGEST_TITLE = 160
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


class GitHubAnnotations:
    """Commands to GitHub's runner: an error for each red verdict, a warning or a notice for an experiment without."""

    name = "github"
    suffix = ""
    commands = True
    """Its lines are printed as they are, so that the runner takes them for what they are."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Keep where the runner's variables are.

        Args:
            environment: ``GITHUB_WORKSPACE`` is the folder that the paths of annotations begin in.
        """
        self._environment = environment

    def render(self, digest: Digest, page: Page, context: Context) -> str:
        """Return a line an annotation, at most ``MOST``."""
        verdict = digest.verdict
        if verdict.light != "red":
            # a part of an experiment is nothing to be warned of: its merge tells
            level = "notice" if verdict.light == "green" or digest.experiment.shard else "warning"
            return _command(level, {"title": "pytest-llmobs"}, _message(verdict.headline, page))
        verdicts = list(failures(digest))
        # the last of the ten says how many there are besides
        shown = verdicts if len(verdicts) <= MOST else verdicts[: MOST - 1]
        lines = list(self._errors(shown, digest.experiment, page, context))
        left_out = len(verdicts) - len(shown)
        # what failed may be no verdict of the gate's: then the headline is all there is
        if left_out or not lines:
            text = verdict.headline
            if left_out:
                text = f"{text}\n{count(left_out, 'more failure')}: the summary and the log tell of all"
            lines.append(_command("error", {"title": "pytest-llmobs"}, _message(text, page)))
        return "\n".join(lines)

    def _errors(
        self, verdicts: list[Failure], experiment: Experiment, page: Page, context: Context
    ) -> Iterator[str]:
        for failure in verdicts:
            # an error of the whole session, and a suite outside pytest, lie in no file
            place: Mapping[str, str] = {}
            if failure.nodeid != GATE and not is_evaluated(failure.nodeid):
                place = self._place(failure.nodeid, experiment, context)
                place = {name: page.text(value) for name, value in place.items()}
            title, first = failure.headline[:_LONGEST], failure.nodeid
            if failure.nodeid == GATE:  # names nothing; an error is a sentence, and the remedy
                title, first = first_sentence(title), title
            title = page.line(title)[:_LONGEST_TITLE]
            details = [first, *failure.details][:_MOST_LINES]
            yield _command("error", {**place, "title": title}, _message("\n".join(details), page))

    def _place(self, nodeid: str, experiment: Experiment, context: Context) -> Mapping[str, str]:
        """Return the file and the line of a test, as far as they are known."""
        path, _, name = nodeid.partition("::")
        place = {"file": self._in_repository(context.located(path))}
        line = _line_of(path, name.partition("[")[0], experiment)
        if line:
            place["line"] = str(line)
        return place

    def _in_repository(self, path: str) -> str:
        """Return a path from the root of the repository, where annotations are looked for."""
        root = self._environment.get("GITHUB_WORKSPACE", "")
        if not root:
            return path
        try:
            return Path(path).resolve().relative_to(Path(root).resolve()).as_posix()
        except (OSError, ValueError):  # the tests lie elsewhere
            return posixpath.normpath(path)


def _line_of(path: str, function: str, experiment: Experiment) -> int:
    """Return the line of a test function; 0 where nobody knows."""
    for plan in experiment.suites:
        if plan.path == path and function in plan.lines:
            return plan.lines[function]
    return 0


def _message(text: str, page: Page) -> str:
    # cut before, since it may be megabytes, and after: what is escaped got longer
    return page.text(text[:_LONGEST])[:_LONGEST]


def _command(level: str, properties: Mapping[str, str], message: str) -> str:
    """Return a command of the runner's, see its ``ActionCommand``: nothing in it can end it or begin another one."""
    named = []
    for name, value in properties.items():
        named.append(f"{name}={_escaped(value, _PROPERTY)}")
    return f"::{level} {','.join(named)}::{_escaped(message, _DATA)}"


def _escaped(text: str, signs: Mapping[str, str]) -> str:
    for sign, escape in signs.items():  # the percent sign first, as all others become it
        text = text.replace(sign, escape)
    return text
