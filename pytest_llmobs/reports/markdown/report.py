"""The report for a pull request: verdict, table, the worst examples, what changed, commands."""

from __future__ import annotations

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.digest.prompts import used_prompts
from pytest_llmobs.reports.markdown.changes import changes_section
from pytest_llmobs.reports.markdown.examples import examples_section, states_section
from pytest_llmobs.reports.markdown.inert import code, cut_lines, fenced, items, prose
from pytest_llmobs.reports.markdown.lights import LIGHTS
from pytest_llmobs.reports.markdown.metrics import metrics_section
from pytest_llmobs.reports.markdown.room import blocks, fitting
from pytest_llmobs.reports.terminal.spending import spending_section
from pytest_llmobs.reports.terminal.suite_scores import suite_section
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import commit_id, count

LIMIT = 60_000
"""Characters of the longest report: a comment on GitHub takes 65,536."""
_PAGE = Page(width=100)
"""What the parts that the terminal has too are laid out for."""
_HEAD, _METRICS, _CHANGES, _STATES, _NOTES, _COMMANDS, _SPENDING = (
    9_000,
    14_000,
    8_000,
    4_000,
    5_000,
    6_000,
    2_000,
)
"""Characters that each section may take; the worst examples have what these leave."""
_LONGEST_ERROR = 600
_LONGEST_LINE = 400
_MOST_LINES = 60


class MarkdownReport:
    """Markdown for a pull request's comment, or for the summary of a CI job."""

    name = "markdown"
    suffix = ".md"
    appended_to = "GITHUB_STEP_SUMMARY"
    """The environment variable by which GitHub's runner names the file of a step's summary."""

    def render(self, digest: Digest, page: Page, context: Context) -> str:
        """Return at most ``LIMIT`` characters, whatever there is to tell."""
        return markdown(digest, context)


def markdown(digest: Digest, context: Context, limit: int = LIMIT) -> str:
    """Return an experiment as Markdown.

    Args:
        digest: Of a finished one.
        context: How its session was started.
        limit: Characters, 50,000 at least.
    """
    head = _head(digest, _HEAD)
    metrics = metrics_section(digest, _PAGE, _METRICS)
    changes = changes_section(digest, _PAGE, _CHANGES)
    below = blocks(
        [
            states_section(digest, _PAGE, _STATES),
            _scores_of_suites(digest, _NOTES),
            _notes(digest, _NOTES),
            _commands(digest, _COMMANDS),
            _spending(digest, _SPENDING),
        ]
    )
    # last of all: however much the other sections took, the worst example still fits
    rest = limit - len(blocks([head, metrics, changes, below])) - 2
    examples = examples_section(digest, _PAGE, context, rest)
    return blocks([head, metrics, examples, changes, below])


def _head(digest: Digest, room: int) -> str:
    """Return the verdict, what ran, and what else makes it red."""
    verdict = digest.verdict
    title = f"### {LIGHTS[verdict.light]} {prose(verdict.headline, _PAGE)}"
    lines = [
        *items(verdict.limits, _PAGE),
        *items(digest.errors, _PAGE, _LONGEST_ERROR, f"{LIGHTS['red']} "),
    ]
    facts = _facts(digest.experiment)
    listing = fitting(lines, room - len(title) - len(facts), "error")
    return blocks([title, facts, listing])


def _facts(experiment: Experiment) -> str:
    facts = [code(experiment.name, _PAGE, 100), prose(figures.moment(experiment.started), _PAGE)]
    if experiment.commit:
        facts.append(code(commit_id(experiment.commit), _PAGE, 60))
    for prompt in used_prompts(experiment):
        facts.append(prose(prompt, _PAGE))
    return " · ".join(facts)


def _notes(digest: Digest, room: int) -> str:
    """Return notes and remarks, folded; what makes a build red stands above."""
    texts = [*digest.notes, *digest.remarks]
    if not texts:
        return ""
    title = f"<details><summary>{count(len(texts), 'note')}</summary>"
    lines = items(texts, _PAGE, _LONGEST_ERROR)
    listing = fitting(lines, room - len(title), "note")
    return blocks([title, listing, "</details>"])


def _scores_of_suites(digest: Digest, room: int) -> str:
    """Return what summary evaluators say, such as a confusion matrix, as the terminal draws it."""
    lines = suite_section(digest.experiment.suite_scores, _PAGE)
    if not lines:
        return ""
    # the fold and the fence take less than 200 characters
    shown = fitting(cut_lines(lines, _LONGEST_LINE), room - 200, "line", mark="")
    title = "<details><summary>Scores of whole suites</summary>"
    return blocks([title, fenced(shown.split("\n"), "text"), "</details>"])


def _commands(digest: Digest, room: int) -> str:
    """Return what to do next, ready to be copied."""
    parts = []
    for command in digest.commands:
        # a command that is cut does something else
        parts.append(f"# {command.title}\n{_PAGE.text(command.command)}")
    shown = fitting(parts, room - 200, "command", mark="# ")
    if not shown:
        return ""
    return fenced(shown.split("\n"), "sh")


def _spending(digest: Digest, room: int) -> str:
    lines = items(spending_section(digest.spending, _PAGE), _PAGE, _LONGEST_LINE)
    return fitting(lines, room, "line", mark="")
