"""The section at the end of an experiment session, and what ``llmobs show NAME`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.commands import NextCommand
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.digest.experiment import digest as digest_of
from pytest_llmobs.reports.digest.prompts import used_prompts
from pytest_llmobs.reports.digest.verdict import ExperimentVerdict
from pytest_llmobs.reports.terminal.examples import example_section
from pytest_llmobs.reports.terminal.extent import Extent, extent_of
from pytest_llmobs.reports.terminal.metrics import metric_section
from pytest_llmobs.reports.terminal.spending import spending_section
from pytest_llmobs.reports.terminal.suite_scores import suite_section
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page, bound, joined
from pytest_llmobs.wording import commit_id

SCREEN = 38
"""Lines of a usual terminal that are left between the section's heading and pytest's last line."""
MOST_NOTES = 10
"""Notes shown, unless everything is asked for."""
FEW_NOTES = 2
"""So few notes take several lines on a screen, too; of more, one line each."""
_HEAD, _END = 2, 5
"""Lines of a long note that stay on a screen."""


class TerminalReport:
    """Text for a terminal: the metrics, the examples that broke, warnings, spending, verdict, commands."""

    name = "terminal"
    suffix = ""

    def render(self, digest: Digest, page: Page, context: Context) -> str:
        """Return the section's text, ending without a line break.

        Where something is red, and unless everything is asked for, it fits on a screen as far as that is possible:
        what a reader needs first is what stands above the prompt.
        """
        extent = extent_of(digest, context)
        above = _above(digest, page, extent)
        below = _below(digest, page, extent)
        taken = joined([*above, *below]).count("\n") + 1
        # an empty line before the examples, and one behind them
        return joined([*above, example_section(digest, page, context, SCREEN - taken - 2), *below])


def _above(digest: Digest, page: Page, extent: Extent) -> list[list[str]]:
    """Return what comes before the examples, a block each."""
    title = _title(digest.experiment, page)
    metrics = metric_section(digest.metrics, page, extent)
    everything = extent is Extent.EVERYTHING
    scores = suite_section(digest.experiment.suite_scores, page, everything=everything)
    if extent is Extent.SCREEN:
        return [[*title, *metrics], scores]
    return [title, metrics, scores]


def _below(digest: Digest, page: Page, extent: Extent) -> list[list[str]]:
    """Return what comes after the examples, a block each."""
    commands = list(digest.commands)
    if digest.verdict.light == "red":
        # 4 ms with all the words, which only a red verdict points to
        from pytest_llmobs.reports.glossary import PAGE

        commands.append(NextCommand("the words", f"llmobs explain {page.signs.dot} {PAGE}"))
    ending = [*_verdict(digest.verdict, page), *_commands(commands, page)]
    return [list(_messages(digest, page, extent)), spending_section(digest.spending, page), ending]


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
    commit = page.line(commit_id(experiment.commit))
    prompts = map(page.line, used_prompts(experiment))
    first, *rest = page.flow([name, started, commit, *prompts])
    return [page.paint(name, "bold") + first[len(name) :], *rest]


def _messages(digest: Digest, page: Page, extent: Extent) -> Iterator[str]:
    for error in digest.errors:
        lines = page.item(error, mark=page.signs.cross, style="red")
        yield from lines if extent is Extent.EVERYTHING else _head_and_end(lines, page)
    most = bound(MOST_NOTES, extent is Extent.EVERYTHING)
    few = extent is Extent.SCREEN and len(digest.notes) <= FEW_NOTES
    for note in digest.notes[:most]:
        if few:
            yield from _head_and_end(page.item(note, mark="!", style="yellow"), page)
        else:
            yield from extent.item(note, page, mark="!", style="yellow")
    if most is not None and len(digest.notes) > most:
        yield f"{page.signs.ellipsis} {len(digest.notes) - most} more notes"
    for remark in digest.remarks[:most]:
        yield from extent.item(remark, page, mark=page.signs.dot, style="dim")


def _head_and_end(lines: list[str], page: Page) -> list[str]:
    """Return the lines of a note; of a long one, such as another session's output, how it begins and ends."""
    if len(lines) <= _HEAD + _END + 1:
        return lines
    return [*lines[:_HEAD], f"  {page.signs.ellipsis}", *lines[-_END:]]


def _verdict(verdict: ExperimentVerdict, page: Page) -> Iterator[str]:
    yield from page.wrapped(verdict.headline, verdict.light, "bold")
    for limit in verdict.limits:
        yield from page.item(limit, mark="!", style="yellow")


def _commands(commands: Sequence[NextCommand], page: Page) -> Iterator[str]:
    size = max((len(command.title) for command in commands), default=0)
    for command in commands:
        # never wrapped: a command is there to be pasted
        yield f"  {page.paint(command.title.ljust(size), 'bold')}  {page.text(command.command)}"
