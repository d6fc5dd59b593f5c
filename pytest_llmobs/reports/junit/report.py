"""A JUnit file of an experiment, for where no pytest writes one: merged shards, stored experiments, evaluations."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.failures import GATE, Failure, failures
from pytest_llmobs.reports.junit.elements import (
    add_facts,
    add_outcome,
    add_properties,
    new_case,
    set_time,
)
from pytest_llmobs.reports.junit.facts import experiment_facts, trial_facts
from pytest_llmobs.reports.junit.outcomes import Outcomes
from pytest_llmobs.reports.text.xml import xml_text

if TYPE_CHECKING:
    from pytest_llmobs.reports.context import Context
    from pytest_llmobs.reports.text.page import Page

_COUNTED = ("failure", "error", "skipped")
"""What may become of a testcase, the worst first: it counts as one of them."""


class JunitReport:
    """One testcase a trial, and one for each red verdict that no trial explains; valid as ``xunit2``."""

    name = "junit"
    suffix = ".xml"

    def render(self, digest: Digest, page: Page, context: Context) -> str:
        """Return the file's text."""
        del page, context  # machines read it: no width, no colour, nothing cut
        cases = list(_cases(digest))
        counts = _counts(cases)
        suite = ET.Element("testsuite", {"name": xml_text(digest.experiment.name), **counts})
        set_time(suite, digest.experiment.duration)
        suite.set("timestamp", digest.experiment.started)
        add_properties(ET.SubElement(suite, "properties"), experiment_facts(digest))
        suite.extend(cases)
        suites = ET.Element("testsuites", name="llmobs")
        suites.append(suite)
        ET.indent(suites)
        return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suites, encoding="unicode")


def _cases(digest: Digest) -> Iterator[ET.Element]:
    verdicts = list(failures(digest))
    # first, whatever the order: it takes out of the verdicts what stands in a testcase of a trial
    cases = list(_trial_cases(digest, verdicts))
    failed = any(map(_is_bad, cases))
    if digest.experiment.red and not verdicts and not failed:
        # what failed beside the trials has no testcase here: a reader of this file alone must not see green
        verdicts.append(Failure(GATE, digest.verdict.headline, digest.verdict.limits))
    yield from cases
    yield from map(_verdict, verdicts)


def _is_bad(case: ET.Element) -> bool:
    return case.find("failure") is not None or case.find("error") is not None


def _trial_cases(digest: Digest, verdicts: list[Failure]) -> Iterator[ET.Element]:
    """Yield the testcases of all trials; the verdicts that are in them are taken out of ``verdicts``."""
    experiment = digest.experiment
    outcomes, states = Outcomes(experiment), digest.examples.states
    of_examples = {(verdict.nodeid, verdict.example_id): verdict for verdict in verdicts}
    ended = {(trial.suite, trial.example_id, trial.repeat): trial for trial in experiment.trials}
    for suite in experiment.suites:
        for expected in suite.expected:
            trial = ended.get((suite.name, expected.example_id, expected.repeat))
            if trial is None:
                yield _missing(suite, expected)
                continue
            # an evaluation has no node ids: the first trial of the example has its verdict
            verdict = of_examples.pop((trial.nodeid or trial.suite, trial.example_id), None)
            if verdict is not None:
                verdicts.remove(verdict)
            case = _case(trial, outcomes, verdict)
            add_facts(case, trial_facts(trial, states), as_properties=False)
            yield case


def _missing(suite: SuitePlan, expected: ExpectedTrial) -> ET.Element:
    case = new_case(_nodeid(suite.name, expected))
    add_outcome(case, "skipped", "it did not run")
    return case


def _case(trial: Trial, outcomes: Outcomes, verdict: Failure | None) -> ET.Element:
    case = new_case(_nodeid(trial.suite, trial), trial.latency)
    if verdict is not None:
        add_outcome(case, "failure", verdict.headline, verdict.details)
        return case
    outcome = outcomes.of(trial)
    if outcome is not None:
        add_outcome(case, outcome.tag, outcome.message)
    return case


def _verdict(verdict: Failure) -> ET.Element:
    case = new_case(verdict.nodeid)
    add_outcome(case, "failure", verdict.headline, verdict.details)
    return case


def _nodeid(suite: str, trial: Trial | ExpectedTrial) -> str:
    """Return a trial's node id; that of an evaluation has none, and gets what a test's would look like."""
    if trial.nodeid:
        return trial.nodeid
    repeat = f"-r{trial.repeat}" if trial.repeat > 1 else ""
    return f"{suite}[{trial.example_id}{repeat}]"


def _counts(cases: list[ET.Element]) -> dict[str, str]:
    numbers = dict.fromkeys(_COUNTED, 0)
    # one that failed and was skipped in parts counts once: readers add these up
    for case in cases:
        for tag in _COUNTED:
            if case.find(tag) is not None:
                numbers[tag] += 1
                break
    return {
        "tests": str(len(cases)),
        "failures": str(numbers["failure"]),
        "errors": str(numbers["error"]),
        "skipped": str(numbers["skipped"]),
    }
