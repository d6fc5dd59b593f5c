"""The pytest plugin: what every pytest session loads, and so next to nothing.

Everything else is imported once a session is an experiment, or a test asks for ``llm_dataset`` or ``llm_run``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmobs.plugin import options

if TYPE_CHECKING:
    from types import ModuleType

    from pytest_llmobs.records.examples import Example
    from pytest_llmobs.trials.llm_run import LlmRun


class OwnModules:
    """Finds the modules of this package as a plain Python does, from the bytecode that its installation left."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module of this package is; None for all others."""
        return PathFinder.find_spec(name, path, target) if name.startswith("pytest_llmobs.") else None


def _skip_rewriting() -> None:
    # pytest rewrites every module of a plugin, lest its assertions fail without a reason; none of ours is a test's.
    # It takes half a millisecond a module, and several where nothing is kept yet, as in a container just made.
    if OwnModules not in sys.meta_path:
        sys.meta_path.insert(0, OwnModules)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Register options and ini keys."""
    _skip_rewriting()
    options.register(parser)
    path = options.confirming_path()
    if path is not None:
        from pytest_llmobs.plugin.confirming.child import write_elsewhere

        write_elsewhere(pluginmanager, path)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the ``pytest_llmobs_*`` hook specifications."""
    # by its whole name: `from` would ask the package for an attribute first
    pluginmanager.add_hookspecs(import_module("pytest_llmobs.hookspecs"))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and set an experiment up."""
    options.register_markers(config)
    options.say_where_prompts_lie(config)
    options.pass_over_cassettes(config)
    is_experiment = options.wants_experiment(config)
    if is_experiment:
        from pytest_llmobs.plugin import garbage_collection

        # first: importing all that follows makes no garbage, but much to look through
        garbage_collection.relax(config)
    else:
        options.say_unused(config)
    if is_experiment or options.uses_cassettes(config):
        from pytest_llmobs.plugin.registration import register

        register(config)
    elif options.is_controller(config):
        # the tests are collected in workers: nothing else is registered here
        from pytest_llmobs.plugin.failed_tests.repeated_errors import RepeatedErrors

        config.pluginmanager.register(RepeatedErrors(), "llmobs-repeated-errors")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one item an example (and repeat)."""
    if metafunc.definition.get_closest_marker("llm_dataset") or "llm_run" in metafunc.fixturenames:
        from pytest_llmobs.plugin.registration import register

        register(metafunc.config).parametrizer.generate(metafunc)
    else:
        _refuse_gate(metafunc.definition)


def _refuse_gate(definition: pytest.Function) -> None:
    for mark in definition.own_markers:
        if mark.name == "llm_gate":
            raise pytest.Collector.CollectError(
                f"{definition.nodeid}: llm_gate gates nothing here, since this test is no trial. "
                "Give it the llm_dataset marker, or ask for the fixture llm_run."
            )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse a marker on a ``unittest.TestCase``, which nothing would read: its tests would pass untried."""
    if options.wants_experiment(session.config):  # which looks at all markers itself
        return
    for item in session.items:
        if isinstance(item, pytest.Function) and hasattr(item.cls, "assertEqual"):
            _refuse_in_unittest(item)


def _refuse_in_unittest(item: pytest.Function) -> None:
    if not item.get_closest_marker("llm_dataset") and not item.get_closest_marker("llm_gate"):
        return
    from pytest_llmobs.plugin.marks import misplaced

    if problem := misplaced(item, None):
        report = pytest.CollectReport(item.nodeid, "failed", problem, [])
        item.config.hook.pytest_collectreport(report=report)


@pytest.fixture
def example() -> Example:
    """Return the example of the current trial: ``.id .inputs .outputs .metadata .split``."""
    # With a dataset the test is parametrized over its examples, and this never runs. It asks for nothing: what it
    # asked for would be set up for every trial all the same.
    raise pytest.UsageError(
        "This test uses the fixture 'example' without a dataset. "
        'Mark it with @pytest.mark.llm_dataset("golden.jsonl"); a misspelt marker counts as none.'
    )


@pytest.fixture
def llm_run(request: pytest.FixtureRequest) -> LlmRun:
    """Return the traced run of the current test: inputs, outputs, latency, tokens, cost, scores."""
    from pytest_llmobs.plugin.state import LLM_RUN

    run: LlmRun | None = request.node.stash.get(LLM_RUN, None)
    if run is None:
        raise pytest.UsageError(
            "Too late for 'llm_run': a test is a trial from its collection on, or none. Name the fixture in the "
            "parameters of the test, or of a fixture that it names, rather than ask for it with getfixturevalue."
        )
    return run


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: Any, right: Any) -> list[str] | None:
    """Explain a failed comparison of a score."""
    if "Score" not in (type(left).__name__, type(right).__name__):
        return None
    from pytest_llmobs.plugin.registration import explain_comparison

    return explain_comparison(config, op, left, right)
