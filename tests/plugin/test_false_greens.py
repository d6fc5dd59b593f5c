"""Every way we know to get a green build that means nothing: each must be red."""

from __future__ import annotations

import json

import pytest

from tests.plugin.conftest import BROKEN, NAMES, Project

HEAD = """
import pytest
from app import answer

def greets(outputs, inputs):
    return inputs["name"] in outputs["output"]
"""
MARK = '@pytest.mark.llm_dataset("golden.jsonl", target=answer, evaluators=[greets])'

WAYS = {
    "every test is skipped": f"""{HEAD}
{MARK}
def test_answer(example, llm_run):
    pytest.skip("later")
""",
    "every test is marked xfail": f"""{HEAD}
@pytest.mark.xfail
{MARK}
def test_answer(example, llm_run):
    assert False
""",
    "the evaluator raises": f"""{HEAD}
def greets(outputs):
    raise RuntimeError("judge down")

{MARK}
def test_answer(example, llm_run):
    pass
""",
    "the evaluator returns NaN": f"""{HEAD}
def greets(outputs):
    return float("nan")

{MARK}
def test_answer(example, llm_run):
    pass
""",
    "the evaluator returns nothing": f"""{HEAD}
def greets(outputs):
    return None

{MARK}
def test_answer(example, llm_run):
    pass
""",
    "a gate names a metric that nobody produces": f"""{HEAD}
@pytest.mark.llm_gate("greeets", min_mean=0.1)
{MARK}
def test_answer(example, llm_run):
    pass
""",
    "the app raises": f"""{HEAD}
def answer(name, query):
    raise RuntimeError("down")

{MARK}
def test_answer(example, llm_run):
    pass
""",
    "a fixture raises": f"""{HEAD}
@pytest.fixture(scope="module")
def server():
    raise RuntimeError("port taken")

{MARK}
def test_answer(example, llm_run, server):
    pass
""",
    "the module can't be imported": "import nothing_of_that_name",
    "an unscored value is compared": f"""{HEAD}
def unsure(outputs):
    raise ValueError("can't tell")

{MARK}
def test_answer(example, llm_run):
    assert llm_run.score(unsure) > 0.5
""",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_build_that_measured_nothing_is_red(project: Project, way: str) -> None:
    project.record()
    project.path.joinpath("test_app.py").write_text(WAYS[way])
    assert project.experiment().ret != 0


def test_deleting_the_examples_that_fail_is_no_fix(project: Project) -> None:
    project.record()
    project.dataset([{"id": "ada", "inputs": {"name": "Ada", "query": "Where is order 0?"}}])
    result = project.experiment()
    assert result.ret == 1
    assert "INSUFFICIENT_DATA" in result.stdout.str()


def test_editing_the_examples_that_fail_is_no_fix(project: Project) -> None:
    project.record()
    project.dataset({"id": name.lower(), "inputs": {"name": name, "query": "Easier?"}} for name in NAMES)
    result = project.experiment()
    assert result.ret == 1
    assert "INSUFFICIENT_DATA" in result.stdout.str()


def test_the_evaluator_changed_together_with_the_prompt(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.record()
    project.prompt(BROKEN)
    source = project.path.joinpath("test_app.py").read_text()
    source = source.replace('return inputs["name"] in outputs["output"]', "return True")
    project.path.joinpath("test_app.py").write_text(source.replace('assert "Dear" in', 'assert "o" in'))
    monkeypatch.setenv("CI", "true")
    result = project.process("--llm-experiment")  # one that hasn't read the source yet
    assert result.ret == 1
    assert "REBASELINE" in result.stdout.str()


def test_a_worker_that_is_killed_leaves_too_little_data(project: Project) -> None:
    project.dataset({"id": f"e{n:02}", "inputs": {"name": f"N{n}", "query": "?"}} for n in range(20))
    project.record()
    project.path.joinpath("test_app.py").write_text(
        f"""{HEAD}
import os, signal

{MARK}
def test_answer(example, llm_run):
    if example.id == "e05":
        os.kill(os.getpid(), signal.SIGKILL)
"""
    )
    result = project.experiment("-n2", "--max-worker-restart=0")
    assert result.ret != 0
    assert "INSUFFICIENT_DATA" in result.stdout.str() or "interrupted" in result.stdout.str()


def test_a_session_stopped_at_the_first_failure_is_no_whole_one(project: Project) -> None:
    project.write(
        test_app="""
        import pytest

        @pytest.mark.llm_dataset("golden.jsonl", target=lambda name, query: name)
        def test_answer(example, llm_run):
            raise RuntimeError("at once")
        """
    )
    result = project.experiment("-x")
    assert result.ret == 1
    assert "interrupted" in result.stdout.str()


def test_a_selection_by_the_user_is_partial_and_never_called_whole(project: Project) -> None:
    project.record()
    result = project.experiment("-k", "ada")
    assert "partial" in result.stdout.str()


@pytest.mark.parametrize("way", ["a node id", "last failed"])
def test_what_pytest_leaves_out_while_it_collects_is_no_removal(project: Project, way: str) -> None:
    project.record()
    chosen = ("test_app.py::test_answer[ada]",)
    if way == "last failed":
        failed = {"test_app.py::test_answer[ada]": True}
        cache = project.path / ".pytest_cache" / "v" / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        cache.joinpath("lastfailed").write_text(json.dumps(failed))
        chosen = ("--lf",)
    result = project.experiment(*chosen)
    result.assert_outcomes(passed=1)
    assert result.ret == 0
    assert "GREEN (partial)" in result.stdout.str()
    assert "removed" not in result.stdout.str()
    project.record(*chosen)
    text = next(path for path in project.baselines if "texts" not in path.name).read_text()
    assert text.count('"hash"') == len(NAMES)


def test_a_suite_that_the_selection_leaves_out_is_named(project: Project) -> None:
    project.write(
        test_other="""
        import pytest

        @pytest.mark.llm_dataset("golden.jsonl", target=lambda name, query: name)
        def test_other(example, llm_run):
            pass
        """
    )
    project.record()
    result = project.experiment("-k", "test_answer")
    assert "GREEN (partial)" in result.stdout.str()
    assert "left out by the selection: test_other.py::test_other" in result.stdout.str()


def test_a_recording_that_a_budget_stops_keeps_what_was_accepted(project: Project) -> None:
    project.record()
    project.prompt(BROKEN)
    before = [path.read_text() for path in project.baselines]
    result = project.record("-o", "llm_max_calls=4", "--llm-concurrency", "1")
    assert result.ret == 1
    assert "not recorded, because not every repeat was run: ada, grace, edsger" in " ".join(
        result.stdout.str().split()
    )
    assert [path.read_text() for path in project.baselines] == before


def test_nothing_left_after_the_selection(project: Project) -> None:
    project.record()
    assert project.experiment("-k", "nobody").ret == pytest.ExitCode.NO_TESTS_COLLECTED
