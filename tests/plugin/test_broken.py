"""What pytest itself says of a red build: counts, JUnit, ``--lf``, ``-x`` and the debugger."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from tests.plugin.conftest import Project

SUITE = """
import pathlib, pytest
ROWS = [{"id": f"e{n}", "inputs": {"q": f"question {n}"}} for n in range(20)]

def app(q):
    return "nothing" if q in pathlib.Path("broken.txt").read_text().split(",") else f"answer to {q}"

@pytest.mark.llm_dataset(ROWS, target=app)
def test_bot(example, llm_run):
    assert llm_run.outputs["output"].startswith("answer")
"""


@pytest.fixture
def project(empty: Project) -> Project:
    """A suite whose first example is a known failure."""
    empty.write(test_bot=SUITE)
    breaks(empty, 0)
    empty.record("-o", "llm_baseline_repeat=5")
    return empty


def breaks(project: Project, *numbers: int) -> None:
    project.path.joinpath("broken.txt").write_text(",".join(f"question {number}" for number in numbers))


def last_failed(project: Project) -> set[str]:
    path = project.path.joinpath(".pytest_cache", "v", "cache", "lastfailed")
    return set(json.loads(path.read_text()))


def cases_of(project: Project) -> dict[str, set[str]]:
    """Name -> the tags of its testcase; fails where a name has two."""
    cases: dict[str, set[str]] = {}
    for case in ET.parse(project.path / "junit.xml").iter("testcase"):
        assert case.attrib["name"] not in cases
        cases[case.attrib["name"]] = {child.tag for child in case} - {"system-out"}
    return cases


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "worker"])
def test_a_broken_example_is_a_failed_test_everywhere(project: Project, workers: tuple[str, ...]) -> None:
    breaks(project, 0, 7)
    result = project.experiment("--junitxml=junit.xml", *workers)
    assert result.ret == 1
    result.assert_outcomes(passed=18, failed=1, xfailed=1)
    result.stdout.fnmatch_lines(["FAILED test_bot.py::test_bot?e7? - e7 broke: pass"])
    cases = cases_of(project)
    assert len(cases) == 20
    assert cases["test_bot[e7]"] == {"failure"}
    assert cases["test_bot[e0]"] == {"skipped"}
    (suite,) = ET.parse(project.path / "junit.xml").iter("testsuite")
    assert (suite.attrib["tests"], suite.attrib["failures"], suite.attrib["skipped"]) == ("20", "1", "1")
    assert last_failed(project) == {"test_bot.py::test_bot[e7]"}
    breaks(project, 0)
    again = project.experiment("--lf", *workers)
    assert again.ret == 0
    again.assert_outcomes(passed=1)


def test_an_example_that_a_score_calls_broken_fails_though_its_test_passed(empty: Project) -> None:
    scored = SUITE.replace("target=app)", "target=app, evaluators=[answers])").replace(
        "def app", 'def answers(outputs): return outputs["output"].startswith("answer")\n\ndef app'
    )
    empty.write(test_bot=scored.rpartition("assert")[0] + "assert llm_run.outputs")
    breaks(empty)
    empty.record("-o", "llm_baseline_repeat=5")
    breaks(empty, 7)
    result = empty.experiment("--junitxml=junit.xml")
    assert result.ret == 1
    result.assert_outcomes(passed=19, failed=1)
    cases = cases_of(empty)
    assert len(cases) == 20
    assert cases["test_bot[e7]"] == {"failure"}
    assert last_failed(empty) == {"test_bot.py::test_bot[e7]"}


@pytest.mark.parametrize(
    "option, status",
    # as without this plugin: xdist and --sw interrupt
    [(("-x",), 1), (("--sw",), 2), (("-n2", "--maxfail=1"), 2)],
    ids=["-x", "--sw", "--maxfail -n2"],
)
def test_the_first_that_always_passed_stops_the_session(
    project: Project, option: tuple[str, ...], status: int
) -> None:
    breaks(project, 0, 1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15)
    result = project.experiment(*option)
    assert result.ret == status
    outcomes = result.parseoutcomes()
    assert 1 <= outcomes["failed"] <= 3  # a worker ends the test that it has begun
    assert outcomes.get("xfailed", 0) <= 1  # the known failure stops nothing
    assert outcomes.get("passed", 0) + outcomes["failed"] < 12
    assert "RED" in result.stdout.str()
    assert "confirming" not in result.stdout.str()
    assert "no baseline" not in result.stdout.str()


def test_the_debugger_opens_at_the_first_that_always_passed(project: Project) -> None:
    breaks(project, 0, 7)
    project.write(
        conftest="""
        class Debugger:
            def __init__(self, *args, **kwargs): pass
            quitting = False
            def reset(self): pass
            def interaction(self, frame, traceback): print("the debugger is open")
            def setup(self, *args): pass
            def __getattr__(self, name): return lambda *args, **kwargs: None
        """
    )
    result = project.experiment("--pdb", "--pdbcls=conftest:Debugger")
    assert result.stdout.str().count("the debugger is open") == 1
    result.assert_outcomes(failed=1, passed=18, xfailed=1)


@pytest.mark.parametrize("asked", [0, 5])
def test_red_is_never_exit_status_0_or_5(project: Project, asked: int) -> None:
    breaks(project, 0, 7)
    project.path.joinpath("conftest.py").write_text(
        "import pytest\n"
        "@pytest.hookimpl(trylast=True)\n"
        "def pytest_sessionfinish(session):\n"
        f"    session.exitstatus = {asked}\n"
    )
    result = project.experiment("--llm-confirm=0", "-o", "llm_fail_on=inconclusive")
    assert "RED" in result.stdout.str()
    assert result.ret == 1


def test_what_failed_at_once_and_was_cleared_later_is_told(project: Project) -> None:
    """``--maxfail`` isn't reached: the gate finds a blip, and pytest has a failed test all the same."""
    source = project.path.joinpath("test_bot.py")
    mended = "pathlib.Path('broken.txt').write_text('question 0') and 'nothing'"
    source.write_text(source.read_text().replace('"nothing"', mended))
    breaks(project, 0, 7)
    result = project.experiment("--maxfail=5", "-k", "e7 or e8 or e9")
    assert result.ret == 1
    result.assert_outcomes(failed=1, passed=2)
    result.stdout.fnmatch_lines(["RED*: 1 trial failed"])
