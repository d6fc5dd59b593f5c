"""``--llm-shard`` and ``llmobs merge``: two machines, one verdict."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs import Client
from tests.plugin.conftest import Project

SUITE = """
import pytest
from app import answer

def greets(outputs, inputs):
    return inputs["name"] in outputs["output"]

@pytest.mark.llm_dataset("golden.jsonl", target=answer, evaluators=[greets])
def test_answer(example, llm_run):
    assert "Dear" in llm_run.outputs["output"]

def test_plain():
    pass
"""
COUNT = 14


@pytest.fixture
def project(project: Project) -> Project:
    """Fourteen examples, and a folder that pytest takes for the root whatever its arguments."""
    project.path.joinpath("pytest.ini").write_text("[pytest]\n")
    project.write(test_app=SUITE)
    project.dataset(
        {"id": f"e{number}", "inputs": {"name": f"N{number}", "query": "?"}} for number in range(COUNT)
    )
    return project


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that records a baseline leaves it for the others."""
    return tmp_path_factory.mktemp("kept") / "llm-baselines"


@pytest.fixture
def recorded(project: Project, kept: Path) -> Project:
    """The same with a baseline."""
    if not kept.exists():
        project.record()
        shutil.copytree(project.path / "llm-baselines", kept)
        shutil.rmtree(project.path / ".llmobs")
    else:
        shutil.copytree(kept, project.path / "llm-baselines")
    return project


def machine(
    project: Project, shard: str, *arguments: str, name: str = "ci-7"
) -> tuple[pytest.RunResult, Path]:
    """Run a shard and take its store away, as a CI job's artifact."""
    shutil.rmtree(project.path / ".llmobs", ignore_errors=True)
    result = project.experiment("--llm-name", name, "--llm-shard", shard, *arguments)
    store = project.path / f"machine-{shard.replace('/', '-')}-{name}"
    shutil.rmtree(store, ignore_errors=True)
    project.path.joinpath(".llmobs").rename(store)
    return result, store


def document(store: Path) -> dict[str, Any]:
    (path,) = store.joinpath("experiments").glob("*.json")
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def examples(found: dict[str, Any]) -> list[str]:
    return [row[found["trials"]["columns"].index("example_id")] for row in found["trials"]["rows"]]


def test_shards_run_every_example_once_with_all_its_repeats(recorded: Project) -> None:
    stores = [machine(recorded, f"{number}/3", "--llm-repeat", "2")[1] for number in (1, 2, 3)]
    found = [examples(document(store)) for store in stores]
    assert sorted(name for names in found for name in names) == sorted([f"e{n}" for n in range(COUNT)] * 2)
    assert all(names.count(name) == 2 for names in found for name in names)
    assert max(map(len, found)) <= 2 * min(map(len, found))


def test_a_shard_says_what_it_is_and_is_not_gated(recorded: Project) -> None:
    recorded.prompt("Hello there.")
    result, store = machine(recorded, "1/2")
    text = result.stdout.str()
    assert result.ret == 0
    assert "SHARD 1/2: not gated, `llmobs merge` gates all shards together" in text
    assert "REGRESSED" not in text
    assert result.parseoutcomes()["xfailed"] > 0
    found = document(store)
    assert (found["name"], found["shard"]) == ("ci-7.shard-1-of-2", "1/2")
    assert [folder.name for folder in store.joinpath("runs").iterdir()] == ["project=ci-7"]


def test_without_a_baseline_a_failed_assertion_fails_the_shard(project: Project) -> None:
    project.prompt("Hello there.")
    assert machine(project, "1/2")[0].ret == 1


def test_other_tests_run_on_one_machine(project: Project) -> None:
    passed = [machine(project, f"{n}/2", "-k", "plain")[0].parseoutcomes().get("passed", 0) for n in (1, 2)]
    assert sorted(passed) == [0, 1]


def test_a_shard_without_any_test_is_no_failure(project: Project) -> None:
    results = [machine(project, f"{n}/4", "-k", "plain")[0] for n in range(1, 5)]
    assert [result.ret for result in results] == [0, 0, 0, 0]


def test_workers_agree_on_the_shard(recorded: Project) -> None:
    alone = examples(document(machine(recorded, "2/2")[1]))
    together = examples(document(machine(recorded, "2/2", "-n2")[1]))
    assert sorted(alone) == sorted(together)


