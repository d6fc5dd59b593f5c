"""Whether trials are more of what a baseline recorded: the same prompts, models, parameters and evaluators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_llmobs.baselines.changes import CallDifference
from pytest_llmobs.baselines.records import Baseline, BaselineRow
from pytest_llmobs.baselines.texts import TextStore, fingerprints, text_store
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial

_PARTS = {"system": "system prompt", "messages": "messages", "params": "parameters", "tools": "tools"}


def other_evaluators(baseline: Baseline, plan: SuitePlan, examples: Iterable[str]) -> Iterator[str]:
    """Yield each evaluator that isn't the one which scored the rows of some examples, with both versions."""
    differences: dict[str, str] = {}
    for example in examples:
        row = baseline.rows[example]
        for key in sorted({*plan.metrics, *baseline.metrics, *row.versions}):
            then, now = baseline.version(row, key), plan.metrics.get(key, "")
            if then != now:
                differences.setdefault(key, f"evaluator {key}: {_version(then)} -> {_version(now)}")
    yield from differences.values()


def _version(version: str) -> str:
    return version[:8] or "none"


def has_what_it_sent(trial: Trial) -> bool:
    """Return False where a trial called models, and what it sent isn't stored."""
    return bool(trial.calls) or not trial.llm_calls


def other_calls(baseline: Baseline, example: str, trials: Iterable[Trial]) -> list[str]:
    """Return what an example's trials sent otherwise than its recorded one did, in words; nothing where one is alike.

    The messages of later calls may hold what the model answered to earlier ones, so only those of the first are
    compared where the baseline has its texts.

    Args:
        baseline: It has a row of the example; without fingerprints in it there is nothing to compare.
        example: The example's id.
        trials: The example's. Those that came to no verdict may have stopped half-way, so they count for nothing, and
            so do those of which nobody knows what they sent.
    """
    row = baseline.rows[example]
    if not row.fingerprints:
        return []
    fewest: list[str] | None = None
    for trial in trials:
        if trial.ran and has_what_it_sent(trial):
            differences = list(_differences(row, baseline.texts or TextStore(), trial))
            if not differences:
                return []
            if fewest is None or len(differences) < len(fewest):
                fewest = differences
    return fewest or []


def _differences(row: BaselineRow, store: TextStore, trial: Trial) -> Iterator[str]:
    now = fingerprints(trial)
    if now == row.fingerprints:
        return
    if not trial.calls:
        yield "no model is called any more"
    elif store.shapes(trial.example_id):
        yield from dict.fromkeys(_of_calls(store, trial))
    else:
        yield from _of_fingerprints(row, now)


def _of_calls(store: TextStore, trial: Trial) -> Iterator[str]:
    fresh = text_store([trial])
    calls = zip(store.shapes(trial.example_id), fresh.shapes(trial.example_id), strict=False)
    for number, (old, new) in enumerate(calls):
        difference = CallDifference(old, new, store.texts, fresh.texts)
        yield from difference.model()
        yield from difference.params()
        if old.system != new.system:
            yield _PARTS["system"]
        if number == 0 and tuple(old.messages) != tuple(new.messages):
            yield _PARTS["messages"]
        if difference.has_other_tools():
            yield _PARTS["tools"]


def _of_fingerprints(row: BaselineRow, now: dict[str, str]) -> Iterator[str]:
    then = row.fingerprints
    if then.get("model") != now.get("model"):
        yield f"model: {then.get('model', 'none')} -> {now.get('model', 'none')}"
    for key, words in _PARTS.items():
        if then.get(key) != now.get(key):
            yield words
