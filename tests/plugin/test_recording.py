"""A recording takes all fresh repeats of what the user selects, however it is named."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from operator import itemgetter
from typing import Any

import pytest

from tests.plugin.conftest import BROKEN, Project

ADA = "test_app.py::test_answer[ada]"


def recorded(project: Project, name: str = "test_app.py::test_answer") -> dict[str, list[Any]]:
    files = [json.loads(path.read_text()) for path in project.baselines if "texts" not in path.name]
    (found,) = [file for file in files if file["suite"] == name]
    return {example: row["pass"] for example, row in found["examples"].items()}


SELECTIONS = {
    "node ids": ("test_app.py::test_answer[grace]", ADA),
    "an absolute node id": ("{path}/test_app.py::test_answer[grace]", ADA),
    "a node id left out": ("--deselect", "test_app.py::test_answer[edsger]"),
    "node ids and workers": ("test_app.py::test_answer[grace]", ADA, "-n", "1"),
    "a keyword": ("-k", "ada or grace"),
    "node ids and a keyword": ("test_app.py::test_answer[grace]", ADA, "test_app.py", "-k", "not edsger"),
}


@pytest.mark.parametrize("way", SELECTIONS)
def test_every_selected_example_is_recorded_five_times_and_no_other(project: Project, way: str) -> None:
    result = project.record(*(word.format(path=project.path) for word in SELECTIONS[way]))
    assert result.ret == 0
    assert "recording a baseline: 2 examples x 5 fresh repeats = 10 trials" in result.stdout.str()
    assert recorded(project) == {"ada": [1] * 5, "grace": [1] * 5}


def test_the_accept_command_of_a_red_part_records_it_whole(project: Project) -> None:
    project.record()
    project.prompt(BROKEN)
    red = project.experiment(ADA)
    red.stdout.fnmatch_lines(
        ["  accept * 'test_app.py::test_answer?ada?' --llm-experiment --llm-update-baseline"]
    )
    said = project.record(ADA).stdout.str()
    assert "recording a baseline: 1 example x 5 fresh repeats = 5 trials" in said
    assert recorded(project) == {"ada": [0] * 5, "edsger": [1] * 5, "grace": [1] * 5}


def test_a_file_beside_a_node_id_is_recorded_whole(project: Project) -> None:
    project.record(ADA, ".")
    assert recorded(project) == {name: [1] * 5 for name in ("ada", "edsger", "grace")}


def test_parameters_classes_and_tests_without_a_dataset_are_found_by_their_node_ids(empty: Project) -> None:
    empty.write(
        test_more="""
        import pytest

        ROWS = [{"id": name, "inputs": {"name": name}} for name in ("a", "b")]

        class TestAnswer:
            @pytest.mark.parametrize("tone", ["warm", "cold"])
            @pytest.mark.llm_dataset(ROWS, target=lambda name: name)
            def test_it(self, tone, example, llm_run):
                assert llm_run.outputs

        @pytest.mark.parametrize("query", ["x", "y"])
        def test_direct(query, llm_run):
            llm_run.log_outputs({"output": query})

        @pytest.mark.parametrize("number", [1, 2])
        def test_plain(number):
            assert number == 1
        """
    )
    empty.record("-k", "not plain").assert_outcomes(passed=30, deselected=2)
    nodes = ("TestAnswer::test_it[b-warm]", "test_direct[y]", "test_plain[1]")
    result = empty.record(*(f"test_more.py::{node}" for node in nodes))
    result.assert_outcomes(passed=11)
    assert recorded(empty, "test_more.py::TestAnswer::test_it[warm]") == {
        name: [1] * 5 for name in ("a", "b")
    }
    assert recorded(empty, "test_more.py") == {f"test_direct[{name}]": [1] * 5 for name in ("x", "y")}


class TestAdding:
    """``--llm-update-baseline=add``: more of what was recorded, and never anything else."""

    def rows(self, project: Project) -> dict[str, Any]:
        (path,) = [path for path in project.baselines if "texts" not in path.name]
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def test_passes_are_added_under_a_session_of_their_own(self, project: Project) -> None:
        project.record()
        result = project.run("--llm-update-baseline=add")
        assert result.ret == 0
        said = result.stdout.str()
        assert "adding to the baseline: 3 examples x 5 fresh repeats = 15 trials" in said
        assert "5 passes added to 3 examples, now up to 10 each" in said
        assert recorded(project) == {name: [1] * 10 for name in ("ada", "edsger", "grace")}
        file = self.rows(project)
        assert len(file["sessions"]) == 2
        for row in file["examples"].values():
            assert list(row["sessions"].values()) == [5, 5]

    def test_a_part_is_added_to_its_rows_alone(self, project: Project) -> None:
        project.record()
        project.run("--llm-update-baseline=add", ADA)
        assert recorded(project) == {"ada": [1] * 10, "edsger": [1] * 5, "grace": [1] * 5}

    def test_workers_add_alike(self, project: Project) -> None:
        project.record()
        assert project.run("--llm-update-baseline=add", "-n", "1").ret == 0
        assert recorded(project) == {name: [1] * 10 for name in ("ada", "edsger", "grace")}

    def test_the_first_passes_make_the_baseline(self, project: Project) -> None:
        assert project.run("--llm-update-baseline=add").ret == 0
        assert recorded(project) == {name: [1] * 5 for name in ("ada", "edsger", "grace")}

    def test_another_prompt_is_refused_and_nothing_written(self, project: Project) -> None:
        project.record()
        before = [path.read_bytes() for path in project.baselines]
        project.prompt(BROKEN)
        result = project.run("--llm-update-baseline=add")
        assert result.ret == 1
        said = " ".join(result.stdout.str().split())
        assert "nothing was added to any baseline" in said
        assert "Different: system prompt (ada, edsger, grace)" in said
        assert "pytest" in said.partition("Record a new baseline: ")[2]
        assert "--llm-update-baseline=add --llm-experiment" not in said
        assert [path.read_bytes() for path in project.baselines] == before

    @pytest.mark.parametrize("workers", [(), ("-n", "1")])
    def test_another_evaluator_is_refused_before_it_costs_anything(
        self, workers: tuple[str, ...], project: Project
    ) -> None:
        project.record()
        before = [path.read_bytes() for path in project.baselines]
        suite = project.path / "test_app.py"
        suite.write_text(suite.read_text().replace("return inputs", "x = 1\n    return inputs"))
        result = project.process("--llm-update-baseline=add", *workers)  # which reads the source anew
        assert result.ret == 4
        assert "Different: evaluator greets: " in result.stderr.str()
        assert "LLM experiment" not in result.stdout.str()
        assert [path.read_bytes() for path in project.baselines] == before

    def test_an_edited_example_keeps_its_row_and_the_command_that_renews_it_is_said(
        self, project: Project
    ) -> None:
        project.record()
        golden = project.path / "golden.jsonl"
        golden.write_text(golden.read_text().replace("Where is order 0?", "Where is my order?"))
        result = project.run("--llm-update-baseline=add")
        assert result.ret == 0
        said = " ".join(result.stdout.str().split())
        assert "edited since they were recorded, so nothing was added to them: ada. Record them anew:" in said
        assert "--llm-experiment --llm-update-baseline 'test_app.py::test_answer[ada]'" in said
        assert recorded(project) == {"ada": [1] * 5, "edsger": [1] * 10, "grace": [1] * 10}

    def test_a_test_file_behind_the_option_is_no_value_of_it(self, project: Project) -> None:
        assert project.run("--llm-update-baseline", "test_app.py").ret == 0
        assert recorded(project) == {name: [1] * 5 for name in ("ada", "edsger", "grace")}

    def test_the_ini_file_may_say_so(self, project: Project) -> None:
        project.record()
        project.pytester.makeini("[pytest]\nllm_update_baseline = add\n")
        assert project.run().ret == 0
        assert recorded(project)["ada"] == [1] * 10

    def test_another_word_is_refused(self, project: Project) -> None:
        result = project.run("--llm-update-baseline=append")
        assert result.ret == 4
        assert "--llm-update-baseline=add" in result.stderr.str()
        project.pytester.makeini("[pytest]\nllm_update_baseline = ad\n")
        result = project.run()
        assert result.ret == 4
        result.stderr.fnmatch_lines(
            ["*Unknown value 'ad' for llm_update_baseline. Did you mean 'add'? Known: add, replace.*"]
        )


class TestCommit:
    """A baseline says which code made it, and whether the commit says all of that."""

    @pytest.fixture
    def git(self, project: Project) -> Callable[..., str]:
        def run(*words: str) -> str:
            identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
            done = subprocess.run(
                ["git", "-C", str(project.path), *identity, *words],
                check=True,
                capture_output=True,
                text=True,
            )
            return done.stdout.strip()

        run("init", "-q", "-b", "main")
        run("add", "app.py", "test_app.py", "prompt.txt", "golden.jsonl")
        run("commit", "-q", "-m", "Begin")
        return run

    def sessions(self, project: Project) -> list[dict[str, Any]]:
        """Return the recorded sessions, the oldest first."""
        (path,) = [path for path in project.baselines if "texts" not in path.name]
        return sorted(json.loads(path.read_text())["sessions"].values(), key=itemgetter("recorded"))

    def test_a_clean_work_tree(self, project: Project, git: Callable[..., str]) -> None:
        assert "uncommitted" not in project.record().stdout.str()
        (session,) = self.sessions(project)
        assert session["commit"] == git("rev-parse", "HEAD")
        assert session["clean"] is True
        assert session["recorded"].endswith("+00:00")
        assert session["experiment"] == project.summary["name"]

    def test_a_changed_baseline_is_no_change_of_code(self, project: Project, git: Callable[..., str]) -> None:
        project.record()
        git("add", "llm-baselines")
        git("commit", "-q", "-m", "Record")
        project.run("--llm-update-baseline=add")
        project.run("--llm-update-baseline=add")
        assert [session["clean"] for session in self.sessions(project)] == [True] * 3

    def test_uncommitted_code(self, project: Project, git: Callable[..., str]) -> None:
        app = project.path / "app.py"
        app.write_text(f"{app.read_text()}# more\n")
        said = " ".join(project.record().stdout.str().split())
        (session,) = self.sessions(project)
        assert session["commit"] == git("rev-parse", "HEAD")
        assert "clean" not in session
        assert f"recorded with uncommitted changes to {session['commit'][:7]}" in said

    def test_experiments_of_the_branch_are_pooled_by_one_command(
        self, project: Project, git: Callable[..., str]
    ) -> None:
        project.record()
        project.experiment()
        git("checkout", "-q", "-b", "feature")
        project.prompt(BROKEN)
        git("commit", "-q", "-am", "Break")
        project.experiment("--llm-confirm", "0")
        git("checkout", "-q", "main")
        done = project.llmobs("baseline", "add", "--branch", "main")
        assert done.returncode == 0
        assert done.stdout.count("1 pass to 3 examples") == 1
        assert "which main doesn't have" in " ".join(done.stdout.split())
        assert recorded(project) == {name: [1] * 6 for name in ("ada", "edsger", "grace")}
        git("merge", "-q", "feature")
        done = project.llmobs("baseline", "add", "--branch", "main")
        assert "not of what was recorded, different: system prompt" in " ".join(done.stdout.split())


def test_a_file_of_version_1_is_upgraded_and_its_other_rows_keep_their_unknown_session(
    project: Project,
) -> None:
    project.record()
    (path,) = [path for path in project.baselines if "texts" not in path.name]
    wire = json.loads(path.read_text())
    del wire["sessions"]
    wire["schema"] = 1
    wire["metadata"]["recorded"] = "2026-01-01T08:00:00+00:00"
    for row in wire["examples"].values():
        del row["sessions"]
    path.write_text(json.dumps(wire))
    assert project.experiment().ret == 0
    assert json.loads(path.read_text())["schema"] == 1
    project.record(ADA)
    upgraded = json.loads(path.read_text())
    assert upgraded["schema"] == 2
    assert upgraded["examples"]["grace"]["sessions"] == {"unknown": 5}
    assert "unknown" not in upgraded["examples"]["ada"]["sessions"]
    assert upgraded["sessions"]["unknown"] == {"recorded": "2026-01-01T08:00:00+00:00"}
    assert len(upgraded["sessions"]) == 2
