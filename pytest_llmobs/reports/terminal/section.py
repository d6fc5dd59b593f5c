"""The section at the end of an experiment session, and what ``llmobs show NAME`` prints."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.base import Context
from pytest_llmobs.reports.next_commands import next_commands
from pytest_llmobs.reports.terminal.examples import example_section
from pytest_llmobs.reports.terminal.metrics import metric_section
from pytest_llmobs.reports.terminal.spending import spending_section
from pytest_llmobs.reports.terminal.suite_scores import suite_section
from pytest_llmobs.reports.terminal.verdicts import verdict_lines
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page

MOST_NOTES = 10
"""Notes shown, unless everything is asked for."""


class TerminalReport:
    """Text for a terminal: the metrics, the examples that broke, warnings, spending, verdict, commands."""

    name = "terminal"

    def render(self, experiment: Experiment, page: Page, context: Context) -> str:
        """Return the section's text, ending without a line break."""
        blocks = [
            _title(experiment, page),
            metric_section(experiment, page, everything=context.everything),
            suite_section(experiment.suite_scores, page, everything=context.everything),
            example_section(experiment, page, context),
            list(_messages(experiment, page, context)),
            spending_section(experiment, page),
            verdict_lines(experiment, page, context) + next_commands(experiment, page, context),
        ]
        return "\n\n".join("\n".join(block) for block in blocks if block)


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
    page = Page(width=width, color=color, encoding=encoding)
    return TerminalReport().render(experiment, page, context or Context())


def _title(experiment: Experiment, page: Page) -> list[str]:
    name = page.line(experiment.name)
    facts = [figures.moment(experiment.started), figures.commit_id(experiment.commit)]
    first, *rest = page.flow([name, *(page.line(fact) for fact in facts if fact)])
    return [page.paint(name, "bold") + first[len(name) :], *rest]


def _messages(experiment: Experiment, page: Page, context: Context) -> Iterator[str]:
    errors = list(dict.fromkeys(experiment.decision.errors))
    notes = list(dict.fromkeys((*experiment.decision.notes, *experiment.notes)))
    for error in errors:
        yield from page.item(error, mark=page.signs.cross, style="red")
    most = len(notes) if context.everything else MOST_NOTES
    for note in notes[:most]:
        yield from page.item(note, mark="!", style="yellow")
    if len(notes) > most:
        yield f"{page.signs.ellipsis} {len(notes) - most} more notes"
