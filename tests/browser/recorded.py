"""Evidence for reports that lies in memory, in the place of a store and the committed baselines."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.traced_run import TracedRun

MICROSECONDS = 1_795_450_445_000_000
"""When the first trial started."""


@dataclass(frozen=True)
class Recorded:
    """Evidence that a test has at hand, in the place of a store and the committed baselines."""

    traces: Sequence[TracedRun] = ()
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    experiments: Sequence[Experiment] = ()
    unknown: Sequence[str] = ()

    def runs(self, experiment: Experiment) -> Iterator[TracedRun]:
        """Yield all runs."""
        yield from self.traces

    def baseline(self, suite: str) -> Baseline | None:
        """Return the baseline of a suite."""
        return self.baselines.get(suite)

    def unknown_fields(self, experiment: Experiment) -> Sequence[str]:
        """Return the fields."""
        return self.unknown

    def history(self) -> Sequence[Experiment]:
        """Return the experiments."""
        return self.experiments


def run_id(seed: object) -> str:
    """Return a run's id as tracing makes them, always the same for a seed."""
    chance = random.Random(repr(seed))
    return str(uuid.UUID(int=0x0193AB12_3456 << 80 | 7 << 76 | 2 << 62 | chance.getrandbits(62)))


def run(id: str, trace_id: str, parent_id: str | None = None, **columns: object) -> TracedRun:
    """Return a traced run; columns that nobody gives are empty, JSON may be given as text."""
    known: dict[str, object] = {
        **dict.fromkeys(TracedRun._fields),
        "id": id,
        "trace_id": trace_id,
        "parent_id": parent_id,
        "name": "support_agent",
        "run_type": "chain",
        "status": "success",
        "start_time": MICROSECONDS,
        "end_time": MICROSECONDS + 1_840_000,
    }
    known |= columns
    for name in ("inputs", "outputs", "metadata", "reference_outputs"):
        if isinstance(known[name], str):
            known[name] = known[name].encode()
    return TracedRun(**known)


def trace(trial: Trial, inputs: Mapping[str, object], output: str) -> list[TracedRun]:
    """Return two nested runs of a trial: the agent, and the model that it calls."""
    sent = {
        "system": "You are the support agent of Acme.\nAddress {customer_name} by name, and say when.",
        "messages": [{"role": "user", "content": inputs["text"]}],
    }
    reply = {"message": {"role": "assistant", "content": [{"type": "text", "text": output}]}}
    root_id = str(trial.run_id)
    root = run(
        root_id,
        root_id,
        inputs=json.dumps(inputs, ensure_ascii=False),
        outputs=json.dumps({"output": output}, ensure_ascii=False),
        metadata='{"tier": "critical", "channel": "mail"}',
        tags=["support", "mail"],
        reference_outputs='{"keywords": ["refund", "sorry"], "tone": "warm"}',
    )
    call = run(
        run_id(trial.run_id),
        root_id,
        root_id,
        name="messages.create",
        run_type="llm",
        start_time=MICROSECONDS + 40_000,
        end_time=MICROSECONDS + 1_790_000,
        inputs=json.dumps(sent, ensure_ascii=False),
        outputs=json.dumps(reply, ensure_ascii=False),
        metadata='{"attempt": 1}',
        provider="anthropic",
        model="claude-haiku-4-5",
        stop_reason="end_turn",
        time_to_first_token=0.31,
        input_tokens=812,
        cache_read_tokens=600,
        output_tokens=174,
        total_cost=0.00034,
    )
    return [root, call]
