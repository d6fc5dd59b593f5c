"""JUnit of our own: valid as xunit2, red where the experiment is, and each trial in its own testcase."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from pytest_llmobs.records.decisions import Decision, ExampleRow
from pytest_llmobs.records.experiments import Experiment, SessionEnd
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.junit.elements import case_names
from pytest_llmobs.reports.junit.report import JunitReport
from pytest_llmobs.reports.junit.session_file import complete
from pytest_llmobs.reports.text.page import Page
from tests import xunit2
from tests.unit.reports.conftest import REGRESSED, SUITE, broken, row


def report(experiment: Experiment) -> ET.Element:
    text = JunitReport().render(digest(experiment), Page(width=100), Context())
    root = ET.fromstring(text)
    xunit2.check(root)
    (suite,) = root
    return suite


def trial(example_id: str, status: str = "passed", nodeid: str | None = None, **columns) -> Trial:
    nodeid = f"{SUITE}[{example_id}]" if nodeid is None else nodeid
    return Trial(
        suite=SUITE,
        example_id=example_id,
        example_hash="h",
        repeat=1,
        nodeid=nodeid,
        status=status,
        **columns,
    )


def experiment(*trials: Trial, missing: tuple[str, ...] = (), **columns) -> Experiment:
    expected = [
        ExpectedTrial(example_id=each, example_hash="h", repeat=1, nodeid=f"{SUITE}[{each}]")
        for each in (*(trial.example_id for trial in trials), *missing)
    ]
    plan = SuitePlan(name=SUITE, path="tests/test_support.py", expected=expected, total=len(expected))
    return Experiment(name="n", started="", duration=1.5, suites=(plan,), trials=trials, **columns)


def outcomes(suite: ET.Element) -> dict[str, tuple[str, str]]:
    found = {}
    for case in suite.iter("testcase"):
        for child in case:
            if child.tag in ("failure", "error", "skipped"):
                found[case.attrib["name"]] = child.tag, child.attrib["message"]
    return found


def facts(suite: ET.Element, name: str) -> list[str]:
    (case,) = (case for case in suite.iter("testcase") if case.get("name") == name)
    return case.findtext("system-out", "").splitlines()[1:]


def test_every_kind_of_experiment_is_valid_and_red_where_it_is(gallery, kind):
    told = gallery[kind]()
    suite = report(told)
    failed = int(suite.get("failures")) + int(suite.get("errors"))
    assert (failed > 0) == told.red
    assert len(suite.findall("testcase")) >= len({each.nodeid for each in told.trials})


def test_a_broken_example_fails_in_its_own_testcase():
    decision = Decision(
        metrics=(row("pass", "REGRESSED", **REGRESSED),), examples=(broken("a", comment="cold\nand rude"),)
    )
    suite = report(experiment(trial("a", "failed"), trial("b"), decision=decision))
    assert outcomes(suite) == {"test_support_agent[a]": ("failure", "a broke: pass")}
    assert suite.find(".//failure").text == "a broke: pass\ncold\nand rude"


def test_an_example_of_an_evaluation_has_its_verdict_too():
    decision = Decision(
        metrics=(row("pass", "REGRESSED", **REGRESSED),),
        examples=(broken("a", nodeid=""), broken("b", nodeid="")),
    )
    suite = report(
        experiment(trial("a", nodeid=""), trial("b", nodeid=""), trial("c", nodeid=""), decision=decision)
    )
    assert outcomes(suite) == {
        "test_support_agent[a]": ("failure", "a broke: pass"),
        "test_support_agent[b]": ("failure", "b broke: pass"),
    }


def test_red_metrics_and_errors_have_testcases_of_their_own():
    decision = Decision(metrics=(row("pass", "REGRESSED", **REGRESSED),), errors=("one\nmore of it", "two"))
    suite = report(experiment(trial("a"), decision=decision))
    names = [(case.get("classname"), case.get("name")) for case in suite.iter("testcase")]
    assert names == [
        ("tests.test_support", "test_support_agent[a]"),
        ("tests.test_support", "test_support_agent"),
        ("", "llm-gate"),
        ("", "llm-gate"),
    ]
    assert suite.get("failures") == "3"


def test_what_failed_beside_the_trials_is_not_told_as_green():
    suite = report(experiment(trial("a"), end=SessionEnd(exit_status=1, failed=2)))
    assert outcomes(suite) == {"llm-gate": ("failure", "RED: 2 tests failed outside any suite")}


def test_the_gate_decides_over_failed_assertions_that_have_a_baseline():
    new = ExampleRow(suite=SUITE, example_id="new", metric="pass", state="new")
    decision = Decision(metrics=(row("pass"),), examples=(new,), ungated=1)
    trials = (trial("old", "failed", message="assert 0"), trial("new", "failed", message="assert 1"))
    suite = report(experiment(*trials, decision=decision, end=SessionEnd(exit_status=1)))
    assert outcomes(suite) == {
        "test_support_agent[old]": ("skipped", "the gate decides: assert 0"),
        "test_support_agent[new]": ("failure", "assert 1"),
    }


def test_without_a_baseline_assertions_decide():
    decision = Decision(metrics=(row("pass", "NO_BASELINE"),), ungated=1)
    suite = report(
        experiment(trial("a", "failed", message="no"), decision=decision, end=SessionEnd(exit_status=1))
    )
    assert outcomes(suite) == {"test_support_agent[a]": ("failure", "no")}


def test_every_way_to_end_is_told():
    trials = (
        trial("a", "skipped", message="not today"),
        trial("b", "xfailed"),
        trial("c", "error", message="OSError: gone"),
        trial("d", "unscored", message="no key"),
    )
    red = report(experiment(*trials, missing=("e",), end=SessionEnd(exit_status=1)))
    assert list(outcomes(red).values()) == [
        ("skipped", "not today"),
        ("skipped", "xfailed"),
        ("error", "OSError: gone"),
        ("error", "no key"),
        ("skipped", "it did not run"),
    ]
    evaluated = report(experiment(*trials))
    assert outcomes(evaluated)["test_support_agent[c]"] == (
        "skipped",
        "error, the gate decides: OSError: gone",
    )


def test_a_trial_tells_scores_cost_and_verdict():
    scores = {
        "tone": TrialScore(score=0.5),
        "kind": TrialScore(value="refund"),
        "judge": TrialScore(error="no key"),
        "exempt": TrialScore(exempt=True),
    }
    priced = trial(
        "a",
        scores=scores,
        total_cost=0.25,
        judge_cost=0.5,
        total_tokens=7,
        latency=1.25,
        run_id="r",
        replayed_calls=2,
    )
    unpriced = trial("b", total_cost=0.25, unpriced=("claude-next",), judge_unpriced=("judge-next",))
    known = ExampleRow(suite=SUITE, example_id="a", metric="pass", state="known")
    suite = report(experiment(priced, unpriced, decision=Decision(metrics=(row("pass"),), examples=(known,))))
    assert facts(suite, "test_support_agent[a]") == [
        "score.tone=0.5",
        "score.kind=refund",
        "score.judge.error=no key",
        "llm.status=passed",
        "llm.verdict=known",
        "llm.cost=0.25",
        "llm.judge_cost=0.5",
        "llm.tokens=7",
        "llm.latency=1.25",
        "llm.replayed_calls=2",
        "llm.run=r",
    ]
    assert facts(suite, "test_support_agent[b]") == [
        "llm.status=passed",
        "llm.unpriced=claude-next, judge-next",
    ]


HOSTILE = "\x00\x1b[31m\ud83d\ufffe</testcase>]]><!--\u2028\u202e::error::x\r\nllm.status=passed\n::error::y"


def test_no_text_breaks_the_file_or_makes_up_a_line():
    bad = trial(
        HOSTILE,
        "error",
        message=HOSTILE,
        nodeid=f"a/b.py::test[{HOSTILE}]",
        scores={HOSTILE: TrialScore(value=HOSTILE)},
    )
    decision = Decision(errors=(HOSTILE,))
    told = replace(experiment(bad, decision=decision, end=SessionEnd(exit_status=1)), name=HOSTILE)
    text = JunitReport().render(digest(told), Page(width=100), Context())
    suite = report(told)
    assert [case.get("classname") for case in suite.iter("testcase")] == ["a.b", ""]
    (case, _) = suite.iter("testcase")
    lines = case.findtext("system-out").splitlines()[1:]
    assert [line.partition("=")[0] for line in lines if line.startswith("llm.")] == ["llm.status"]
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    assert not set("\x00\x1b\ud83d\ufffe\u202e\u2028") & set(text)


@pytest.mark.parametrize(
    ("nodeid", "names"),
    [
        ("tests/test_bot.py::test_reply", ("tests.test_bot", "test_reply")),
        (
            "tests/test_bot.py::TestBot::test_reply[a::b/c.py[0]]",
            ("tests.test_bot.TestBot", "test_reply[a::b/c.py[0]]"),
        ),
        ("evaluate::support[e1]", ("evaluate", "support[e1]")),
        ("llm-gate", ("", "llm-gate")),
    ],
)
def test_names_are_those_that_pytest_gives(nodeid, names):
    assert case_names(nodeid) == names


class SessionFile:
    def __init__(self, *, takes_properties: bool):
        self.takes_properties = takes_properties
        self.cases = {f"{SUITE}[a]": ET.Element("testcase"), "b@group": ET.Element("testcase")}
        self.properties = {}

    def testcase(self, nodeid):
        return self.cases.get(nodeid)

    def add_property(self, name, value):
        self.properties[name] = value


@pytest.mark.parametrize("takes_properties", [True, False])
def test_a_session_that_could_not_be_concluded_tells_of_its_trials(takes_properties):
    file = SessionFile(takes_properties=takes_properties)
    trials = [trial("a"), trial("b", nodeid="b"), trial("c")]
    assert complete(file, trials, {"b": "b@group"}, None) == ""
    for case in file.cases.values():
        text = ET.tostring(case, encoding="unicode")
        assert ("system-out" not in text) == takes_properties
        assert "llm.status" in text
    assert file.properties == {}


def test_the_head_of_a_sessions_file_tells_the_verdict():
    file = SessionFile(takes_properties=True)
    told = experiment(trial("a"), decision=Decision(metrics=(row("pass", **REGRESSED),)))
    complete(file, told.trials, {}, digest(told))
    assert file.properties["llm.verdict"] == "red"
    assert file.properties[f"llm.verdict[{SUITE} pass]"] == "NEUTRAL 0.967 -> 0.847"


class Unwritable:
    takes_properties = True

    def testcase(self, nodeid):
        raise KeyError(nodeid)

    def add_property(self, name, value):
        pass


def test_what_can_not_be_told_to_pytest_is_a_line_and_no_error():
    told = experiment(trial("a"))
    problem = complete(Unwritable(), told.trials, {}, digest(told))
    assert problem.startswith("scores and verdict are missing: KeyError: ")
