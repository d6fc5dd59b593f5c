import json

import pytest

from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.reports.glossary import PAGE
from pytest_llmobs.storage.parquet.lookup import WHERE_IDS_STAND
from tests.unit.cli.conftest import NODEID, make_experiment


def test_an_experiment_reads_as_at_its_sessions_end(llmobs, store, run_id):
    done = llmobs("show", "brave-otter")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "brave-otter · 2026-11-23 16:14 UTC · 921dd62",
        "  metric        baseline    now  Δ        n  verdict",
        "─" * 56,
        "tests/test_support.py::test_support_agent · 1 example",
        "✗ pass             1.000  0.000  −100 pp  1  ▼ REGRESSED",
        "  tone_quality            0.310           1  · not gated",
        "",
        "✗ 1 example broke",
        "  ✗ double-charge  pass 5/5 → 0/4 trials: assert 0.31 >= 0.7",
        "",
        "1 trial in 1.50 s: 1 failed",
        "app $0.0123 (1 call, 1.4k tokens)",
        "",
        "RED: pass regressed, 1 example broke",
        f"  look closer   llmobs show {run_id}",
        "  rerun broken  pytest --llm-experiment 'tests/test_support.py::test_support_agent[double-charge]'",
        "  accept        pytest --llm-experiment --llm-update-baseline",
        f"  the words     llmobs explain · {PAGE}",
    ]


def test_without_a_name_the_newest_is_shown(llmobs, store):
    assert llmobs("show").stdout.startswith("brave-otter · ")


def test_the_beginning_of_a_name_is_enough(llmobs, store):
    assert llmobs("show", "calm").stdout.startswith("calm-heron · ")


def test_a_store_given_by_name_is_part_of_the_commands(llmobs, store, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = llmobs("show", "--store", str(store.root), cwd=elsewhere)
    assert f"--store {store.root}" in done.stdout


def test_a_run_shows_its_test_its_tree_and_its_payloads(llmobs, store, run_id):
    done = llmobs("show", run_id)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("support_agent · chain · success · 20")
    assert lines[1] == f"project brave-otter · run {run_id}"
    assert lines[3:7] == [
        "failed  tests/test_support.py::test_support_agent[double-charge]",
        "· tone_quality 0.31: Cold reply.",
        "failure    assert 0.31 >= 0.7",
        "",
    ]
    assert lines[7].startswith("support_agent       chain ")
    assert lines[8].startswith("└─ messages.create  llm ")
    assert lines[10:13] == [
        "inputs     question: I was charged twice.",
        "           customer_name: Ana",
        "output     We will look into it.",
    ]
    assert lines[14].startswith("messages.create · llm · ")
    assert lines[15:] == [
        "inputs     system: You help.",
        "           messages:",
        "             user: I was charged twice.",
        "output     We will look into it.",
    ]


def test_the_beginning_of_an_id_is_enough(llmobs, store, run_id):
    assert f"run {run_id}" in llmobs("show", run_id[:24].upper()).stdout


def test_a_run_below_the_root_is_shown_alone(llmobs, store):
    child = next(store.runs(is_root=False))
    shown = llmobs("show", child.id).stdout
    assert shown.startswith("messages.create · llm")
    assert "support_agent  " not in shown


def test_machines_get_json(llmobs, store, run_id):
    experiment = json.loads(llmobs("show", "brave-otter", "--json").stdout)
    assert (experiment["name"], experiment["red"]) == ("brave-otter", True)
    assert experiment["trials"][0]["scores"]["tone_quality"]["score"] == 0.31
    run = json.loads(llmobs("show", run_id, "--json").stdout)
    assert (run["id"], run["inputs"]["customer_name"]) == (run_id, "Ana")
    assert [child["name"] for child in run["child_runs"]] == ["messages.create"]


def test_broken_examples_as_node_ids_for_pytest(llmobs, store):
    done = llmobs("show", "brave-otter", "--broken")
    assert (done.returncode, done.stdout) == (0, "tests/test_support.py::test_support_agent[double-charge]\n")


def test_no_broken_example_fails_so_that_pytest_runs_nothing(llmobs, store):
    done = llmobs("show", "calm-heron", "--broken")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "No example broke in 'calm-heron'.\n")


def test_broken_is_not_for_runs(llmobs, store, run_id):
    done = llmobs("show", run_id, "--broken")
    assert (done.returncode, done.stderr) == (2, f"{run_id!r} is a run; --broken is for an experiment.\n")


@pytest.mark.parametrize(
    ("which", "message"),
    [
        (
            "brave-oter",
            "Unknown experiment 'brave-oter', and no run's id either. Did you mean 'brave-otter'? "
            "`llmobs experiments` lists them.",
        ),
        ("abc", "'abc' is too short for a run's id. Give its first 6 letters at least."),
        ("abcdef012", f"No run has the id 'abcdef012'. {WHERE_IDS_STAND}"),
    ],
)
def test_a_miss_says_what_there_is(llmobs, store, which, message):
    done = llmobs("show", which)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{message}\n")


@pytest.mark.parametrize("letters", [36, 8])
def test_a_trial_whose_trace_was_left_out_says_so(llmobs, store, letters):
    run_id = "01a213b9-ecd0-7ded-9494-cd69d06b83e9"
    thinned = make_experiment("thinned", "2026-11-24T10:00:00+00:00", run_id=run_id)
    store.write_experiment("thinned", experiment_to_dict(thinned))
    done = llmobs("show", run_id[:letters])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"The trace of {run_id!r} isn't stored. It is the trial {NODEID} (passed) of 'thinned'. An llm_sample_rate "
        "below 1 leaves out traces of trials that passed; llm_keep says which of them to store all the same.\n"
    )


def test_an_ambiguous_name_lists_its_meanings(llmobs, store, older):
    older(3)
    done = llmobs("show", "old")
    assert (done.returncode, done.stderr) == (
        1,
        "Several experiments' names begin with 'old': old-00, old-01, old-02.\n",
    )
    older(40)
    assert llmobs("show", "old").stderr.endswith(", old-06, old-07 and 32 more.\n")


def test_an_empty_store_has_nothing_to_show(llmobs, tmp_path):
    (tmp_path / ".llmobs").mkdir()
    done = llmobs("show")
    assert done.returncode == 1
    assert done.stderr == (
        f"No experiment in {str(tmp_path / '.llmobs')!r} yet. `pytest --llm-experiment` makes one, and so does "
        "`llmobs eval`.\n"
    )
    assert llmobs("show", "what-ever").stderr.endswith("The store holds none yet.\n")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--report", "json"], "llmobs report json"),
        (["brave", "--report", "json:a b.json", "--json"], "llmobs report brave-otter 'json:a b.json'"),
        (["--report=json", "--store", ".llmobs"], "llmobs report json --store .llmobs"),
    ],
)
def test_reports_are_made_by_a_command_of_their_own(llmobs, store, words, line):
    done = llmobs("show", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"`llmobs show` prints; reports are made with `{line}`.\n"


def test_a_run_has_no_report(llmobs, store, run_id):
    done = llmobs("show", run_id, "--report", "json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is a run; --report is for an experiment" in done.stderr


def test_an_ambiguous_id_names_its_candidates(llmobs, store):
    ids = sorted(run.id for run in store.runs())
    done = llmobs("show", ids[0][:8])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"Several runs' ids begin with {ids[0][:8]!r}: {', '.join(ids)}. Give more of the one you mean.\n"
    )
