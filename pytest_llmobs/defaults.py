"""Every built-in thing, by the hooks that any extension would use: the table of contents.

To add one, write it in a file of its own and add its line below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from pytest_llmobs.datasets.base import DatasetFormat
    from pytest_llmobs.providers.base import Provider
    from pytest_llmobs.reports.base import ReportFormat
    from pytest_llmobs.tracing.redaction.redactors import Redactor

hookimpl = pluggy.HookimplMarker("pytest")
"""Marks a hook implementation. The built-in ones come last, so that whatever a user offers hides them."""

# Names rather than classes: nothing is imported before it is asked for.
DATASET_FORMATS = (
    "datasets.jsonl:Jsonl",
    "datasets.json:Json",
    "datasets.csv:Csv",
    "datasets.yaml:Yaml",
    "datasets.parquet:Parquet",
)
PROVIDERS = (
    "providers.anthropic:Anthropic",
    "providers.openai:OpenAI",
)
REPORTS = (
    "reports.terminal.section:TerminalReport",
    "reports.json:JsonReport",
    "reports.html.report:HtmlReport",
    "reports.markdown.report:MarkdownReport",
    "reports.junit.report:JunitReport",
    "reports.annotations:GitHubAnnotations",
)
REDACTORS = (
    "tracing.redaction.secrets:Secrets",
    "tracing.redaction.pii:Pii",
)


@hookimpl(trylast=True)
def pytest_llmobs_datasets() -> Sequence[DatasetFormat]:
    """The built-in file formats."""
    return _made(DATASET_FORMATS)


@hookimpl(trylast=True)
def pytest_llmobs_evaluators() -> Mapping[str, Any]:
    """The built-in evaluators; ``evaluators/__init__`` lists them, so that type checkers know their names too."""
    from pytest_llmobs.evaluators import builtin

    return builtin()


@hookimpl(trylast=True)
def pytest_llmobs_providers() -> Sequence[Provider]:
    """The built-in providers."""
    return _made(PROVIDERS)


@hookimpl(trylast=True)
def pytest_llmobs_reports() -> Sequence[ReportFormat]:
    """The built-in formats of reports."""
    return _made(REPORTS)


@hookimpl(trylast=True)
def pytest_llmobs_redact() -> Sequence[Redactor]:
    """The built-in redactors."""
    return _made(REDACTORS)


def _made(names: Sequence[str]) -> list[Any]:
    """Import each class that ``module:Class`` names below this package, and return one of each."""
    made = []
    for name in names:
        module, _, kind = name.partition(":")
        made.append(getattr(import_module(f"pytest_llmobs.{module}"), kind)())
    return made
