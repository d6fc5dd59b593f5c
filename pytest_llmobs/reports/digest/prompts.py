"""Which prompts an experiment used, by their commits."""

from __future__ import annotations

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.prompt_uses import all_prompts, shown_uses
from pytest_llmobs.wording import count

_NAMED = 3
"""Prompts that are named; more are counted."""


def used_prompts(experiment: Experiment) -> list[str]:
    """Return the prompts of an experiment for a line about it: ``prompt support 0123456789ab``."""
    prompts = all_prompts(experiment.prompts)
    named = [f"prompt {name} {shown_uses(written)}" for name, written in prompts.items()]
    if len(named) > _NAMED:
        return [*named[:_NAMED], count(len(named) - _NAMED, "more prompt")]
    return named