@pytest.mark.parametrize("arguments", [("--llm-shard", "5/4"), ("--llm-shard", "1/4")])
def test_a_mistake_is_a_usage_error(project: Project, arguments: tuple[str, ...]) -> None:
    result = project.experiment(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--llm-shard" in result.stderr.str()


def test_the_merge_of_good_shards_is_green(recorded: Project) -> None:
    stores = [machine(recorded, f"{n}/2")[1] for n in (1, 2)]
    merged = recorded.llmobs("merge", *stores)
    assert merged.returncode == 0, merged.stdout + merged.stderr
    assert "GREEN: nothing regressed" in merged.stdout
    assert "partial" not in merged.stdout
    found = document(recorded.path / ".llmobs")
    assert (found["name"], found["shard"], len(found["trials"]["rows"])) == ("ci-7", "", COUNT)
    shown = recorded.llmobs("show", found["trials"]["rows"][0][found["trials"]["columns"].index("run_id")])
    assert shown.returncode == 0
    assert "Dear N" in shown.stdout


def test_the_merge_of_broken_shards_is_red_and_says_what_changed(recorded: Project) -> None:
    recorded.prompt("Hello there.")
    stores = [machine(recorded, f"{n}/2")[1] for n in (1, 2)]
    merged = recorded.llmobs("merge", *stores)
    assert merged.returncode == 1
    assert "REGRESSED" in merged.stdout
    assert re.search(r"^ *\+ .*Hello there\.", merged.stdout, re.MULTILINE)
    assert "a merge can't run tests again" in " ".join(merged.stdout.split())
    assert recorded.llmobs("merge", *stores).returncode == 1, "merging again says the same"


def test_a_missing_shard_is_red_and_named(recorded: Project) -> None:
    _, store = machine(recorded, "1/2")
    merged = recorded.llmobs("merge", store)
    assert merged.returncode == 1
    assert "INSUFFICIENT_DATA" in merged.stdout
    assert "Shard 2 of 2 is missing" in merged.stdout


def test_a_missing_shard_is_red_even_where_it_had_nothing_to_run(project: Project) -> None:
    stores = [machine(project, f"{number}/3", "-k", "e0")[1] for number in (1, 2, 3)]
    empty = next(store for store in stores if not document(store)["trials"]["rows"])
    merged = project.llmobs("merge", *(store for store in stores if store != empty))
    assert merged.returncode == 1
    assert "of 3 is missing" in merged.stdout


def test_shards_that_do_not_belong_together_are_refused(project: Project) -> None:
    one, other = machine(project, "1/2")[1], machine(project, "2/2", name="ci-8")[1]
    several = project.llmobs("merge", one, other)
    assert several.returncode == 2
    assert "These are shards of several experiments" in several.stderr
    twice = project.llmobs("merge", one, one)
    assert twice.returncode == 2
    assert "there twice" in twice.stderr
    chosen = project.llmobs("merge", one, other, "--name", "ci-8")
    assert "Shard 1 of 2 is missing" in chosen.stdout
    unknown = project.llmobs("merge", one, "--name", "ci-77")
    assert "Did you mean 'ci-7'?" in unknown.stderr


def test_a_store_without_a_shard_is_refused(project: Project) -> None:
    project.experiment()
    refused = project.llmobs("merge", ".llmobs")
    assert refused.returncode == 2
    assert "There is no shard in '.llmobs'." in refused.stderr
    assert project.llmobs("merge", "nowhere").returncode == 2
    assert project.llmobs("merge").returncode == 2


def test_baselines_elsewhere_and_the_shards_own_settings(project: Project) -> None:
    project.path.joinpath("pytest.ini").write_text("[pytest]\nllm_baseline_dir = accepted\n")
    project.record()
    _, store = machine(project, "1/1")
    assert "GREEN" in project.llmobs("merge", store).stdout
    elsewhere = project.llmobs("merge", store, "--baseline-dir", ".")
    assert elsewhere.returncode == 2
    assert "a baseline of test_app.py::test_answer that is not in '.' here" in elsewhere.stderr
    assert project.llmobs("merge", store, "--baseline-dir", "nowhere").returncode == 2


def test_a_folder_that_holds_the_store_will_do(project: Project) -> None:
    machine(project, "1/1")[1].rename(project.path / ".llmobs")
    project.path.joinpath("artifact").mkdir()
    project.path.joinpath(".llmobs").rename(project.path / "artifact" / ".llmobs")
    assert project.llmobs("merge", "artifact").returncode == 0


def test_failures_that_shards_left_to_the_gate_need_its_baseline(
    recorded: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    recorded.prompt("Hello there.")
    shards = [machine(recorded, f"{number}/2") for number in (1, 2)]
    assert [result.ret for result, _ in shards] == [0, 0]
    recorded.path.joinpath("elsewhere").mkdir()
    monkeypatch.chdir(recorded.path / "elsewhere")
    merged = recorded.llmobs("merge", *(store for _, store in shards))
    assert merged.returncode == 2
    assert "Merge where it is committed, or name its folder with --baseline-dir." in merged.stderr


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        (SUITE.replace("def test_plain():\n    pass", "def test_plain():\n    assert False"), ()),
        (SUITE.replace("    assert", "    assert example.id != 'e3' or 1 / 0\n    assert"), ()),
        (SUITE.replace("    assert", "    assert example.id != 'e3'\n    assert"), ("-o", "llm_strict=true")),
        (SUITE.replace("    assert", "    assert example.id != 'e3' or 1 / 0\n    assert"), ("-x",)),
    ],
    ids=["another test", "an error", "strict", "cut short"],
)
def test_what_fails_a_shard_fails_the_merge(
    recorded: Project, source: str, arguments: tuple[str, ...]
) -> None:
    recorded.write(test_app=source)
    shards = [machine(recorded, f"{number}/2", *arguments) for number in (1, 2)]
    assert sorted(int(result.ret) for result, _ in shards) == [0, 1]
    merged = recorded.llmobs("merge", *(store for _, store in shards))
    assert merged.returncode == 1
    assert re.search(
        r"✗ The shard ./2 in '.*' failed by itself: pytest ended with status 1", _flat(merged.stdout)
    )


