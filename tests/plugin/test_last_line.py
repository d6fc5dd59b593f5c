"""The last line is the build's: headline, exit status, pytest's counts and JUnit tell one story, whatever ended it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree import ElementTree

import pytest

from tests.plugin.conftest import BROKEN, NAMES, SUITE, Project

FAILS = "def test_plain():\n    assert 1 == 2\n"
RAISES = "import pytest\n\n@pytest.fixture\ndef up():\n    raise OSError('down')\n\ndef test_plain(up):\n    pass\n"
TEARDOWN = RAISES.replace("    raise", "    yield\n    raise")
EXITS = "import pytest\n\ndef test_plain():\n    pytest.exit('enough', returncode=2)\n"
STATUS = "def pytest_sessionfinish(session):\n    session.exitstatus = 7\n"
SUMMARY = SUITE.replace("evaluators=[greets]", "evaluators=[greets], summary_evaluators=[total]").replace(
    "@pytest", "def total(outputs):\n    raise ValueError('no sum')\n\n@pytest", 1
)
BOUND = SUITE.replace("@pytest.mark", "@pytest.mark.llm_gate('pass', min_mean=1)\n@pytest.mark", 1)
MUST = SUITE.replace("@pytest.mark", "@pytest.mark.llm_gate('pass', must_pass={})\n@pytest.mark", 1)
SKIPPED = SUITE.replace("@pytest.mark", "@pytest.mark.skip(reason='no key')\n@pytest.mark", 1)
HEADLINE = re.compile("[A-Z ]{3,}( .partial.)?:|BASELINE RECORDED")
XPASS = SUITE.replace("@pytest.mark", "@pytest.mark.xfail(strict=True)\n@pytest.mark", 1)


def nothing(project: Project) -> None:
    """Leave the project as it is."""


def breaks(project: Project) -> None:
    project.prompt(BROKEN)


def adds(name: str) -> Callable[[Project], None]:
    def add(project: Project) -> None:
        ids = [*map(str.lower, NAMES), name]
        project.dataset({"id": one, "inputs": {"name": one.title(), "query": _query(one)}} for one in ids)

    return add


def _query(name: str) -> str:
    names = list(map(str.lower, NAMES))
    return f"Where is order {names.index(name)}?" if name in names else "New."


def edits(project: Project) -> None:
    project.dataset(
        {"id": name.lower(), "inputs": {"name": name, "query": f"Where is order {number or 99}?"}}
        for number, name in enumerate(NAMES)
    )


@dataclass
class Story:
    """What happened, and what the last line says of it."""

    says: str
    status: int
    arguments: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    recorded: bool = True
    then: Callable[[Project], None] = nothing
    failures: int = 0
    """Failed and erring test cases that JUnit and pytest's counts have at least."""


