"""In plain pytest nothing is gated, but an ``llm_gate`` on a metric that nothing produces is an error all the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.plugin.state import LLM_RUN
from pytest_llmobs.records.plans import SuitePlan

if TYPE_CHECKING:
    from pytest_llmobs.plugin.suites import Suites, TrialPlan
    from pytest_llmobs.trials.llm_run import LlmRun


@dataclass
class _Produced:
    """The scores that the trials of a suite had so far."""

    numbers: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    body: set[str] = field(default_factory=set)
    complete: bool = True
    """False where an evaluator failed, or a trial came to nothing: who knows what it would have scored."""

    def add(self, run: LlmRun | None) -> None:
        if run is None or run.root is None or run.root.error is not None:
            self.complete = False
            return
        for key, score in run.scores.items():
            if score.error is not None:
                self.complete = False
            elif key not in run.gating:
                self.body.add(key)
            elif score.score is not None:
                self.numbers.add(key)
            else:
                self.labels.add(key)


class PlainGates:
    """Looks at the gates of a suite once its last test has run."""

    def __init__(self, suites: Suites) -> None:
        self._suites = suites
        self._left: Counter[str] = Counter()
        self._produced: dict[str, _Produced] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count the tests of each suite that has gates."""
        for item in session.items:
            plan = self._suites.plan_of(item)
            if plan is not None and plan.source.gates:
                self._left[plan.suite] += 1

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Fail after the last test of a suite where a gate names what nothing has produced."""
        plan = self._suites.plan_of(item)
        if plan is None or plan.suite not in self._left:
            return
        produced = self._produced.setdefault(plan.suite, _Produced())
        produced.add(item.stash.get(LLM_RUN, None))
        self._left[plan.suite] -= 1
        # summary evaluators don't run in plain pytest
        if not self._left[plan.suite] and produced.complete and not plan.source.summaries:
            _check(plan, produced)


def _check(plan: TrialPlan, produced: _Produced) -> None:
    from pytest_llmobs.measures.gate_rules import PASS, ScoredMetrics, rule_errors

    evaluators = {evaluator.key: evaluator.version for evaluator in plan.source.evaluators}
    suite = SuitePlan(name=plan.suite, path=plan.path, metrics=evaluators, gates=tuple(plan.source.gates))
    scored = ScoredMetrics(
        numbers={PASS, *produced.numbers},
        labels=produced.labels - produced.numbers,
        body=produced.body - produced.numbers,
        summarised=set(),
        ran=True,
    )
    problems = [f"{plan.suite}: {error}" for error in rule_errors(suite, scored)]
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
