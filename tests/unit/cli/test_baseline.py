import json
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmobs.baselines.file import load_baseline, save_baseline
from pytest_llmobs.baselines.paths import baseline_path, texts_path
from pytest_llmobs.baselines.records import Baseline, BaselineRow, BaselineSession, SuiteRecord
from pytest_llmobs.baselines.texts import TextStore
from tests.unit.cli.conftest import git

SUITE = "tests/test_support.py::test_support_agent"


def row(*passes: float, tone: float = 0.9, hash: str = "h", session: str = "a") -> BaselineRow:
    scores = {"tone_quality": (tone,) * len(passes)}
    return BaselineRow(hash=hash, passes=passes, scores=scores, sessions={session: len(passes)})


BASELINE = Baseline(
    suite=SUITE,
    repeat=2,
    metrics={"tone_quality": "v1"},
    rows={"csv-export": row(1.0, 1.0, session="b"), "double-charge": row(1.0, 1.0)},
    sessions={"a": BaselineSession(commit="aaa"), "b": BaselineSession(commit="bbb")},
    texts=TextStore(),
)


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    """A repository with a committed baseline; the path of its file."""
    path = baseline_path(tmp_path / "llm-baselines", SUITE)
    save_baseline(path, BASELINE)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "llm-baselines")
    git(tmp_path, "commit", "-qm", "accept")
    return path


def test_nothing_changed(llmobs, committed):
    done = llmobs("baseline", "diff")
    assert (done.returncode, done.stdout, done.stderr) == (0, "no baseline differs from HEAD\n", "")


def test_a_changed_baseline_reads_well(llmobs, committed):
    rows = {
        "double-charge": row(0.0, 1.0, 0.0, tone=0.4),
        "add-seats": row(0.0, hash="x"),
        "csv-export": row(1.0, hash="n"),
    }
    save_baseline(committed, replace(BASELINE, repeat=3, metrics={"tone_quality": "v2"}, rows=rows))
    done = llmobs("baseline", "diff")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "llm-baselines/tests.test_support--test_support_agent.json",
        "  metric         HEAD    now       Δ",
        "  ──────────────────────────────────",
        "  pass          1.000  0.444  −0.556",
        "  tone_quality  0.900  0.733  −0.167",
        "",
        "    example        metric         HEAD    now       Δ",
        "  ───────────────────────────────────────────────────",
        "  ▼ double-charge  pass            2/2    1/3  −0.667",
        "  ▼ double-charge  tone_quality  0.900  0.400  −0.500",
        " · evaluator tone_quality: v1 -> v2",
        " · repeats: 2 -> 3",
        " · new: add-seats",
        " · edited: csv-export",
        " · known failures from now on: add-seats, double-charge",
    ]


def test_new_and_deleted_baselines(llmobs, committed):
    committed.unlink()
    save_baseline(committed.parent / "other.json", replace(BASELINE, suite="tests/test_other.py"))
    done = llmobs("baseline", "diff", "HEAD")
    assert done.stdout.splitlines() == [
        "llm-baselines/other.json",
        "  new: 2 examples",
        "",
        "llm-baselines/tests.test_support--test_support_agent.json",
        "  deleted: 2 examples",
    ]


def test_other_columns_of_a_baseline_may_change_alone(llmobs, committed):
    slower = {example: replace(row, latency=2.5) for example, row in BASELINE.rows.items()}
    save_baseline(committed, replace(BASELINE, rows=slower))
    assert " · no score changed: only times, costs or what was sent" in llmobs("baseline", "diff").stdout


def test_one_number_for_the_suite_is_compared_as_it_is(llmobs, committed):
    save_baseline(committed, replace(BASELINE, suite_scores={"f1": SuiteRecord(value=0.9, version="v")}))
    done = llmobs("baseline", "diff")
    assert "  f1                   0.900" in done.stdout
    assert "no score changed" not in done.stdout


def test_the_folder_is_found_from_below_or_named(llmobs, committed, tmp_path):
    deep = tmp_path / "tests" / "unit"
    deep.mkdir(parents=True)
    assert llmobs("baseline", "diff", cwd=deep).returncode == 0
    assert llmobs("baseline", "diff", "--dir", str(committed.parent), cwd=Path("/")).returncode == 0


def test_an_unknown_commit_says_what_may_be_missing(llmobs, committed):
    done = llmobs("baseline", "diff", "no-such-branch")
    assert done.returncode == 2
    assert done.stderr == (
        "llmobs: git knows no commit 'no-such-branch' here. Check its name with 'git branch --all'.\n"
    )


def test_diff_outside_git_says_so(llmobs, tmp_path):
    save_baseline(baseline_path(tmp_path / "llm-baselines", SUITE), BASELINE)
    done = llmobs("baseline", "diff")
    folder = str(tmp_path / "llm-baselines")
    assert done.returncode == 2
    assert done.stderr == f"llmobs: There is no commit 'HEAD': {folder!r} lies in no git repository.\n"


def test_diff_before_the_first_commit_says_so(llmobs, tmp_path):
    save_baseline(baseline_path(tmp_path / "llm-baselines", SUITE), BASELINE)
    git(tmp_path, "init", "-q")
    done = llmobs("baseline", "diff")
    assert done.stderr == "llmobs: git knows no commit 'HEAD' here. The repository has no commit yet.\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "There is no folder 'llm-baselines' in "),
        (
            ("--dir", "elsewhere"),
            "There is no folder 'elsewhere'. --llm-update-baseline writes baselines to one.",
        ),
    ],
)
def test_no_folder_of_baselines(llmobs, words, message):
    done = llmobs("baseline", "diff", *words)
    assert done.returncode == 2
    assert message in done.stderr


