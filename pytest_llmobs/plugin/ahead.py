"""Which trials may run ahead of their tests, and which come next."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.errors import LlmobsError, TargetError
from pytest_llmobs.plugin.pytest_internals import (
    fixture_definition,
    fixture_value,
    queued_items,
)
from pytest_llmobs.plugin.suites import TrialPlan
from pytest_llmobs.plugin.unnoticed_fixtures import noticed_fixture
from pytest_llmobs.trials.runner import Attempt, Job
from pytest_llmobs.trials.targets import Target, bind_target

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import ProcessState
    from pytest_llmobs.plugin.suites import Suites


class Ahead:
    """Offers the coming trials to the runner, and takes the current one from it."""

    def __init__(self, state: ProcessState, suites: Suites, *, one_repeat: bool) -> None:
        """Prepare, without starting anything.

        Args:
            state: The process.
            suites: Knows what an item is.
            one_repeat: Offer no repeat before the one before it is through: what that settles need not run again.
        """
        self._state = state
        self._suites = suites
        self._one_repeat = one_repeat
        self._positions: dict[pytest.Item, int] = {}
        self._eligible: dict[str, bool] = {}
        self._prepared: set[Hashable] = set()

    def take(self, item: pytest.Function, plan: TrialPlan) -> Attempt:
        """Return the attempt at this item's target; wait for it where it is still going on.

        Raises:
            TargetError: The target is a fixture whose value doesn't fit the inputs.
        """
        runner = self._state.session.runner
        target = _resolve_target(item, plan)
        job = _job(item, plan, target)
        if job.warmed_by not in self._prepared:
            self._prepared.add(job.warmed_by)
            self._state.session.prepare(target.function)
        if not self._may_run_ahead(item, plan):
            return runner.run_inline(job)
        if runner.wants_more or self._one_repeat:
            runner.offer(self._coming_jobs(item, plan, target))
        return runner.take(job)

    def _coming_jobs(self, item: pytest.Function, current: TrialPlan, target: Target) -> Iterator[Job]:
        # Other suites wait: the fixtures of their modules and classes are not up yet.
        for coming in self._coming_items(item):
            plan = self._suites.plan_of(coming)
            if plan is None or plan.suite != current.suite or not isinstance(coming, pytest.Function):
                continue
            if self._one_repeat and plan.repeat != current.repeat:
                return
            yield _job(coming, plan, target)

    def _coming_items(self, item: pytest.Function) -> Iterator[pytest.Item]:
        """Yield this item and those that this process will run after it."""
        items = item.session.items
        window = self._state.session.runner.window
        if self._state.worker is not None:
            yield item
            for index in queued_items(self._state.config)[:window]:
                yield items[index]
            return
        if not self._positions:
            self._positions = {each: index for index, each in enumerate(items)}
        start = self._positions[item]
        yield from islice(items, start, start + window)

    def _may_run_ahead(self, item: pytest.Function, plan: TrialPlan) -> bool:
        if plan.suite not in self._eligible:
            reason = _why_inline(item, plan, self._state.settings.ignore_fixtures)
            self._eligible[plan.suite] = reason is None
            if reason is not None:
                self._state.notes.add(
                    f"{plan.suite}: its target ran inside its tests, not ahead, because of {reason}"
                )
        return self._eligible[plan.suite]


def _why_inline(item: pytest.Function, plan: TrialPlan, ignored: Collection[str]) -> str | None:
    """Return what keeps a suite's targets from running ahead, or None."""
    option = item.config.option
    if getattr(option, "usepdb", False) or getattr(option, "trace", False):
        return "the debugger"
    name = noticed_fixture(item, plan.source.target_fixture, ignored)
    if name is None:
        return None
    return f"the fixture {name!r} (llm_ignore_fixtures names those that it doesn't depend on)"


def _resolve_target(item: pytest.Function, plan: TrialPlan) -> Target:
    source = plan.source
    if source.target is not None:
        return source.target
    name, dataset = source.target_fixture, source.dataset
    assert name is not None
    assert dataset is not None
    if fixture_definition(item, name) is None:
        raise TargetError(
            f"target={name!r} is the name of a fixture, and there is none of that name. The app itself goes there "
            "without quotes and uncalled, as in target=support_agent."
        )
    function = fixture_value(item, name)
    try:
        return bind_target(function, dataset)
    except LlmobsError as error:
        raise pytest.UsageError(f"{plan.nodeid}: the fixture {name!r} is its target. {error}") from None


def _job(item: pytest.Function, plan: TrialPlan, target: Target) -> Job:
    assert plan.example is not None
    warmed_by: Hashable = plan.suite  # a fixture may make a new function for each test
    if plan.source.target is not None:
        warmed_by = id(target.function)
    return Job(
        key=plan.key,
        suite=plan.suite,
        name=item.name,
        example=plan.example,
        target=target,
        evaluators=plan.source.evaluators,
        columns=plan.columns,
        warmed_by=warmed_by,
    )
