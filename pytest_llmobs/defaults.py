"""Every built-in thing, by the hooks that any extension would use: the table of contents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from pytest_llmobs.datasets.base import DatasetFormat
    from pytest_llmobs.providers.base import Provider
    from pytest_llmobs.reports.base import ReportFormat
    from pytest_llmobs.tracing.redaction.redactors import Redactor

hookimpl = pluggy.HookimplMarker("pytest")
"""Marks a hook implementation. The built-in ones come last, so that whatever a user offers hides them."""


@hookimpl(trylast=True)
def pytest_llmobs_datasets() -> Sequence[DatasetFormat]:
    """The built-in file formats."""
    from pytest_llmobs.datasets.csv import Csv
    from pytest_llmobs.datasets.jsonl import Jsonl
    from pytest_llmobs.datasets.parquet import Parquet
    from pytest_llmobs.datasets.yaml import Yaml

    return [Jsonl(), Csv(), Yaml(), Parquet()]


@hookimpl(trylast=True)
def pytest_llmobs_evaluators() -> Mapping[str, Any]:
    """The built-in evaluators."""
    from pytest_llmobs.evaluators import builtin

    return builtin()


@hookimpl(trylast=True)
def pytest_llmobs_providers() -> Sequence[Provider]:
    """The built-in providers."""
    from pytest_llmobs.providers.anthropic import Anthropic
    from pytest_llmobs.providers.openai import OpenAI

    return [Anthropic(), OpenAI()]


@hookimpl(trylast=True)
def pytest_llmobs_redact() -> Sequence[Redactor]:
    """The built-in redactors."""
    from pytest_llmobs.tracing.redaction.pii import Pii
    from pytest_llmobs.tracing.redaction.secrets import Secrets

    return [Secrets(), Pii()]


@hookimpl(trylast=True)
def pytest_llmobs_reports() -> Sequence[ReportFormat]:
    """The built-in formats of reports."""
    from pytest_llmobs.reports.json import JsonReport
    from pytest_llmobs.reports.terminal.section import TerminalReport

    return [TerminalReport(), JsonReport()]