def test_without_an_action_it_is_the_difference(llmobs, committed):
    assert llmobs("baseline") == llmobs("baseline", "diff")


def test_machines_learn_what_changed(llmobs, committed):
    assert json.loads(llmobs("baseline", "diff", "--json").stdout) == []
    rows = {"double-charge": row(0.0, 1.0), "csv-export": BASELINE.rows["csv-export"]}
    save_baseline(committed, replace(BASELINE, rows=rows, repeat=3))
    save_baseline(committed.parent / "other.json", replace(BASELINE, suite="tests/test_other.py"))
    other, change = json.loads(llmobs("baseline", "diff", "--json").stdout)
    assert (other["suite"], other["examples"]) == ("tests/test_other.py", {"then": None, "now": 2})
    assert (change["suite"], change["examples"]) == (SUITE, {"then": 2, "now": 2})
    assert change["means"][0] == {"metric": "pass", "then": 1.0, "now": 0.75, "difference": -0.25}
    (moved,) = change["moved"]
    assert (moved["name"], moved["metric"], moved["after"]) == ("double-charge", "pass", [0.0, 1.0])
    assert change["remarks"] == ["repeats: 2 -> 3", "known failures from now on: double-charge"]


def test_accept_takes_no_folder(llmobs, store):
    done = llmobs("baseline", "accept", "--dir", "elsewhere")
    assert done.returncode == 2
    assert "`accept` records where the ini key llm_baseline_dir says; leave --dir out." in done.stderr


def test_machines_learn_what_would_be_accepted(llmobs, store):
    done = llmobs("baseline", "accept", "--dry-run", "--json")
    document = json.loads(done.stdout)
    assert (document["experiment"], document["status"]) == ("brave-otter", None)
    assert document["command"][:2] == ["pytest", document["tests"][0]]


def test_baselines_of_gone_test_files_are_dropped(llmobs, store, committed):
    done = llmobs("baseline", "prune", "--dry-run")
    text = f"drop {committed.name}: {SUITE} has no test file any more\n"
    assert (done.returncode, done.stdout) == (0, f"would {text}")
    assert committed.exists()
    told = json.loads(llmobs("baseline", "prune", "--dry-run", "--json").stdout)
    assert told == {"dry_run": True, "dropped": [text.removeprefix("drop ").rstrip()]}
    assert llmobs("baseline", "prune").stdout == text.replace("drop ", "dropped ")
    assert not committed.exists()
    assert not texts_path(committed).exists()


def test_rows_of_gone_examples_are_dropped(llmobs, store, committed, tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_support.py").touch()
    done = llmobs("baseline", "prune")
    assert done.stdout == f"dropped {committed.name}: csv-export: no longer in the dataset\n"
    kept = load_baseline(committed)
    assert kept is not None
    assert list(kept.rows) == ["double-charge"]
    assert list(kept.sessions) == ["a"]
    assert kept.texts is not None
    again = llmobs("baseline", "prune")
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr == "Nothing to drop: every baseline has its test file, every row its example.\n"


def test_a_selection_drops_no_rows(llmobs, store, committed, tmp_path):
    from pytest_llmobs.experiments.documents import experiment_from_dict, experiment_to_dict

    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_support.py").touch()
    for name in ("calm-heron", "brave-otter"):
        experiment = experiment_from_dict(store.read_experiment(name))
        selected = replace(experiment, suites=[replace(plan, total=2) for plan in experiment.suites])
        store.write_experiment(name, experiment_to_dict(selected))
    assert llmobs("baseline", "prune").stdout == ""


def test_accepting_runs_fresh_repeats_of_what_is_red(llmobs, store):
    done = llmobs("baseline", "accept", "--dry-run")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"pytest {SUITE} --llm-experiment --llm-update-baseline\n"


def test_nothing_to_accept(llmobs, store):
    done = llmobs("baseline", "accept", "calm-heron", "--dry-run")
    assert (done.returncode, done.stderr) == (
        1,
        "Nothing to accept in 'calm-heron': every suite is as its baseline. --all records anyway.\n",
    )
    assert llmobs("baseline", "accept", "calm-heron", "--dry-run", "--all").returncode == 0


TEST_FILE = """
import pytest

def support_agent(question):
    return "We refund it."

DATASET = [{"id": "double-charge", "inputs": {"question": "Charged twice!"}}]

@pytest.mark.llm_dataset(DATASET, target=support_agent)
def test_support_agent(example, llm_run):
    assert "refund" in llm_run.outputs["output"]

def test_other():
    raise AssertionError("not a part of what is accepted")
"""


def test_accepting_records_a_baseline_in_the_rootdir(process, store, tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_support.py").write_text(TEST_FILE)
    done = process("baseline", "accept", cwd=tmp_path / "tests", PYTHONWARNINGS="ignore")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        0,
        f"pytest {SUITE} --llm-experiment --llm-update-baseline",
    )
    assert "BASELINE RECORDED" in done.stdout
    recorded = load_baseline(baseline_path(tmp_path / "llm-baselines", SUITE))
    assert recorded is not None
    assert {example: list(row.passes) for example, row in recorded.rows.items()} == {
        "double-charge": [1.0] * 5
    }


def test_what_pytest_prints_is_no_part_of_the_document(process, store, tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_support.py").write_text(TEST_FILE)
    done = process("baseline", "accept", "--json", PYTHONWARNINGS="ignore")
    assert "BASELINE RECORDED" in done.stderr
    document = json.loads(done.stdout)
    assert (document["tests"], document["status"]) == ([SUITE], 0)


def test_a_failed_recording_is_not_done(process, store, tmp_path):
    done = process("baseline", "accept", PYTHONWARNINGS="ignore")
    assert done.returncode == 1
    assert "not found" in done.stdout + done.stderr
