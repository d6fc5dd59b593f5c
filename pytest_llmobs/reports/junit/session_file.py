"""What is added to the JUnit file that pytest writes of an experiment's session."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from typing import Protocol

from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.junit.elements import add_facts
from pytest_llmobs.reports.junit.facts import States, experiment_facts, trial_facts
from pytest_llmobs.reports.text.xml import xml_text


class SessionFile(Protocol):
    """A file that pytest is about to write."""

    @property
    def takes_properties(self) -> bool:
        """True where its family allows properties in a testcase."""
        ...

    def testcase(self, nodeid: str) -> ET.Element | None:
        """Return the testcase of a test by the node id that it was reported under; None where it has none."""
        ...

    def add_property(self, name: str, value: str) -> None:
        """Add a property of the whole file."""
        ...


def complete(file: SessionFile, trials: Iterable[Trial], reported: Mapping[str, str], digest: object) -> str:
    """Tell in each trial's testcase what is known of it, and at the head of the file what became of all.

    Args:
        file: Where pytest has noted what passed and what failed.
        trials: All that ended.
        reported: Node id -> what pytest has reported the test under, where that is another one.
        digest: The experiment's; anything else where it could not be concluded or told.

    Returns:
        Why something is missing, in a line; empty where all is there. The session goes on in any case.
    """
    # pytest has yet to write its file, and the session to end: neither hangs on what is told besides
    try:
        states: States = {}
        if isinstance(digest, Digest):
            states = digest.examples.states
            for name, value in experiment_facts(digest):
                file.add_property(xml_text(name), xml_text(value))
        for trial in trials:
            case = file.testcase(reported.get(trial.nodeid, trial.nodeid))
            if case is not None:
                add_facts(case, trial_facts(trial, states), as_properties=file.takes_properties)
    except Exception as error:
        return f"scores and verdict are missing: {type(error).__name__}: {error}"
    return ""
