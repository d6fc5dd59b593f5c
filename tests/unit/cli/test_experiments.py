import json
from dataclasses import replace

import pytest

from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.experiments.evaluation.journal import Journal
from pytest_llmobs.experiments.stored import read_experiment
from tests.unit.cli.conftest import committed, git


def test_experiments_are_listed_newest_first(llmobs, store):
    done = llmobs("experiments")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "name         when (UTC)   trials   pass  tone_quality     cost  verdict  commit",
        "─" * 80,
        "brave-otter  11-23 16:14       1  0.000         0.310  $0.0123  ✗ red    921dd62",
        "calm-heron   11-22 10:00       1  1.000         0.310  $0.0123  ✓ green  921dd62",
    ]


def test_machines_get_json(llmobs, store):
    done = llmobs("experiments", "--json")
    first, second = json.loads(done.stdout)
    assert second["name"] == "calm-heron"
    assert first == {
        "name": "brave-otter",
        "started": "2026-11-23T16:14:05+00:00",
        "duration": 1.5,
        "trials": 1,
        "means": {"pass": 0.0, "tone_quality": 0.31},
        "cost": 0.0123,
        "verdict": "red",
        "partial": False,
        "commit": "921dd62f522ce20cacdc4a643b924e6371436e6a",
        "at_least": False,
    }


def test_the_newest_twenty_are_shown(llmobs, store, older):
    older(25)
    done = llmobs("experiments")
    assert len(done.stdout.splitlines()) == 2 + 20
    assert done.stderr == "7 older experiments: llmobs experiments --limit 0\n"
    assert len(llmobs("experiments", "--limit", "0").stdout.splitlines()) == 2 + 27
    assert len(llmobs("experiments", "--limit", "3", "--json").stdout) > 0


def test_an_empty_store_says_what_fills_it(llmobs, tmp_path):
    (tmp_path / ".llmobs").mkdir()
    done = llmobs("experiments")
    assert (done.returncode, done.stdout) == (0, "")
    assert "`pytest --llm-experiment` makes one, and so does `llmobs eval`." in done.stderr
    assert json.loads(llmobs("experiments", "--json").stdout) == []


def test_an_unreadable_experiment_is_named(llmobs, store):
    path = store.layout.experiment("calm-heron")
    path.write_text("{")
    done = llmobs("experiments")
    assert done.returncode == 0
    assert "brave-otter" in done.stdout
    assert done.stderr.startswith(f"The experiment {str(path)!r} can't be read: ")
    assert done.stderr.endswith(" Delete it or restore it. It is left out.\n")
    assert llmobs("show", "calm-heron").returncode == 2


def test_what_is_written_is_what_is_read(store):
    from pytest_llmobs.experiments.documents import experiment_from_dict

    document = store.read_experiment("brave-otter")
    assert experiment_to_dict(experiment_from_dict(document)) == document


def test_history_shows_each_metrics_course(llmobs, store, older):
    older(6)
    done = llmobs("experiments", "--history")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "  metric  experiments  red  course    newest  worst",
        "─" * 51,
        "tests/test_support.py::test_support_agent",
        "  pass              8    1  ███████▁   0.000  0.000",
    ]
    (course,) = json.loads(llmobs("experiments", "--history", "--json").stdout)
    assert (course["metric"], len(course["points"]), course["proposed_min_mean"]) == ("pass", 8, None)


class TestProposals:
    """A min_mean comes from experiments of accepted code, red or green; git says which those are."""

    @pytest.fixture
    def accepted(self, store, older, tmp_path):
        """Write eight experiments of a commit on main, of which the newest was red."""
        commit = committed(tmp_path)
        older(6)
        for name in store.experiment_names():
            document = {**store.read_experiment(name), "commit": commit, "clean": True}
            document["decision"]["metrics"][0]["candidate"] = 0.9 if document["decision"]["red"] else 0.95
            store.write_experiment(name, document)

    def test_what_it_is_good_for_is_said(self, llmobs, accepted):
        done = llmobs("experiments", "--history")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines() == [
            "  metric  experiments  red  course    newest  worst  min_mean=",
            "─" * 62,
            "tests/test_support.py::test_support_agent",
            "  pass              8    1  ███████▁   0.900  0.900      0.870",
            "· min_mean: from the experiments of accepted code, red or green; about 1",
            "  harmless build in 100 would be red by it",
        ]

    def test_a_branch_may_be_named(self, llmobs, accepted, tmp_path):
        git(tmp_path, "branch", "-m", "trunk")
        done = llmobs("experiments", "--history")
        assert "min_mean" not in done.stdout
        assert done.stderr == (
            "No min_mean is proposed: git names no branch of accepted code here. --branch does.\n"
        )
        assert "0.870" in llmobs("experiments", "--history", "--branch", "trunk").stdout
        assert llmobs("experiments", "--history", "--branch", "nowhere").returncode == 2

    def test_code_that_is_on_no_branch_supports_nothing(self, llmobs, accepted, store):
        for name in store.experiment_names():
            store.write_experiment(name, {**store.read_experiment(name), "commit": "0123456789ab"})
        assert "min_mean" not in llmobs("experiments", "--history").stdout


def test_history_of_an_empty_store(llmobs, tmp_path):
    (tmp_path / ".llmobs").mkdir()
    assert llmobs("experiments", "--history").stdout == "no whole experiment yet\n"


def test_a_slide_of_experiments_that_all_passed_is_told(llmobs, store, sliding):
    sliding(8)
    done = llmobs("experiments", "--limit", "2")
    assert "! tests/test_support.py::test_support_agent pass slid by -0.1" in " ".join(
        done.stdout.split("\n")
    )


def test_an_evaluation_that_was_killed_is_named_until_it_goes_on(llmobs, store):
    head = replace(read_experiment("calm-heron", store), name="curt-otter", trials=())
    Journal(store.layout.journal("curt-otter"), head).close()
    told = (
        "The evaluation 'curt-otter' ended early, without a verdict. "
        "evaluate(…, experiment='curt-otter') goes on where it stopped."
    )
    listed = llmobs("experiments")
    assert (listed.returncode, listed.stderr.splitlines()) == (0, [told])
    shown = llmobs("show", "curt-otter")
    assert (shown.returncode, shown.stdout) == (1, "")
    assert told in shown.stderr
    marker = store.begin_session("curt-otter", "0" * 32, "2026-11-30T12:00:00+00:00")
    assert llmobs("experiments").stderr == ""
    marker.end()