STORIES = {
    "all is well": Story("GREEN: nothing regressed", 0),
    "a plain test fails": Story(
        "RED: 1 test failed outside any suite", 1, files={"test_z": FAILS}, failures=1
    ),
    "a plain test's setup raises": Story(
        "RED: 1 test outside any suite raised an error in setup or teardown",
        1,
        files={"test_z": RAISES},
        failures=1,
    ),
    "a plain test's teardown raises": Story(
        "RED: 1 test outside any suite raised an error in setup or teardown",
        1,
        files={"test_z": TEARDOWN},
        failures=1,
    ),
    "a file can't be collected": Story(
        "RED: 1 error during collection, too little data for pass and greets",
        2,
        files={"test_z": "import nothing_such\n"},
        failures=1,
    ),
    "a file can't be collected, and pytest goes on": Story(
        "RED: 1 error during collection",
        1,
        ("--continue-on-collection-errors",),
        {"test_z": "import nothing_such\n"},
        failures=1,
    ),
    "somebody leaves": Story("RED: the session was interrupted", 2, files={"test_a": EXITS}, failures=1),
    "another plugin fails the session": Story(
        "RED: pytest ended with status 7", 7, files={"conftest": STATUS}
    ),
    "a strict xfail passes": Story(
        "RED: 3 trials failed in pytest, such as a strict xfail that passed",
        1,
        files={"test_app": XPASS},
        failures=3,
    ),
    "without a baseline": Story("NO BASELINE: assertions decide, as in plain pytest", 0, recorded=False),
    "without a baseline, and failing": Story(
        "RED: 3 trials failed", 1, recorded=False, then=breaks, failures=3
    ),
    "without a baseline, and a summary evaluator raises": Story(
        "NO BASELINE: assertions decide, as in plain pytest", 0, files={"test_app": SUMMARY}, recorded=False
    ),
    "a bound without a baseline": Story(
        "RED: pass missed a bound, 3 trials failed",
        1,
        files={"test_app": BOUND},
        recorded=False,
        then=breaks,
        failures=3,
    ),
    "must_pass without a baseline": Story(
        "RED: 3 examples broke, 3 trials failed",
        1,
        files={"test_app": MUST},
        recorded=False,
        then=breaks,
        failures=3,
    ),
    "one look only": Story(
        "RED: pass and greets regressed", 1, ("--llm-confirm", "0"), then=breaks, failures=1
    ),
    "strict": Story(
        "RED: pass and greets regressed, 3 trials failed",
        1,
        ("--llm-confirm", "0", "-o", "llm_strict=true"),
        then=breaks,
        failures=3,
    ),
    "recorded while failing": Story(
        "BASELINE RECORDED", 0, ("--llm-update-baseline", "--llm-accept-failing"), then=breaks
    ),
    "a recording of failures that nobody asked for": Story(
        "RED: test_app.py::test_answer: not recorded", 1, ("--llm-update-baseline",), then=breaks, failures=1
    ),
    "recorded while a plain test fails": Story(
        "RED: 1 test failed outside any suite",
        1,
        ("--llm-update-baseline",),
        {"test_z": FAILS},
        failures=1,
    ),
    "nothing is selected to be recorded": Story(
        "RED: Nothing was evaluated", 1, ("--llm-update-baseline", "-k", "nosuch"), failures=1
    ),
    "nothing gave a result to be recorded": Story(
        "RED: Nothing was recorded",
        1,
        ("--llm-update-baseline",),
        {"test_app": SKIPPED},
        recorded=False,
        failures=1,
    ),
    "nothing is selected": Story("RED: Nothing was evaluated", 1, ("-k", "nosuch"), failures=1),
}


@pytest.mark.parametrize("name", STORIES)
def test_the_last_line_agrees_with_the_exit_status(project: Project, name: str) -> None:
    story = STORIES[name]
    if story.recorded:
        project.record("-o", "llm_baseline_repeat=3")
    if story.files:
        project.write(**story.files)
    story.then(project)
    result = project.experiment(
        "--junitxml=junit.xml",
        "--llm-report=json:report.json",
        "-o",
        "llm_baseline_repeat=1",
        *story.arguments,
    )
    said = result.stdout.str()
    headline = next(line for line in said.splitlines() if HEADLINE.match(line))
    assert headline.replace(" (partial)", "").startswith(story.says)
    assert result.ret == story.status
    assert headline.startswith("RED") == (result.ret != 0)
    assert ("GREEN" in said) == story.says.startswith("GREEN")
    counts = result.parseoutcomes()
    failed = sum(counts.get(word, 0) for word in ("failed", "errors", "error"))
    assert (failed > 0) == (story.failures > 0)
    assert failed >= story.failures
    suite = ElementTree.parse(project.path / "junit.xml").getroot()[0]
    assert (int(suite.get("failures", 0)) + int(suite.get("errors", 0)) > 0) == (story.failures > 0)
    if name != "another plugin fails the session":  # it did so after the report was written
        report = json.loads(project.path.joinpath("report.json").read_text())["verdict"]
        assert (report["headline"], report["red"]) == (headline, result.ret != 0)


def test_new_and_edited_examples_that_fail_are_named(project: Project) -> None:
    project.record("-o", "llm_baseline_repeat=1")
    project.write(app="def answer(name, query):\n    return f'Dear {name}' if 'order' in query else name\n")
    adds("alan")(project)
    new = project.experiment("--llm-name", "new")
    assert "RED: 1 new example fails" in new.stdout.str()
    assert new.ret == 1
    assert "RED: 1 new example fails" in project.llmobs("show", "new").stdout
    edits(project)
    project.write(app="def answer(name, query):\n    return name if '99' in query else f'Dear {name}'\n")
    edited = project.experiment("--llm-name", "edited")
    assert "1 edited example fails" in edited.stdout.str()
    assert edited.ret == 1


def test_reports_name_what_failed_beside_the_trials(project: Project) -> None:
    project.write(test_y="import nothing_such\n", test_z=FAILS)
    project.experiment("--continue-on-collection-errors", "--llm-report=json:report.json")
    report = json.loads(project.path.joinpath("report.json").read_text(encoding="utf-8"))
    assert "failed beside the trials: test_y.py, test_z.py::test_plain" in report["notes"]
