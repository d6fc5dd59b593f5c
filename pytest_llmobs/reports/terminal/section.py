"""The section at the end of an experiment session, and what ``llmobs show NAME`` prints."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.commands import NextCommand
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.digest.experiment import digest as digest_of
from pytest_llmobs.reports.digest.verdict import ExperimentVerdict
from pytest_llmobs.reports.terminal.examples import example_section
from pytest_llmobs.reports.terminal.metrics import metric_section
from pytest_llmobs.reports.terminal.spending import spending_section
from pytest_llmobs.reports.terminal.suite_scores import suite_section
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page, bound, joined

MOST_NOTES = 10
"""Notes shown, unless everything is asked for."""


class TerminalReport:
    """Text for a terminal: the metrics, the examples that broke, warnings, spending, verdict, commands."""

    name = "terminal"
    suffix = ""

    def render(self, digest: Digest, page: Page, context: Context) -> str:
        """Return the section's text, ending without a line break."""
        everything = context.everything
        return joined(
            [
                _title(digest.experiment, page),
                metric_section(digest.metrics, page, everything=everything),
                suite_section(digest.experiment.suite_scores, page, everything=everything),
                example_section(digest, page, context),
                _messages(digest, page, bound(MOST_NOTES, everything)),
                spending_section(digest.spending, page),
                [*_verdict(digest.verdict, page), *_commands(digest.commands, page)],
            ]
        )


def render(
    experiment: Experiment,
    *,
    width: int,
    color: bool,
    encoding: str = "utf-8",
    context: Context | None = None,
) -> str:
    """Return the section at the end of an experiment session.

    Args:
        experiment: The finished experiment.
        width: Cells a line; tables keep to it, from 40 on. Commands are never broken.
        color: True for ANSI colours.
        encoding: What the stream takes; signs fall back to ASCII, foreign characters to escapes.
        context: What only the caller knows; without it the plain commands are printed.
    """
    context = context or Context()
    page = Page(width=width, color=color, encoding=encoding)
    return TerminalReport().render(digest_of(experiment, context), page, context)


def _title(experiment: Experiment, page: Page) -> list[str]:
    name = page.line(experiment.name)
    started = page.line(figures.moment(experiment.started))
    commit = page.line(figures.commit_id(experiment.commit))
    first, *rest = page.flow([name, started, commit])
    return [page.paint(name, "bold") + first[len(name) :], *rest]


def _messages(digest: Digest, page: Page, most: int | None) -> Iterator[str]:
    for error in digest.errors:
        yield from page.item(error, mark=page.signs.cross, style="red")
    for note in digest.notes[:most]:
        yield from page.item(note, mark="!", style="yellow")
    if most is not None and len(digest.notes) > most:
        yield f"{page.signs.ellipsis} {len(digest.notes) - most} more notes"


def _verdict(verdict: ExperimentVerdict, page: Page) -> Iterator[str]:
    yield from page.wrapped(verdict.headline, verdict.light, "bold")
    for limit in verdict.limits:
        yield from page.item(limit, mark="!", style="yellow")


def _commands(commands: tuple[NextCommand, ...], page: Page) -> Iterator[str]:
    size = max((len(command.title) for command in commands), default=0)
    for command in commands:
        # never wrapped: a command is there to be pasted
        yield f"  {page.paint(command.title.ljust(size), 'bold')}  {page.text(command.command)}"
