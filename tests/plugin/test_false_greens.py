"""Every way we know to get a green build that means nothing: each must be red."""

from __future__ import annotations

import json
import re
import shutil

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


GONE = {
    "the test is renamed": f"{HEAD}\n{MARK}\ndef test_reply(example, llm_run):\n    pass\n",
    "the test is gone, another is there": "def test_plain():\n    pass\n",
    "it is no test any more": f"{HEAD}\n{MARK}\ndef check_answer(example, llm_run):\n    pass\n",
    "its file skips itself": "import pytest\npytest.importorskip('nothing_of_that_name')\n",
    "the marker is gone": "def test_answer():\n    pass\n",
    "the file is gone": None,
}


@pytest.mark.parametrize("way", GONE)
def test_a_baseline_whose_test_is_gone_is_red(project: Project, way: str) -> None:
    project.write(test_other="def test_other(llm_run):\n    llm_run.log_outputs({'a': 1})\n")
    project.record()
    shutil.rmtree(project.path / ".llmobs")  # a fresh checkout has no store
    source = GONE[way]
    if source is None:
        project.path.joinpath("test_app.py").unlink()
    else:
        project.path.joinpath("test_app.py").write_text(source)
    result = project.experiment()
    said = " ".join(result.stdout.str().split())
    assert result.ret == 1
    assert "its baseline has 3 examples, and no such test was collected: renamed, deleted" in said
    assert project.llmobs("baseline", "prune").stdout.startswith(
        "dropped test_app--test_answer.json: test_app.py"
    )
    assert [path.name for path in project.baselines if "answer" in path.name] == []


@pytest.mark.parametrize(
    "selection",
    [
        ("test_other.py",),
        ("test_other.py::test_other",),
        ("--ignore=test_app.py",),
        ("--ignore-glob=*_app.py",),
        ("sub",),
    ],
)
def test_what_was_not_to_be_collected_is_not_gone(project: Project, selection: tuple[str, ...]) -> None:
    (project.path / "pytest.ini").write_text("[pytest]\n")
    (project.path / "sub").mkdir()
    source = "def test_other(llm_run):\n    llm_run.log_outputs({'a': 1})\n"
    project.write(test_other=source)
    (project.path / "sub" / "test_sub.py").write_text(source)
    project.record()
    project.path.joinpath("test_app.py").unlink()
    assert project.experiment(*selection).ret == 0


def test_recording_drops_the_baseline_of_a_test_that_is_gone(project: Project) -> None:
    project.record()
    project.path.joinpath("test_app.py").unlink()
    project.write(test_other="def test_other(llm_run):\n    llm_run.log_outputs({'a': 1})\n")
    result = project.record()
    assert "test_app.py::test_answer: gone, and its baseline with it" in result.stdout.str()
    assert [path.name for path in project.baselines] == ["test_other.json", "test_other.texts.json"]


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


def test_a_suite_of_which_nothing_was_selected_is_told(project: Project) -> None:
    project.write(test_other="def test_other(llm_run):\n    llm_run.log_outputs({'a': 1})\n")
    project.record()
    project.prompt(BROKEN)
    result = project.experiment("-k", "other")
    assert result.ret == 0
    assert "partial: nothing was selected of test_app.py::test_answer; the verdict" in result.stdout.str()
    assert "GREEN (partial)" in result.stdout.str()


def test_a_node_id_makes_it_partial_and_not_red(project: Project) -> None:
    project.write(test_other="def test_a(llm_run):\n    pass\n\ndef test_b(llm_run):\n    pass\n")
    project.record()
    result = project.experiment("test_app.py::test_answer[ada]", "test_other.py::test_a")
    assert result.ret == 0
    assert "test_app.py::test_answer: partial, 1 of 3 examples were selected" in result.stdout.str()
    assert "test_other.py: partial, 1 of 2 examples were selected" in result.stdout.str()


