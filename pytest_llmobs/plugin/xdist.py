"""Hooks of xdist's controller and workers: share the session, deal out the items, take trials back, stop together."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScheduling  # type: ignore[import-untyped]

from pytest_llmobs.files import encodable
from pytest_llmobs.plugin.collection import announce
from pytest_llmobs.plugin.pytest_internals import deal_out_pending, is_stopping
from pytest_llmobs.plugin.trial import WIRE
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.records.wire import from_wire, to_wire

if TYPE_CHECKING:
    from pytest_llmobs.plugin.ending import Ending
    from pytest_llmobs.plugin.state import Manifest, ProcessState


class Controller:
    """Registered in the controller of an experiment."""

    def __init__(self, state: ProcessState, ending: Ending) -> None:
        self._state = state
        self._ending = ending

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Make the worker part of this session."""
        node.workerinput["llmobs"] = to_wire(self._state.session.identity)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Deal all items up front where xdist would deal them out bit by bit (``--dist load``)."""
        if config.getvalue("dist") == "load" and config.getvalue("maxschedchunk") is None:
            return DealtUpFront(config, log)
        return None

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        """Take over what the worker has to say; a killed one says nothing."""
        self._state.notes.add(*getattr(node, "workeroutput", {}).get("llmobs_notes", ()))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Any) -> None:
        """Read what the workers are going to run, as soon as one of them knows."""
        if not self._state.manifest.plans:
            self._state.manifest.read()
            announce(self._state)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the trial that a worker's report carries."""
        wire = getattr(report, WIRE, None)
        if wire is not None:
            self._ending.keep(from_wire(Trial, json.loads(wire)))
        elif report.when not in ("setup", "call", "teardown"):  # xdist's own, of a test whose worker died
            self._ending.note_crash(report.nodeid, report.longreprtext)

    def pytest_runtest_logfinish(self) -> None:
        """Stop all workers where ``-x`` or ``--maxfail`` is reached; xdist has each run what it was dealt."""
        if is_stopping(self._state.config):
            self._state.manifest.withdraw()


def _encodable(value: Any) -> Any:
    """Return a report's data as execnet takes it: one half of a character would end the worker."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_encodable, value))
    return value


class Worker:
    """Registered in the workers of an experiment."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest

    @pytest.hookimpl(wrapper=True)
    def pytest_report_to_serializable(self) -> Generator[None, Any, Any]:
        """Make what the app and the model wrote sendable."""
        return _encodable((yield))

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Stop where the controller does, be it for a failure elsewhere or for Ctrl-C."""
        if self._manifest.withdrawn:
            item.session.shouldstop = "the session was stopped"


class DealtUpFront(LoadScheduling):  # type: ignore[misc]
    """Gives every worker its whole share at once, so that targets can run ahead to its end.

    A share is a stretch of consecutive items, as in ``--dist load``, so that fixtures of a wider scope are set
    up as rarely as possible. What a crashed worker leaves is dealt out again by xdist's own rule.
    """

    def schedule(self) -> None:
        """Deal the items out."""
        first = self.collection is None
        super().schedule()
        if first and self.pending:
            deal_out_pending(self)
