"""Which trials may run ahead of their tests, and which come next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.plugin.suites import TrialPlan
from pytest_llmobs.trials.runner import Attempt, Job
from pytest_llmobs.trials.targets import Target, bind_target

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import Lab

_OURS = {"example", "llm_run", "request"}
_ASYNC_PLUGINS = {"pytest_asyncio", "anyio"}
"""Their fixtures run the test's coroutine; a target doesn't notice them."""


class Ahead:
    """Offers the coming trials to the runner, and takes the current one from it."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._position: dict[pytest.Item, int] = {}
        self._eligible: dict[str, bool] = {}
        self._prepared = False

    def take(self, item: pytest.Function, plan: TrialPlan) -> Attempt:
        """Return the attempt at this item's target; wait for it where it is still going on.

        Raises:
            TargetError: The target is a fixture whose value doesn't fit the inputs.
        """
        runner = self._lab.session.runner
        job = self._job(item, plan, self._resolve(item, plan))
        if not self._may_run_ahead(item, plan):
            return runner.run_inline(job)
        if not self._prepared:
            self._prepared = True
            self._lab.session.prepare()
        if runner.wants_more or self._lab.confirming is not None:
            runner.offer(self._coming_jobs(item, plan.suite, job.target))
        return runner.take(job)

    def _coming_jobs(self, item: pytest.Function, suite: str, target: Target) -> Iterator[Job]:
        # Other suites wait: the fixtures of their modules and classes are not up yet.
        # So do the next repeats of a confirming session: what this one clears need not run again.
        current = self._lab.suites.plan_of(item)
        repeat = current.repeat if current is not None else 1
        for coming in self._coming(item):
            plan = self._lab.suites.plan_of(coming)
            if plan is None or plan.suite != suite or not isinstance(coming, pytest.Function):
                continue
            if self._lab.confirming is not None and plan.repeat != repeat:
                return
            yield self._job(coming, plan, target)

    def _coming(self, item: pytest.Function) -> Iterable[pytest.Item]:
        """Yield this item and those that this process will run after it."""
        items = item.session.items
        window = self._lab.session.runner.window
        queue = self._worker_queue()
        if queue is not None:
            yield item
            for index in queue[:window]:
                yield items[index]
            return
        if not self._position:
            self._position = {each: index for index, each in enumerate(items)}
        start = self._position[item]
        yield from islice(items, start, start + window)

    def _worker_queue(self) -> list[int] | None:
        """Return the indices of the items that an xdist worker was given and has not started."""
        if self._lab.worker is None:
            return None
        for plugin in self._lab.config.pluginmanager.get_plugins():
            queue = getattr(plugin, "torun", None)
            if queue is not None:
                coming = getattr(plugin, "nextitem_index", None)
                with queue.lock() as waiting:
                    return [index for index in (coming, *waiting) if isinstance(index, int)]
        return []

    def _may_run_ahead(self, item: pytest.Function, plan: TrialPlan) -> bool:
        if plan.suite not in self._eligible:
            reason = self._why_inline(item, plan)
            self._eligible[plan.suite] = reason is None
            if reason is not None:
                self._lab.notes.append(
                    f"{plan.suite}: its target ran inside its tests, not ahead, because of {reason}"
                )
        return self._eligible[plan.suite]

    def _why_inline(self, item: pytest.Function, plan: TrialPlan) -> str | None:
        option = item.config.option
        for flag in ("usepdb", "trace"):
            if getattr(option, flag, False):
                return "the debugger"
        manager = item.session._fixturemanager
        for name in (*item.fixturenames, plan.source.target_fixture):
            if name is None or name in _OURS or name in item.callspec.params:
                continue
            definitions = manager.getfixturedefs(name, item)
            if not definitions or definitions[-1].func.__module__.partition(".")[0] in _ASYNC_PLUGINS:
                continue
            if definitions[-1].scope == "function":
                return f"the fixture {name!r}"
        return None

    def _resolve(self, item: pytest.Function, plan: TrialPlan) -> Target:
        source = plan.source
        if source.target is not None:
            return source.target
        name, dataset = source.target_fixture, source.dataset
        assert name is not None
        assert dataset is not None
        function = item._request.getfixturevalue(name)
        try:
            target = bind_target(function, dataset)
        except LlmobsError as error:
            raise pytest.UsageError(f"{plan.nodeid}: the fixture {name!r} is its target. {error}") from None
        return target

    def _job(self, item: pytest.Function, plan: TrialPlan, target: Target) -> Job:
        assert plan.example is not None
        return Job(
            key=item.nodeid,
            suite=plan.suite,
            name=item.name,
            example=plan.example,
            target=target,
            evaluators=plan.source.evaluators,
            columns=plan.columns,
        )