def test_failures_without_a_baseline_fail_the_merge(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    project.prompt("Hello there.")
    merged = project.llmobs("merge", *(machine(project, f"{number}/2")[1] for number in (1, 2)))
    assert merged.returncode == 1
    assert "GREEN" not in merged.stdout


def test_shards_that_were_told_otherwise_are_refused(recorded: Project) -> None:
    one = machine(recorded, "1/2", "-o", "llm_fail_on=inconclusive")[1]
    other = machine(recorded, "2/2")[1]
    refused = recorded.llmobs("merge", one, other)
    assert refused.returncode == 2
    assert "the setting llm_fail_on is 'inconclusive' for shard 1/2" in refused.stderr
    accepted = machine(recorded, "1/2")[1]
    recorded.record()
    path, _ = recorded.baselines
    path.write_text(path.read_text().replace("[1, 1, 1, 1, 1]", "[1, 1, 0, 1, 1]", 1))
    refused = recorded.llmobs("merge", accepted, machine(recorded, "2/2")[1])
    assert refused.returncode == 2
    assert "the baseline of test_app.py::test_answer is" in refused.stderr


def test_the_merge_compares_with_the_baseline_that_the_shards_were_given(recorded: Project) -> None:
    recorded.path.joinpath("llm-baselines").rename(recorded.path / "trusted")
    recorded.prompt("Hello there.")
    recorded.record()
    stores = [machine(recorded, f"{number}/2", "--llm-baseline", "trusted")[1] for number in (1, 2)]
    merged = recorded.llmobs("merge", *stores)
    assert merged.returncode == 1
    assert "REGRESSED" in merged.stdout


def test_the_folder_that_all_artifacts_were_unpacked_to_will_do(recorded: Project) -> None:
    recorded.path.joinpath("artifacts").mkdir()
    for number in (1, 2):
        _, store = machine(recorded, f"{number}/2")
        trials = document(store)["trials"]
        rated = trials["rows"][0][trials["columns"].index("run_id")]
        client = Client(store=store)
        client.create_feedback(rated, key="user_rating", score=number)
        client.store.feedback.close()
        store.rename(recorded.path / "artifacts" / f"shard-{number}")
    for _ in range(2):  # a second merge brings nothing twice
        merged = recorded.llmobs("merge", "artifacts")
        assert merged.returncode == 0, merged.stderr
    assert f"{COUNT} trials" in merged.stdout
    listed = json.loads(recorded.llmobs("feedback", "--key", "user_rating", "--json").stdout)
    assert sorted(row["score"] for row in listed["feedback"]) == [1, 2]


def _flat(text: str) -> str:
    return " ".join(text.split())
