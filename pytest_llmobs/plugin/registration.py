"""Making a session an experiment, or its tests traced ones: what the hooks share is made, and they are registered."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.extensions import Extensions
from pytest_llmobs.plugin import options
from pytest_llmobs.plugin.collection import Collection
from pytest_llmobs.plugin.failed_tests.repeated_errors import RepeatedErrors
from pytest_llmobs.plugin.node_names import NodeNames
from pytest_llmobs.plugin.parametrize import Parametrizer
from pytest_llmobs.plugin.plain_gates import PlainGates
from pytest_llmobs.plugin.pytest_internals import keep_current_test
from pytest_llmobs.plugin.state import Manifest, Notes, ProcessState
from pytest_llmobs.plugin.suites import Suites
from pytest_llmobs.plugin.trial import TrialHooks
from pytest_llmobs.records.identity import Identity, new_identity
from pytest_llmobs.session import Session
from pytest_llmobs.settings import ADD, Settings, cassette_folder

if TYPE_CHECKING:  # most sessions are no further ones, and many are no experiment
    from pytest_llmobs.plugin.confirming.child import WrittenElsewhere
    from pytest_llmobs.plugin.confirming.plan import ConfirmingPlan
    from pytest_llmobs.plugin.ending import Ending


@dataclass(frozen=True)
class Registered:
    """What the hooks of ``pytest_llmobs.plugin`` itself need of the others."""

    parametrizer: Parametrizer
    trials: TrialHooks


_REGISTERED = pytest.StashKey[Registered]()


def register(config: pytest.Config) -> Registered:
    """Register the hooks of this process at the first call; return what it has.

    Raises:
        pytest.UsageError: A setting makes no sense.
    """
    registered = config.stash.get(_REGISTERED, None)
    if registered is None:
        registered = config.stash[_REGISTERED] = _register(config)
    return registered


def explain_comparison(config: pytest.Config, op: str, left: Any, right: Any) -> list[str] | None:
    """Return the lines that explain a failed comparison of a score, or None where nothing is traced here."""
    registered = config.stash.get(_REGISTERED, None)
    if registered is None:
        return None
    return registered.trials.explain_comparison(op, left, right)


def _register(config: pytest.Config) -> Registered:
    confirming = _confirming_plan(config)
    state = _new_state(config, confirming)
    _check(state)
    if state.experiment:
        keep_current_test(config)
    suites = Suites(NodeNames(config.rootpath), state.session.baseline_folder)
    ending = _new_ending(state, suites, confirming)
    trials = TrialHooks(state, suites, confirming, ending)
    manager = config.pluginmanager
    if confirming is not None:
        _register_for_confirming(state, suites, confirming)
    if state.settings.cassettes != "off":
        _register_calls_at_import(state)
    manager.register(Collection(state, suites, confirming), "llmobs-collection")
    if not state.controller:
        _register_trials(state, trials)
    if ending is not None:
        manager.register(ending, "llmobs-ending")
    if state.settings.cassettes != "off" and confirming is None:
        _register_for_recordings(state)
    if state.worker is None:
        manager.register(RepeatedErrors(), "llmobs-repeated-errors")
    if state.experiment:
        _register_for_xdist(state, ending)
    elif state.worker is None:  # one of several sees too little
        manager.register(PlainGates(suites), "llmobs-plain-gates")
    return Registered(Parametrizer(state, suites, confirming), trials)


def _register_trials(state: ProcessState, trials: TrialHooks) -> None:
    manager = state.config.pluginmanager
    if state.settings.cassettes != "off":
        from pytest_llmobs.plugin.cassettes.unrecorded_calls import UnrecordedCalls

        # first: what it makes of a report is what the trial's outcome is read from
        manager.register(UnrecordedCalls(state.session), "llmobs-unrecorded-calls")
    manager.register(trials, "llmobs-trials")


def _register_for_recordings(state: ProcessState) -> None:
    """Register what tells at the end which recordings were used."""
    from pytest_llmobs.plugin.cassettes.uses import CassetteUses

    manager = state.config.pluginmanager
    manager.register(CassetteUses(state), "llmobs-cassette-uses")
    if not state.experiment:
        from pytest_llmobs.plugin.cassettes.summary import CassetteSummary

        manager.register(CassetteSummary(state), "llmobs-cassette-summary")


def _register_calls_at_import(state: ProcessState) -> None:
    from pytest_llmobs.plugin.cassettes.calls_at_import import CallsAtImport

    calls = CallsAtImport(state.session)
    state.config.pluginmanager.register(calls, "llmobs-calls-at-import")
    calls.start(state.config)


def _register_for_confirming(state: ProcessState, suites: Suites, confirming: ConfirmingPlan) -> None:
    from pytest_llmobs.plugin.confirming.child import WantedTrials
    from pytest_llmobs.plugin.control.foreign_modules import ForeignModules
    from pytest_llmobs.plugin.control.start import trees_here

    manager = state.config.pluginmanager
    manager.register(WantedTrials(suites, confirming, state.controller), "llmobs-wanted-trials")
    trees = trees_here(os.environ)
    if confirming.is_control and trees is not None:
        manager.register(ForeignModules(trees, confirming.folder), "llmobs-foreign-modules")


def _new_ending(state: ProcessState, suites: Suites, confirming: ConfirmingPlan | None) -> Ending | None:
    """Return what concludes the experiment; None in a worker, whose controller does."""
    if not state.experiment or state.worker is not None:
        return None
    from pytest_llmobs.plugin.ending import Ending

    return Ending(state, suites, confirming)


def _register_for_xdist(state: ProcessState, ending: Ending | None) -> None:
    if state.worker is None and not state.controller:
        return
    from pytest_llmobs.plugin import xdist

    manager = state.config.pluginmanager
    if ending is not None:
        manager.register(xdist.Controller(state, ending), "llmobs-xdist")
    else:
        manager.register(xdist.Worker(state.manifest), "llmobs-xdist")


def _confirming_plan(config: pytest.Config) -> ConfirmingPlan | None:
    """Return the plan of a further session, and set its options before anything is read from them."""
    plugin: WrittenElsewhere | None = config.pluginmanager.get_plugin("llmobs-confirming")
    if plugin is None:
        return None
    plugin.set_options(config)
    return plugin.plan


def _new_state(config: pytest.Config, confirming: ConfirmingPlan | None) -> ProcessState:
    rootdir = config.rootpath
    if confirming is None:
        settings = options.settings_of(config)
    else:
        settings, rootdir = confirming.own_settings, Path(confirming.rootdir)
    worker: Mapping[str, Any] | None = getattr(config, "workerinput", None)
    processes, worker_id = 1, None
    if worker is not None:
        processes, worker_id = int(worker["workercount"]), str(worker["workerid"])
    session = Session(
        settings,
        Extensions(config.pluginmanager),
        _identity(settings, confirming, worker),
        rootdir,
        processes=processes,
        cautious=bool(config.getoption("maxfail", 0)),
        fresh=bool(settings.update_baseline) or confirming is not None,
    )
    return ProcessState(
        config=config,
        settings=settings,
        session=session,
        manifest=Manifest(session.folder, worker_id),
        notes=Notes(),
        worker=worker,
        controller=options.is_controller(config),
    )


def _identity(
    settings: Settings, confirming: ConfirmingPlan | None, worker: Mapping[str, Any] | None
) -> Identity:
    if confirming is not None:
        return confirming.identity
    if worker is not None and "llmobs" in worker:
        return Identity(**worker["llmobs"])
    return new_identity(settings.name)


def _check(state: ProcessState) -> None:
    """Refuse what can't work before it costs anything."""
    try:
        state.session.check()
        if state.settings.cassettes != "off":
            cassette_folder(state.session.rootdir, state.settings.cassette_dir)
        if state.experiment:
            _check_experiment(state)
    except LlmobsError as error:
        raise options.usage_error(error) from None


def _check_experiment(state: ProcessState) -> None:
    session, settings = state.session, state.settings
    if state.controller and state.config.getoption("dist", "no") == "each":
        raise pytest.UsageError(
            "--dist each runs every test on every worker, so an experiment would count each trial several times. "
            "Use another --dist; for several trials an example there is --llm-repeat."
        )
    # Opening it recovers what a crashed session left, and makes its folder before anybody else writes there.
    _ = session.store
    if settings.update_baseline == ADD and settings.cassettes == "only":
        raise pytest.UsageError(
            "--llm-update-baseline=add needs replies that the baseline doesn't have, and with --llm-cassettes=only no "
            "model is asked. Use --llm-cassettes=reuse: it records new ones."
        )
    # nothing to refuse; so what compares with the committed ones need not be loaded yet
    if not settings.baseline:
        return
    _ = session.baseline_of
    if settings.update_baseline:
        raise pytest.UsageError(
            f"--llm-update-baseline records into {settings.baseline_dir}/ and compares with nothing; "
            f"leave --llm-baseline {settings.baseline!r} out."
        )
