"""The runs that a dataset's examples were made of, made again as the target of an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.errors import LlmobsError, NotFoundError, StoreError
from pytest_llmobs.experiments.replays.replaying import Replay
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.prompt_uses import PROMPT_KEY, prompts_of
from pytest_llmobs.tracing.parent import get_current_run_tree
from pytest_llmobs.tracing.run_tree import RunTree

_SOURCE = "source_run_id"
_STORED = "the run that it was made of isn't stored any more"


@dataclass
class SourceRuns:
    """What can be made again of a dataset, and what can't."""

    replays: dict[str, Replay] = field(default_factory=dict)
    """Example -> its source run."""
    examples: list[Example] = field(default_factory=list)
    """Those that have one."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Example -> why its run can't be made again."""

    def before(self, inputs: dict[str, Any]) -> Any:
        """Return what the source run of the current trial's example put out: a target that calls nothing."""
        root, replay = self._current()
        # its time says nothing of the app, as that of a recorded reply
        root.columns["replayed"] = True
        for prompt, commits in prompts_of(replay.run.metadata).items():
            root.add_stamps({f"{PROMPT_KEY}{prompt}": commits})
        return dict(replay.run.outputs or {})

    def after(self, inputs: dict[str, Any]) -> Any:
        """Make the source run of the current trial's example again, and return what comes out.

        Raises:
            ReplayError: A request couldn't be changed.
            Exception: What the app, or the SDK, raises.
        """
        root, replay = self._current()
        root.columns["replay_of"] = replay.run.id
        rewriting = replay.new_rewriting()
        root.rewriting = rewriting
        try:
            result = replay.call()
        finally:
            if rewriting is not None:
                rewriting.check(replay.run)
        if replay.has_code:
            return result
        return dict(root.finished_runs("llm")[-1].outputs or {})

    def _current(self) -> tuple[RunTree, Replay]:
        run = get_current_run_tree()
        assert run is not None, "a trial has a run"
        root = run
        while root.parent is not None:
            root = root.parent
        replay = self.replays[root.columns["example_id"]]
        root.entry_point = replay.run.columns.get("entry_point")
        return root, replay


def source_runs(examples: Iterable[Example], replay_of: Callable[[str], Replay]) -> SourceRuns:
    """Look up the run that each example was made of; what is wrong with one is noted, and nothing is sent.

    Args:
        examples: Of a dataset.
        replay_of: Takes the id of a run; raises ``LlmobsError`` where it isn't stored or can't be made again.
    """
    found = SourceRuns()
    for example in examples:
        id = example.source_run_id or example.metadata.get(_SOURCE)
        if not isinstance(id, str):
            found.left_out[example.id] = "it was made of no run"
            continue
        try:
            replay = replay_of(id)
        except (NotFoundError, StoreError):
            found.left_out[example.id] = f"{_STORED}: {id}"
        except LlmobsError as error:
            found.left_out[example.id] = str(error)
        else:
            found.replays[example.id] = replay
            found.examples.append(example)
    return found


def reasons(left_out: Mapping[str, str]) -> list[str]:
    """Return what to tell of each example that is left out."""
    return [f"{id}: {why}".replace("\n", "\n    ") for id, why in left_out.items()]
