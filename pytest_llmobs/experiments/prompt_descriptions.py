"""What the authors of prompts said of the commits that an experiment used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.errors import BaselineError, LlmobsError
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.records.prompt_uses import read_uses

_Baselines = Mapping[str, Baseline | BaselineError]


def described(
    baselines: _Baselines, prompts: Mapping[str, Mapping[str, str]], folder: Path
) -> dict[str, Baseline | BaselineError]:
    """Return the baselines, each with what is said of the commits that are used now.

    Args:
        baselines: By suite; those that can't be read stay as they are.
        prompts: Suite -> prompt -> commits, as ``Experiment.prompts`` has them.
        folder: Where the prompts lie.
    """
    commits = {}
    for used in prompts.values():
        for name, written in used.items():
            for use in read_uses(written):
                commits[f"{name}:{use.commit_hash}"] = (name, use.commit_hash)
    descriptions = dict(_descriptions(commits, PromptFolder(folder)))
    known: dict[str, Baseline | BaselineError] = {}
    for suite, baseline in baselines.items():
        known[suite] = baseline
        if isinstance(baseline, Baseline):
            known[suite] = replace(baseline, prompt_descriptions=descriptions)
    return known


def _descriptions(commits: Mapping[str, tuple[str, str]], folder: PromptFolder) -> Iterator[tuple[str, str]]:
    for key, (name, commit_hash) in commits.items():
        try:
            description = folder.commit(name, commit_hash).description
        except LlmobsError:  # a report is made without it
            continue
        if description:
            yield key, description
