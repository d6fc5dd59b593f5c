"""Which recordings a session used, and whether it ran whole: so that ``llmobs cassettes prune`` knows what is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmobs.replay.housekeeping.uses import PYTEST, Uses, write_uses
from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import ProcessState

_OUTPUT = "llmobs_cassettes"
"""What a worker hands to the controller: the requests it used, and how many tests were deselected."""


class CassetteUses:
    """Registered in every process of a session that uses cassettes."""

    def __init__(self, state: ProcessState) -> None:
        self._state = state
        self._used: set[str] = set()
        self._deselected = 0
        self._failed = 0
        self._skipped = 0
        self._is_cut_short = False

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count what isn't run."""
        self._deselected += len(items)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count a file that can't be collected: nobody knows what its tests would ask."""
        self._failed += int(report.failed)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count tests that may not have come to all their calls."""
        self._failed += int(report.failed)
        if report.skipped and not hasattr(report, "wasxfail") and "llm_dataset" in report.keywords:
            self._skipped += 1

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        """Take over what a worker used; a killed one says nothing."""
        output = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if output is None:
            self._is_cut_short = True
            return
        used, deselected = output
        self._used.update(used)
        self._deselected = max(self._deselected, deselected)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Keep the list, or hand it to the controller."""
        recorder = self._state.session.recorder
        if recorder is not None:
            self._used |= recorder.used
        if self._state.worker is not None:
            output = session.config.workeroutput  # type: ignore[attr-defined]
            output[_OUTPUT] = [sorted(self._used), self._deselected]
        elif self._used:
            self._keep(session)

    def _keep(self, session: pytest.Session) -> None:
        reasons = "; ".join(self._why_partial(session))
        store = self._state.session.store_folder
        try:
            Layout(store).create()
            write_uses(store, Uses(origin=PYTEST, requests=frozenset(self._used), partial=reasons))
        except OSError as error:
            self._state.notes.add(f"Which cassettes were used can't be written to {str(store)!r}: {error}.")

    def _why_partial(self, session: pytest.Session) -> Iterator[str]:
        yield from _narrowed(session.config)
        if self._state.settings.shard:
            yield f"it was shard {self._state.settings.shard}"
        if self._deselected:
            yield f"{count(self._deselected, 'test')} deselected"
        if self._skipped:
            yield f"{count(self._skipped, 'trial')} skipped"
        if self._failed:
            yield f"{count(self._failed, 'failure')}, after which a test asks no more"
        if self._is_cut_short or session.shouldstop or session.shouldfail or session.exitstatus not in (0, 1):
            yield "it was cut short"


def _narrowed(config: pytest.Config) -> Iterator[str]:
    """Yield how the command left tests out of sight that no hook calls deselected."""
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        yield f"it was about {' '.join(config.args)} alone"
    elif config.args_source is pytest.Config.ArgsSource.INVOCATION_DIR and _is_below_rootdir(config):
        yield f"it ran in {str(config.invocation_params.dir)!r} alone"
    if config.getoption("lf", False):
        yield "--last-failed was given"
    # what stands in the project's addopts is left out of every session
    if any(argument.startswith("--ignore") for argument in config.invocation_params.args):
        yield "--ignore was given"


def _is_below_rootdir(config: pytest.Config) -> bool:
    return config.invocation_params.dir.resolve() != config.rootpath.resolve()
