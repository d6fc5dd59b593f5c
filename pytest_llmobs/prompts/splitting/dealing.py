"""Giving a user the prompt of an arm, and noting it on the trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.prompts.filling.pulled import Pulled
from pytest_llmobs.prompts.splitting.arguments import checked_salt, checked_weights, key_text, versions
from pytest_llmobs.prompts.splitting.split import AB_KEY, Split
from pytest_llmobs.tracing.model_calls.prompt_stamps import stamp_trace


class Arm(NamedTuple):
    """What a user gets: ``variant, prompt = ab(…)``."""

    variant: str
    """The arm's name."""
    prompt: Any
    """As ``pull_prompt`` returns it."""


def deal(
    name: str, pull: Callable[[str], Any], *, key: Any, weights: Any, salt: Any = None, arms: Any = None
) -> Arm:
    """Return what a user gets, and note it on the current run and those it is nested in.

    Args:
        name: The prompt's.
        pull: Returns the prompt of a tag or hash, or raises a ``NotFoundError``.
        key: The user's id.
        weights: Arm -> its weight.
        salt: A text, or None for the prompt's name.
        arms: Arm -> its tag or hash, where that isn't its name.

    Raises:
        NotFoundError: An arm is neither a tag nor a commit of the prompt.
        ArgumentError: The key names nobody, or weights, salt or arms make no sense.
    """
    split = Split(name, checked_weights(weights), checked_salt(salt, name))
    tags = versions(arms, split.weights)
    entries = split.entries(key_text(key))
    prompts = _pulled(split.weights, tags, pull)
    variant = entries[AB_KEY + name]
    prompt = prompts[variant]
    stamp_trace(entries)
    if isinstance(prompt, Pulled):
        # chosen outside a run, it is noted on those that fill it
        prompt = prompt.with_arm(variant, entries)
    return Arm(variant, prompt)


def _pulled(
    weights: Mapping[str, float], tags: Mapping[str, str], pull: Callable[[str], Any]
) -> dict[str, Any]:
    """Return the prompts of all arms that somebody gets: a mistake in one has to show at the first user, not the last.

    Raises:
        NotFoundError: An arm is neither a tag nor a commit.
    """
    prompts = {}
    for arm, weight in weights.items():
        if not weight:
            continue
        try:
            prompts[arm] = pull(tags[arm])
        except NotFoundError as error:
            raise NotFoundError(
                f"Nobody can get the arm {arm!r}. {error} An arm is a tag or a hash of the prompt; arms="
                f"{{{arm!r}: 'HASH'}} says which one it stands for."
            ) from None
    return prompts
