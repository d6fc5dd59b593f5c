"""Pytest's own JUnit file of an experiment: scores, cost and verdict in each testcase, and counts that add up."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests import xunit2
from tests.plugin.conftest import Project

BOT = """
import pathlib, pytest
from pytest_llmobs import traceable

ROWS = [{"id": f"e{n}", "inputs": {"q": f"question {n}"}} for n in range(8)]

@traceable(run_type="llm", metadata={"model": "claude-sonnet-4-5", "usage": {}})
def app(q):
    return "nothing" if q in pathlib.Path("broken.txt").read_text().split(",") else f"answer to {q}"

def answers(outputs):
    return outputs["output"].startswith("answer")

def tone(outputs):
    return {"value": "warm\\n::error::\\x00"}

def silent(outputs):
    raise ValueError("no\\nscore")

class TestBot:
    @pytest.mark.llm_dataset(ROWS, target=app, evaluators=[answers, tone])
    def test_reply(self, example, llm_run):
        print("captured of", example.id)
        assert llm_run.outputs

def test_beside():
    pass
"""
QUICK = "--llm-confirm=0"
"""One look is enough where nothing must be called broken."""
WORKERS = ("-n1",)
GROUPS = ("-n1", "--dist=loadgroup")
"""Pytest reports these tests under other node ids."""


@pytest.fixture
def bot(empty: Project) -> Project:
    """A suite with a baseline, in which the answers of two examples are broken since."""
    grouped = BOT.replace("    @pytest.mark.llm", '    @pytest.mark.xdist_group("bot")\n    @pytest.mark.llm')
    empty.write(test_bot=grouped)
    empty.pytester.mkdir("tests")
    breaks(empty)
    empty.record("-o", "llm_baseline_repeat=5")
    breaks(empty, 2, 5)
    return empty


def breaks(project: Project, *numbers: int) -> None:
    project.path.joinpath("broken.txt").write_text(",".join(f"question {number}" for number in numbers))


def junit(project: Project, family: str, *arguments: str) -> ET.Element:
    project.experiment("--junitxml=junit.xml", "-o", f"junit_family={family}", *arguments)
    return read(project.path / "junit.xml")


def read(path: Path) -> ET.Element:
    (suite,) = ET.parse(path).getroot()
    return suite


def case_of(suite: ET.Element, name: str) -> ET.Element:
    (case,) = (case for case in suite.iter("testcase") if case.get("name") == name)
    return case


def properties(element: ET.Element) -> dict[str | None, str | None]:
    return {told.get("name"): told.get("value") for told in element.findall("properties/property")}


def lines(case: ET.Element) -> dict[str, str]:
    (output,) = case.findall("system-out")
    assert output.text
    told = output.text.partition(" llm_run ")[2].splitlines()[1:]
    return dict(line.split("=", 1) for line in told)


@pytest.mark.parametrize(
    ("family", "way"),
    [("xunit1", ()), ("legacy", WORKERS), ("xunit1", GROUPS)],
    ids=["alone", "workers", "groups"],
)
def test_a_testcase_has_scores_and_verdict_as_properties(
    bot: Project, family: str, way: tuple[str, ...]
) -> None:
    suite = junit(bot, family, QUICK, *way)
    xunit2.check_counts(suite)
    worse, fine = properties(case_of(suite, "test_reply[e2]")), properties(case_of(suite, "test_reply[e3]"))
    assert (worse["score.answers"], worse["llm.status"], worse["llm.verdict"]) == ("0.0", "passed", "dropped")
    assert (fine["score.answers"], fine["llm.status"]) == ("1.0", "passed")
    assert fine["score.tone"] == "warm\n\\x3a:error::\\x00"
    assert "llm.verdict" not in fine
    assert float(fine["llm.latency"] or "") >= 0
    assert bot.llmobs("show", fine["llm.run"]).returncode == 0
    assert case_of(suite, "test_beside").find("properties") is None
    assert all(len(case.findall("properties")) <= 1 for case in suite.iter("testcase"))


@pytest.mark.parametrize(("logging", "way"), [("no", WORKERS), ("out-err", ()), ("all", ())])
def test_xunit2_has_them_in_the_output_and_stays_valid(
    bot: Project, logging: str, way: tuple[str, ...]
) -> None:
    suite = junit(bot, "xunit2", "-o", f"junit_logging={logging}", QUICK, *way)
    xunit2.check(suite)
    case = case_of(suite, "test_reply[e2]")
    told = lines(case)
    assert (told["score.answers"], told["llm.verdict"]) == ("0.0", "dropped")
    assert told["score.tone"] == "warm\\n\\x3a:error::\\x00"
    assert ("captured of e2" in str(case.findtext("system-out"))) == (logging != "no")
    assert "llm_run" not in str(case_of(suite, "test_beside").findtext("system-out"))


@pytest.mark.parametrize("extra", [WORKERS, ("-p", "no:terminal")], ids=["workers", "silent"])
def test_a_broken_example_fails_in_its_own_testcase_and_the_head_counts_it(
    bot: Project, extra: tuple[str, ...]
) -> None:
    suite = junit(bot, "xunit2", "--llm-name=night", *extra)
    xunit2.check(suite)
    assert len(suite.findall("testcase")) == 9
    for example in ("e2", "e5"):
        (failure,) = case_of(suite, f"test_reply[{example}]").findall("failure")
        assert failure.get("message") == f"{example} broke: answers"
        assert "passed 5 of 5 times in the baseline" in str(failure.text)
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("2", "0", "0")
    told = properties(suite)
    assert (told["llm.experiment"], told["llm.verdict"]) == ("night", "red")
    assert str(told["llm.headline"]).startswith("RED: answers regressed, 2 examples broke")
    assert (told["llm.trials"], told["llm.trials.expected"]) == ("8", "8")
    assert told["llm.verdict[test_bot.py::TestBot::test_reply answers]"] == "REGRESSED 1 -> 0.75"
    assert told["llm.verdict[test_bot.py::TestBot::test_reply pass]"] == "NEUTRAL 1 -> 1"


def test_a_test_that_failed_by_itself_keeps_its_own_reason(bot: Project) -> None:
    source = bot.path / "test_bot.py"
    source.write_text(source.read_text().replace("assert llm_run.outputs", "assert llm_run.score(answers)"))
    for extra in ((), ("-p", "no:terminal")):
        suite = junit(bot, "xunit2", "-o", "llm_strict=true", *extra)
        xunit2.check(suite)
        (failure,) = case_of(suite, "test_reply[e2]").findall("failure")
        assert "assert llm_run.score(answers)" in str(failure.text)
        assert lines(case_of(suite, "test_reply[e2]"))["llm.verdict"] == "broken"


def test_an_error_of_the_app_stays_one_and_is_counted_once(bot: Project) -> None:
    bot.write(
        conftest="""
        import pytest

        @pytest.fixture(autouse=True)
        def database(request):
            if "e2" in request.node.name:
                raise OSError("no database")
            yield
            if "e5" in request.node.name:
                raise OSError("no end")
        """
    )
    suite = junit(bot, "xunit2")
    xunit2.check(suite)
    assert len(suite.findall("testcase")) == 9
    assert case_of(suite, "test_reply[e2]").find("error") is not None
    ended = case_of(suite, "test_reply[e5]")
    assert (ended.find("error") is None, ended.find("failure") is None) == (False, False)


def test_a_red_suite_is_a_testcase_of_its_name(bot: Project) -> None:
    suite = junit(bot, "xunit2", QUICK)
    xunit2.check(suite)
    case = case_of(suite, "test_reply")
    assert case.get("classname") == "test_bot.TestBot"
    (failure,) = case.findall("failure")
    assert str(failure.get("message")).startswith("answers REGRESSED: 1.000 -> 0.750")


def test_each_error_of_the_gate_is_a_testcase(bot: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    more = 'ROWS = [{"id": "a", "inputs": {"q": "x"}}]\n'
    for number in (1, 2):
        test = f"@pytest.mark.llm_dataset(ROWS, target=lambda q: q)\ndef test_{number}(llm_run): pass\n"
        bot.path.joinpath(f"test_more_{number}.py").write_text(f"import pytest\n{more}{test}")
    monkeypatch.setenv("CI", "1")
    breaks(bot)
    suite = junit(bot, "xunit2")
    xunit2.check(suite)
    errors = [case for case in suite.iter("testcase") if case.get("name") == "llm-gate"]
    assert len(errors) == 2
    assert all(len(case.findall("failure")) == 1 for case in errors)


def test_names_of_the_users_own_choice_are_no_obstacle(bot: Project) -> None:
    bot.write(
        conftest="""
        import pytest

        @pytest.fixture(autouse=True)
        def renamed(record_xml_attribute, request):
            record_xml_attribute("name", "a case")
            record_xml_attribute("classname", "mine")
        """
    )
    suite = junit(bot, "xunit1", "-W", "ignore::pytest.PytestExperimentalApiWarning", "--junitprefix=all")
    xunit2.check_counts(suite)
    failed = [
        properties(case)["llm.verdict"] for case in suite.iter("testcase") if case.find("failure") is not None
    ]
    assert failed == ["broken", "broken"]


def test_what_a_user_records_stays(bot: Project) -> None:
    bot.write(
        conftest="""
        import pytest

        @pytest.fixture(autouse=True)
        def owner(record_property, record_testsuite_property):
            record_property("owner", "support")
            record_testsuite_property("stage", "night")
        """
    )
    suite = junit(bot, "xunit1", QUICK)
    assert properties(suite)["stage"] == "night"
    assert properties(case_of(suite, "test_reply[e3]"))["owner"] == "support"
    assert properties(case_of(suite, "test_beside")) == {"owner": "support"}


def test_a_stored_experiment_is_told_as_pytest_told_it(bot: Project) -> None:
    told = junit(bot, "xunit2")
    made = bot.llmobs("report", "junit:again.xml")
    assert made.returncode == 0, made.stderr
    again = read(bot.path / "again.xml")
    xunit2.check(again)
    assert properties(again) == properties(told)
    for case in again.iter("testcase"):
        before = case_of(told, str(case.get("name")))
        assert (case.get("classname"), lines(case)) == (before.get("classname"), lines(before))
        assert [failure.text for failure in case.findall("failure")] == [
            failure.text for failure in before.findall("failure")
        ]
    assert (again.get("failures"), again.get("tests")) == ("2", "8")  # no trial: test_beside


def test_merged_shards_have_a_file_of_all_trials(bot: Project) -> None:
    bot.path.joinpath("pytest.ini").write_text("[pytest]\n")
    for number in (1, 2):
        bot.experiment("--llm-name=ci", "--llm-shard", f"{number}/2")
        bot.path.joinpath(".llmobs").rename(bot.path / f"shard-{number}")
    merged = bot.llmobs("merge", "shard-1", "shard-2", "--report", "junit:ci.xml")
    assert merged.returncode == 1
    suite = read(bot.path / "ci.xml")
    xunit2.check(suite)
    assert len({case.get("name") for case in suite.iter("testcase")} - {"test_reply"}) == 8
    assert (properties(suite)["llm.verdict"], int(suite.get("failures", 0)) > 0) == ("red", True)


def test_an_evaluator_that_fails_says_why(bot: Project) -> None:
    source = bot.path / "test_bot.py"
    source.write_text(source.read_text().replace("[answers, tone]", "[answers, silent]"))
    suite = junit(bot, "xunit2", QUICK)
    xunit2.check(suite)
    assert lines(case_of(suite, "test_reply[e3]"))["score.silent.error"] == "ValueError: no"


@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
def test_without_an_experiment_the_file_is_pytests_own(bot: Project, family: str) -> None:
    bot.write(
        test_plain="""
        import pytest

        def test_passes(record_property, capsys):
            record_property("owner", "support")

        def test_fails():
            assert 1 == 2

        @pytest.mark.xfail
        def test_fails_as_expected():
            raise ValueError
        """
    )
    options = ("-o", f"junit_family={family}", "-W", "ignore", "test_plain.py")
    bot.process("--junitxml=with.xml", *options)
    bot.process("--junitxml=without.xml", "-p", "no:llmobs", *options)
    texts = [without_times(bot.path / f"{name}.xml") for name in ("with", "without")]
    assert texts[0] == texts[1]


def without_times(path: Path) -> str:
    return re.sub(r' (time|timestamp)="[^"]*"', "", path.read_text(encoding="utf-8"))


def test_without_an_experiment_a_dataset_has_scores_where_the_family_allows_them(bot: Project) -> None:
    bot.run("--junitxml=one.xml", "-o", "junit_family=xunit1")
    bot.run("--junitxml=two.xml", "-o", "junit_family=xunit2")
    assert properties(case_of(read(bot.path / "one.xml"), "test_reply[e3]")) == {"score.answers": "1.0"}
    xunit2.check(read(bot.path / "two.xml"))
