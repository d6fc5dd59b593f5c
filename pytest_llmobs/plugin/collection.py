"""Hooks around collection: what is a trial, and which trials were promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.plugin.gone_suites import absent_suites, asked
from pytest_llmobs.plugin.marks import misplaced
from pytest_llmobs.plugin.redaction import secret_names
from pytest_llmobs.plugin.repeats import Siblings

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import Lab


class Collection:
    """Plans the trials of a process, and writes the manifest that the controller reads.

    pytest looks for hooks among names that begin with ``pytest_`` alone, whatever their ``specname``.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._elsewhere = False
        self._siblings = Siblings(lab.suites)
        self._by_node_id = any("::" in argument for argument in lab.config.args)

    def pytest_sessionstart(self) -> None:
        """Learn now rather than at the end whether the experiment can be uploaded."""
        lab = self._lab
        if lab.experiment and lab.settings.store and lab.worker is None and lab.confirming is None:
            try:
                lab.session.probe()
            except LlmobsError as error:
                raise pytest.UsageError(str(error)) from None

    @pytest.hookimpl(wrapper=True)
    def pytest_pycollect_makeitem(self, collector: pytest.Collector):  # type: ignore[no-untyped-def]
        """Take note of every test, also of those that a node id is going to leave out."""
        made = yield
        if self._lab.experiment:
            self._lab.suites.note_made(collector, made)
            if self._by_node_id:
                self._siblings.note(made)
        return made

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Plan every item before anybody deselects; let ``-k`` find ids that pytest escapes."""
        if self._lab.experiment:  # plain pytest needs no plan before a test starts
            was_asked = asked(config)

            def whole(path: str) -> bool:
                return was_asked(config.rootpath / path)

            if self._by_node_id:
                self._siblings.add(items, whole)
            if deselected := config.getoption("deselect"):
                self._siblings.leave_out(items, deselected)
            self._lab.suites.plan_items(items, whole)
        for item in items:
            if "\\" in item.name and (plan := self._lab.suites.plan_of(item)) is not None:
                item.extra_keyword_matches.add(plan.example_id)

    @pytest.hookimpl(wrapper=True, trylast=True, specname="pytest_collection_modifyitems")
    def pytest_select_confirmed(self, config: pytest.Config, items: list[pytest.Item]):  # type: ignore[no-untyped-def]
        """In a confirming session keep just what is to be confirmed."""
        result = yield
        plan = self._lab.confirming
        if plan is not None:
            kept = [item for item in items if self._wanted(item)]
            dropped = [item for item in items if not self._wanted(item)]
            if dropped:
                config.hook.pytest_deselected(items=dropped)
            items[:] = kept
        return result

    @pytest.hookimpl(wrapper=True, trylast=True, specname="pytest_collection_modifyitems")
    def pytest_select_shard(self, config: pytest.Config, items: list[pytest.Item]):  # type: ignore[no-untyped-def]
        """Keep this machine's part of what the user has selected."""
        result = yield
        if self._lab.experiment and self._lab.settings.shard:
            from pytest_llmobs.plugin.shards import split

            items[:], others = split(self._lab, items)
            self._lab.suites.leave(others)
            self._elsewhere = bool(others)
            if others:
                config.hook.pytest_deselected(items=others)
        return result

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Let a shard pass to which no test fell: the others run them all."""
        elsewhere = self._elsewhere or any(plan.elsewhere for plan in self._lab.plans)
        if elsewhere and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write down what was promised: the denominator of every mean."""
        if not self._lab.experiment or self._lab.controller:
            return
        redaction, suites = self._lab.session.redaction, self._lab.suites
        self._refuse_misplaced(session)
        self._lab.plans = suites.manifest(session.items, redaction)
        if not self._lab.settings.baseline:  # another baseline may well know other suites
            self._lab.plans += absent_suites(session.config, suites.baseline_folder, suites.totals)
        self._lab.session.read_back = frozenset(plan.name for plan in self._lab.plans if plan.summaries)
        self._lab.notes.extend(secret_names(self._lab.plans, redaction))
        if self._lab.worker is not None:
            self._lab.write_manifest()
        else:
            self._lab.announce()

    def _refuse_misplaced(self, session: pytest.Session) -> None:
        """Make an error of collection, which reaches the controller too, of the first marker that nothing reads."""
        for item in session.items:
            plan = self._lab.suites.plan_of(item)
            if problem := misplaced(item, plan.source.marks if plan is not None else None):
                report = pytest.CollectReport(item.nodeid, "failed", problem, [])
                session.config.hook.pytest_collectreport(report=report)
                return

    def _wanted(self, item: pytest.Item) -> bool:
        plan = self._lab.suites.plan_of(item)
        confirming = self._lab.confirming
        return (
            plan is not None
            and confirming is not None
            and confirming.wants(plan.suite, plan.example_id, plan.repeat)
        )
