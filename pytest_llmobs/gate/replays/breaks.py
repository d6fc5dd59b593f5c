"""Examples that fail on a recording on which they passed: the code broke them, and one trial is proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pytest_llmobs.gate.replays.pairs import Replays
from pytest_llmobs.gate.suspects import mark_of
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.wording import count


def broken_on_recordings(
    recorded: Mapping[str, Sequence[float]], replays: Mapping[str, Replays], rule: GateRule
) -> Iterator[tuple[str, str]]:
    """Yield each example that fails on recordings on which it passed in the baseline, with a note that says so.

    Args:
        recorded: The baseline's values of a metric by example, between 0 and 1.
        replays: The trials on recordings of the baseline, by example.
        rule: The metric's.
    """
    for example, replay in replays.items():
        limit = mark_of(recorded[example], rule.metric, rule.lower_is_better)
        if limit is None:
            continue
        passed = [pair for pair in replay.pairs if limit.passes(pair.then)]
        failing = [pair for pair in passed if limit.fails(pair.now)]
        if failing:
            yield example, _note(len(failing), len(passed))


def _note(failing: int, passed: int) -> str:
    if passed == 1:
        return "fails on the recording on which it passed in the baseline: no noise"
    return f"fails on {failing} of {count(passed, 'recording')} on which it passed in the baseline: no noise"
