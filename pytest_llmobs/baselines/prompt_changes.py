"""Which prompts changed between the baseline and a trial, or a whole suite: by the commits that were used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_llmobs.records.decisions import PromptChange
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.prompt_uses import read_uses, shown_uses
from pytest_llmobs.records.trials import Trial

if TYPE_CHECKING:  # most first sessions have no baseline
    from pytest_llmobs.baselines.records import Baseline


def trial_changes(baseline: Baseline, trial: Trial) -> Iterator[PromptChange]:
    """Yield the prompts that a trial used by commits which its example's session hadn't.

    What it doesn't use is no change: another example of the suite may be the one that does.
    """
    row = baseline.rows.get(trial.example_id)
    if row is not None:
        yield from _changes(
            baseline, trial.suite, baseline.session(row.newest_session).prompts, trial.prompts
        )


def suite_changes(baseline: Baseline, plan: SuitePlan, prompts: Mapping[str, str]) -> Iterator[PromptChange]:
    """Yield the prompts of which a suite uses other commits than the baseline's sessions did, or none any more.

    Args:
        baseline: The suite's.
        plan: The suite.
        prompts: Prompt -> commits that its trials use now.
    """
    before = baseline.prompts
    yield from _changes(baseline, plan.name, before, prompts)
    if plan.partial:  # what wasn't selected may use the others
        return
    for name, commits in before.items():
        if name not in prompts:
            yield PromptChange(suite=plan.name, name=name, before=commits)


def _changes(
    baseline: Baseline, suite: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[PromptChange]:
    for name, commits in sorted(after.items()):
        known = set(map(str, read_uses(before.get(name, ""))))
        if known.issuperset(map(str, read_uses(commits))):
            continue
        yield PromptChange(
            suite=suite,
            name=name,
            before=before.get(name, ""),
            after=commits,
            description=_description(baseline, name, commits),
        )


def _description(baseline: Baseline, name: str, commits: str) -> str:
    """Return what is said of the commits that are used now; of several, of the last that anything is said of."""
    description = ""
    for use in read_uses(commits):
        description = baseline.prompt_descriptions.get(f"{name}:{use.commit_hash}", description)
    return description.strip().partition("\n")[0]


def _commits(written: str) -> list[str]:
    return list(map(attrgetter("commit_hash"), read_uses(written)))


def change_text(change: PromptChange) -> str:
    """Return a change in a line: ``prompt support: 0123456789ab -> ba9876543210, "Ask for the order number"``."""
    before = shown_uses(change.before) or "none in the baseline"
    after = shown_uses(change.after) or "not used"
    text = f"prompt {change.name}: {before} -> {after}"
    if change.before and _commits(change.before) == _commits(change.after):
        text += ", a copy that stands in the code"
    if change.description:
        text += f', "{change.description}"'
    return text
