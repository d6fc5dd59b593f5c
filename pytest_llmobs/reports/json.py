"""The report for machines: the digest as one JSON document, described by ``json.schema.json``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from pytest_llmobs.measures.trial_spending import TrialSpending
from pytest_llmobs.records.decisions import ExampleRow
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.looks import Look
from pytest_llmobs.records.prompt_uses import read_uses
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.examples import ExampleDetail, ExampleGroup, ExamplesDigest
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.digest.metrics import MetricLine, MetricsDigest, SuiteMetrics
from pytest_llmobs.reports.digest.spending import SpendingDigest
from pytest_llmobs.reports.text.page import Page

SCHEMA_VERSION = 2
"""Grows with a change that a reader of the version before can't read; a new key is none."""
SCHEMA = Path(__file__).with_suffix(".schema.json")
"""The JSON Schema of the document."""


class JsonReport:
    """One JSON document."""

    name = "json"
    suffix = ".json"

    def render(self, digest: Digest, page: Page, context: Context) -> str:
        """Return the document; texts are as they were recorded, numbers that aren't finite are null."""
        return json.dumps(plain_document(digest), indent=2, ensure_ascii=False, allow_nan=False, default=str)


def plain_document(digest: Digest) -> dict[str, Any]:
    """Return the document in JSON types; whatever else there is of a user's own stays as it is."""
    plain: dict[str, Any] = plain_value(document(digest))
    return plain


def document(digest: Digest) -> dict[str, Any]:
    """Return the document, with records and numbers as they are."""
    experiment, verdict = digest.experiment, digest.verdict
    return {
        "schema_version": SCHEMA_VERSION,
        "experiment": {
            "name": experiment.name,
            "started": experiment.started,
            "duration": experiment.duration,
            "commit": experiment.commit,
            "shard": experiment.shard or None,
            "interrupted": experiment.interrupted,
            "partial": experiment.partial,
        },
        "verdict": {
            "red": experiment.red,
            "word": verdict.word,
            "light": verdict.light,
            "headline": verdict.headline,
            "limits": verdict.limits,
            "unlooked": experiment.decision.unlooked or None,
        },
        "looks": list(map(_look, experiment.looks)),
        "suites": _suites(digest.metrics, experiment),
        "suite_scores": experiment.suite_scores,
        "examples": list(map(_example, digest.examples.detailed)),
        "changes": _changes(digest.examples),
        "prompt_changes": experiment.decision.prompts,
        "other_examples": _others(digest.examples),
        "errors": digest.errors,
        "notes": digest.notes,
        "remarks": digest.remarks,
        "spending": _spending(digest.spending),
        "commands": digest.commands,
    }


def _look(look: Look) -> dict[str, Any]:
    return {
        "purpose": look.purpose,
        "trials": len(look.trials),
        "error": look.error,
        "notes": look.notes,
        "commit": look.commit or None,
    }


def _suites(metrics: MetricsDigest, experiment: Experiment) -> list[dict[str, Any]]:
    """Return each suite with its metrics; one that measured nothing has none."""
    suites = list(metrics.suites)
    for name in metrics.unmeasured:
        suites.append(SuiteMetrics(suite=name, size=None, judged=False, lines=(), notes=()))
    return [_suite(suite, experiment) for suite in suites]


def _suite(suite: SuiteMetrics, experiment: Experiment) -> dict[str, Any]:
    plan = experiment.plan_of(suite.suite)
    document: dict[str, Any] = {"suite": suite.suite, "dataset": None, "dataset_version": None}
    if plan is not None:
        document["dataset"] = plan.dataset or None
        document["dataset_version"] = plan.dataset_version or None
    document["prompts"] = _prompts(experiment.prompts.get(suite.suite, {}))
    document["size"] = suite.size
    document["metrics"] = list(map(_metric, suite.lines))
    return document


def _prompts(prompts: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return each commit of each prompt that a suite used."""
    uses = []
    for name, written in prompts.items():
        for use in read_uses(written):
            uses.append({"name": name, "commit_hash": use.commit_hash, "matched": use.matched})
    return uses


def _metric(line: MetricLine) -> dict[str, Any]:
    """Return a metric's row; where nothing judged it, its verdict would mean nothing and is null."""
    row = _fields(line.row)
    del row["suite"]  # it is said once, one level up
    if not line.has_verdict:
        row["verdict"] = None
    return row


def _example(example: ExampleDetail) -> dict[str, Any]:
    return {
        "suite": example.suite,
        "example_id": example.example_id,
        "state": example.state,
        "red": example.red,
        "nodeid": example.nodeid or None,
        "run_id": example.run_id,
        "scores": list(map(_score, example.rows)),
        "changes": example.changes,
    }


def _score(row: ExampleRow) -> dict[str, Any]:
    return {
        "metric": row.metric,
        "state": row.state,
        "red": row.red,
        "baseline": row.baseline,
        "candidate": row.candidate,
        "control": row.control,
        "control_note": row.control_note,
        "comment": row.comment,
    }


def _changes(examples: ExamplesDigest) -> list[dict[str, Any]]:
    """Return what changed for several examples at once, the most common first."""
    everywhere = ExampleGroup(examples.common_changes, examples.detailed)
    shared = []
    for group in (everywhere, *examples.groups):
        if group.changes and len(group.examples) > 1:
            members = list(map(_reference, group.examples))
            shared.append({"changes": group.changes, "examples": members})
    return shared


def _reference(example: ExampleDetail) -> dict[str, str]:
    return {"suite": example.suite, "example_id": example.example_id}


def _others(examples: ExamplesDigest) -> list[dict[str, Any]]:
    others = []
    for listed in examples.listed:
        for suite, example_id in listed.examples:
            others.append({"suite": suite, "example_id": example_id, "state": listed.state})
    return others


def _spending(spending: SpendingDigest) -> dict[str, Any]:
    return {
        "trials": {"ran": spending.ran, "expected": spending.expected, "statuses": spending.statuses},
        "total": _sums(spending.total),
        "looks": _share(spending.looks),
        "control": _share(spending.control),
        "unpriced_models": spending.unpriced,
    }


def _share(spending: TrialSpending | None) -> dict[str, Any] | None:
    if spending is None:
        return None
    return _sums(spending)


def _sums(spending: TrialSpending) -> dict[str, Any]:
    app, judges = spending.app, spending.judges
    return {
        "trials": spending.trials,
        "cost": spending.cost,
        "at_least": bool(spending.unpriced),
        "saved": spending.saved,
        "app": {
            "calls": app.calls,
            "replayed": app.replayed,
            "tokens": app.tokens,
            "cost": app.cost,
            "at_least": bool(app.unpriced),
        },
        "judges": {
            "calls": judges.calls,
            "replayed": judges.replayed,
            "cached_verdicts": spending.judge_hits,
            "cost": judges.cost,
            "at_least": bool(judges.unpriced),
        },
    }


def plain_value(value: Any) -> Any:
    """Return a value in JSON types; whatever else there is of a user's own stays as it is."""
    # JSON has no NaN, and readers other than Python's refuse one
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, Sequence | Set) and not isinstance(value, str):
        return list(map(plain_value, value))
    if is_dataclass(value):
        return plain_value(_fields(value))
    return value


def _fields(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}
