"""Hooks around collection: what is a trial, and which trials were promised."""

from __future__ import annotations

from collections.abc import Generator
from itertools import starmap
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.plugin import options
from pytest_llmobs.plugin.marks import misplaced, twins
from pytest_llmobs.plugin.outcome import AcceptedBaselines
from pytest_llmobs.plugin.selection import Repeats, asked_files, keep_shard, marker_keywords
from pytest_llmobs.plugin.suite_plans import alike_names, gone_suites, secret_names, suite_plans
from pytest_llmobs.records.examples import UsedDataset
from pytest_llmobs.settings import ADD
from pytest_llmobs.wording import inert

if TYPE_CHECKING:
    from pytest_llmobs.plugin.confirming.plan import ConfirmingPlan
    from pytest_llmobs.plugin.state import ProcessState
    from pytest_llmobs.plugin.suites import Suites
    from pytest_llmobs.records.examples import Dataset


class Collection:
    """Plans the trials of a process, and promises them."""

    def __init__(self, state: ProcessState, suites: Suites, confirming: ConfirmingPlan | None) -> None:
        self._state = state
        self._suites = suites
        self._confirming = confirming
        self._repeats = Repeats(suites)
        self._accepted = AcceptedBaselines(state.session, state.manifest)
        self._collected: list[pytest.Item] = []
        self._used: dict[int, tuple[Dataset, str]] = {}
        """Each dataset that is used, and the path of its file where it is that file's current content."""
        self._by_node_id = any("::" in argument for argument in state.config.args)

    def pytest_sessionstart(self) -> None:
        """Learn now rather than at the end whether the experiment can be uploaded."""
        state = self._state
        if state.experiment and state.settings.store and state.worker is None and self._confirming is None:
            self._probe()

    def _probe(self) -> None:
        try:
            self._state.session.probe()
        except LlmobsError as error:
            raise options.usage_error(error) from None

    @pytest.hookimpl(wrapper=True)
    def pytest_pycollect_makeitem(self, collector: pytest.Collector) -> Generator[None, object, object]:
        """Take note of every test, also of those that a node id is going to leave out."""
        made = yield
        if self._state.experiment:
            self._note_made(collector, made)
        return made

    def _note_made(self, collector: pytest.Collector, made: object) -> None:
        self._suites.note_made(collector, made)
        if self._by_node_id:
            self._repeats.note_made(made)

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Take note of every test before any plugin selects: what one leaves out unseen is not gone."""
        if self._state.experiment:
            self._collected.append(item)

    # `trylast` makes it the innermost wrapper: it plans before anybody deselects, and selects once all others have.
    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, object, object]:
        """Plan every item before anybody deselects; keep of what is selected then what is to run here."""
        self._plan(items)
        result = yield
        self._select(items)
        return result

    def _plan(self, items: list[pytest.Item]) -> None:
        if self._state.experiment:  # plain pytest needs no plan before a test starts
            self._plan_experiment(items)
        for item in items:
            # such ids were escaped; `-k` is to find them as they are
            if ("\\" in item.name or "# #" in item.name) and (plan := self._suites.plan_of(item)) is not None:
                item.extra_keyword_matches.add(plan.example_id)

    def _plan_experiment(self, items: list[pytest.Item]) -> None:
        config = self._state.config
        was_asked = asked_files(config)

        def is_whole(path: str) -> bool:
            return was_asked(config.rootpath / path)

        if self._by_node_id:
            self._repeats.add_missing(items, is_whole)
        if deselected := config.getoption("deselect"):
            self._repeats.deselect(items, deselected)
        self._suites.plan_items(dict.fromkeys([*items, *self._collected]), is_whole)

    def _select(self, items: list[pytest.Item]) -> None:
        if self._state.experiment and self._state.settings.shard:
            keep_shard(items, self._suites, self._state)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write down what was promised: the denominator of every mean."""
        if self._state.experiment and not self._state.controller:
            self._refuse_misplaced(session)
            self._promise(session)
            if self._confirming is None and not self._state.settings.update_baseline:
                self._refuse_unscaled(session)

    def _refuse_misplaced(self, session: pytest.Session) -> None:
        """Make an error of collection, which reaches the controller too, of what no experiment can be about.

        That is the first marker that nothing reads, or else the first two trials of one name.
        """
        by_name: dict[tuple[str, str, int], pytest.Item] = {}
        for item in session.items:
            plan = self._suites.plan_of(item)
            read = plan.source.marks if plan is not None else None
            problem = misplaced(item, read)
            if plan is not None and not problem:
                other = by_name.setdefault(plan.key, item)
                problem = twins(item, other)
            if problem:
                report = pytest.CollectReport(item.nodeid, "failed", problem, [])
                session.config.hook.pytest_collectreport(report=report)
                return

    def _refuse_unscaled(self, session: pytest.Session) -> None:
        """Make an error of collection of ``must_pass`` on a metric for which nobody knows what passes."""
        for plan in self._state.manifest.plans:
            for gate in plan.gates:
                if gate.must_pass is None or gate.metric == PASS:  # most have none, and need no baseline yet
                    continue
                from pytest_llmobs.gate.must_pass import must_pass_range_problem

                baseline = self._accepted.of(plan.name)
                if baseline is not None and (problem := must_pass_range_problem(gate, baseline)):
                    message = f"{plan.name}: {problem}"
                    report = pytest.CollectReport(plan.name, "failed", message, [])
                    session.config.hook.pytest_collectreport(report=report)
                    return

    def _promise(self, session: pytest.Session) -> None:
        state, suites = self._state, self._suites
        redaction = state.session.redaction
        plans = suite_plans(session.items, suites, redaction)
        if (
            not state.settings.baseline and self._confirming is None
        ):  # another baseline may well know other suites
            plans += gone_suites(session.config, suites)
        state.manifest.promise(plans)
        if self._confirming is None and not session.config.option.collectonly:
            self._note_datasets(session.items)
        state.notes.add(
            *alike_names(plans),
            *secret_names(plans, redaction),
            *marker_keywords(session.config.getoption("keyword")),
        )
        if state.worker is None:
            announce(state)

    def _note_datasets(self, items: list[pytest.Item]) -> None:
        """Note which datasets are used, and whether each is a file as it is now."""
        for item in items:
            plan = self._suites.plan_of(item)
            whole = plan.source.whole if plan is not None else None
            if plan is not None and whole is not None:
                self._used[id(whole)] = (whole, whole.source if plan.source.is_file else "")
        if self._used and self._state.settings.as_of:
            self._state.notes.add(f"the datasets are those of {self._state.settings.as_of!r}, not today's")

    # around all others: nothing of it is needed before, and its notes are told at the end
    @pytest.hookimpl(specname="pytest_sessionfinish", wrapper=True, tryfirst=True)
    def pytest_keep_datasets(self) -> Generator[None, object, object]:
        """Keep the versions of the datasets that were used; each worker does, and the first of them writes."""
        if self._used:
            self._keep_datasets()
        return (yield)

    def _keep_datasets(self) -> None:
        from pytest_llmobs.experiments.dataset_versions import keep_versions

        used = list(starmap(UsedDataset, self._used.values()))
        redaction = self._state.session.redaction
        if problem := keep_versions(self._state.catalog, used, redaction.clean_if_suspect):
            self._state.notes.add(problem)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Let a shard pass to which no test fell: the others run them all."""
        elsewhere = self._suites.left_some or self._state.manifest.elsewhere
        if elsewhere and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK


def announce(state: ProcessState) -> None:
    """Before a baseline is recorded, say what it will take; call it where the terminal is.

    Raises:
        pytest.UsageError: Passes are to be added to a baseline that takes no more of them.
    """
    plans = state.manifest.plans
    if not state.settings.update_baseline or not plans:
        return
    from pytest_llmobs.experiments.recording_estimate import recording_estimate

    add = state.settings.update_baseline == ADD
    if add:
        _refuse_other_evaluators(state)
    terminal = state.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        session = state.session
        concurrency = session.settings.concurrency
        mode = session.settings.cassettes
        fresh = add or mode in ("off", "refresh")
        takes = recording_estimate(
            session.store, plans, session.baseline_of, concurrency, add=add, fresh=fresh, asks=mode != "only"
        )
        terminal.write_line(inert(takes))


def _refuse_other_evaluators(state: ProcessState) -> None:
    from pytest_llmobs.experiments.addition import known_beforehand
    from pytest_llmobs.plugin.reporting import context_of

    problem = known_beforehand(
        state.manifest.plans, state.session.baseline_of, context_of(state.config).accept
    )
    if problem is not None:
        raise pytest.UsageError(inert(problem))