MODULE = """
import pytest

@pytest.mark.parametrize("n", [1, 2, 3])
def test_a(n, llm_run):
    llm_run.log_outputs({"n": n})

class TestB:
    def test_b(self, llm_run):
        pass

class TestC:
    def test_c(self, llm_run):
        pass
"""


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ("test_app.py::test_a[1]", "1 of 5"),
        ("test_app.py::test_a", "3 of 5"),
        ("test_app.py::TestB", "1 of 5"),
        ("test_app.py::TestB::test_b", "1 of 5"),
        ("--lf", "1 of 5"),
    ],
)
def test_a_part_of_the_tests_without_a_dataset_is_partial(project: Project, chosen: str, told: str) -> None:
    project.write(test_app=MODULE)
    project.record()
    if chosen == "--lf":
        _last_failed(project, "test_app.py::test_a[2]")
    result = project.experiment(chosen)
    assert f"test_app.py: partial, {told} examples were selected" in result.stdout.str()
    assert "removed" not in result.stdout.str()
    assert result.ret == 0
    project.record(chosen)
    assert project.baselines[0].read_text().count('"hash"') == 5


def test_a_class_of_unittest_is_no_part_that_was_left_out(project: Project) -> None:
    case = "\nimport unittest\n\nclass TestCase(unittest.TestCase):\n    def test_it(self):\n        pass\n"
    project.write(test_app=MODULE + case)
    result = project.experiment(*(f"test_app.py::{name}" for name in ("test_a", "TestB", "TestC")))
    assert "partial" not in result.stdout.str()


def test_a_module_without_two_of_its_tests_is_whole_and_red(project: Project) -> None:
    project.write(test_app=MODULE + "\nclass TestEmpty:\n    pass\n")
    project.record()
    for left, status in (("[1, 2]", 0), ("[1]", 1)):  # one may go, the next is too many
        project.write(test_app=MODULE.replace("[1, 2, 3]", left) + "\nclass TestEmpty:\n    pass\n")
        result = project.experiment()
        assert result.ret == status
        assert f"{1 + status} removed since the baseline" in result.stdout.str()


def _last_failed(project: Project, nodeid: str) -> None:
    cache = project.path / ".pytest_cache" / "v" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    cache.joinpath("lastfailed").write_text(json.dumps({nodeid: True}))


@pytest.mark.parametrize("way", ["a node id", "last failed"])
def test_what_pytest_leaves_out_while_it_collects_is_no_removal(project: Project, way: str) -> None:
    project.record()
    chosen = ("test_app.py::test_answer[ada]",)
    if way == "last failed":
        _last_failed(project, "test_app.py::test_answer[ada]")
        chosen = ("--lf",)
    result = project.experiment(*chosen)
    result.assert_outcomes(passed=1)
    assert result.ret == 0
    assert "GREEN (partial)" in result.stdout.str()
    assert "removed" not in result.stdout.str()
    project.record(*chosen)
    text = next(path for path in project.baselines if "texts" not in path.name).read_text()
    assert text.count('"hash"') == len(NAMES)


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


def test_no_baseline_of_fewer_repeats(project: Project) -> None:
    project.record()
    before = [path.read_text() for path in project.baselines]
    _last_failed(project, "test_app.py::test_answer[ada]")
    result = project.record("--lf")
    assert result.ret == 1
    assert (
        "not recorded, because not every repeat was run: ada. What the baseline had of them stays"
        in " ".join(result.stdout.str().split())
    )
    assert [path.read_text() for path in project.baselines] == before


def test_nothing_left_after_the_selection(project: Project) -> None:
    project.record()
    assert project.experiment("-k", "nobody").ret == 1


def test_an_evaluator_that_raises_over_the_one_answer_that_broke(project: Project) -> None:
    """One of 30 is within the 5 % that may be missing."""
    project.dataset({"id": f"e{n:02}", "inputs": {"name": f"N{n}"}} for n in range(30))
    project.write(
        test_app="""
        from pathlib import Path
        import pytest

        def quote(name):
            return {} if name == "N7" and Path("deployed").exists() else {"price": 12}

        def cheap(outputs):
            return outputs["price"] < 20

        @pytest.mark.llm_dataset("golden.jsonl", target=quote, evaluators=[cheap])
        def test_quote(example, llm_run):
            assert llm_run.outputs is not None
        """
    )
    project.record()
    assert project.experiment().ret == 0
    project.path.joinpath("deployed").touch()
    result = project.experiment()
    assert result.ret == 1
    said = " ".join(result.stdout.str().split())
    assert re.search(r"looking again at 1 suspect \(\S+\): up to 16 trials", said)
    assert "not cleared: 16 of its 16 further trials gave no verdict" in said
    assert "KeyError: 'price'" in said
