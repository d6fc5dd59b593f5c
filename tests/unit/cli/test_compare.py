import json
from dataclasses import replace

import pytest

from pytest_llmobs.experiments.documents import experiment_from_dict, experiment_to_dict
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.cli.conftest import SUITE, make_experiment


def with_examples(experiment: Experiment, number: int) -> Experiment:
    """Return an experiment with more examples, all like its only one."""
    (plan,), (trial,) = experiment.suites, experiment.trials
    names = [f"e{each}" for each in range(number)]
    expected = [replace(plan.expected[0], example_id=name) for name in names]
    return replace(
        experiment,
        suites=(replace(plan, expected=tuple(expected), total=number),),
        trials=tuple(replace(trial, example_id=name) for name in names),
    )


@pytest.fixture
def eight(store: Store) -> None:
    """Give both experiments of the store eight examples."""
    for name in ("calm-heron", "brave-otter"):
        whole = with_examples(experiment_from_dict(store.read_experiment(name)), 8)
        store.write_experiment(name, experiment_to_dict(whole))


@pytest.mark.usefixtures("eight")
def test_two_experiments_side_by_side(llmobs):
    done = llmobs("compare", "calm", "brave-otter")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[:13] == [
        "A  calm-heron · 2026-11-22 10:00 UTC · 921dd62",
        "B  brave-otter · 2026-11-23 16:14 UTC · 921dd62",
        "",
        "  metric  baseline    now  Δ [90 % CI]               p     MDE  n  verdict",
        "─" * 78,
        "tests/test_support.py::test_support_agent · 8 examples",
        "✗ pass       1.000  0.000  −100 pp [−100, −35.0]  .003  100 pp  8  ▼ REGRESSED",
        "",
        "8 examples moved",
        "  example  metric    A    B       Δ",
        "───────────────────────────────────",
        "▼ e0       pass    1/1  0/1  −1.000",
        "▼ e1       pass    1/1  0/1  −1.000",
    ]


def test_one_look_at_one_example_proves_nothing(llmobs, store):
    done = llmobs("compare", "calm", "brave-otter")
    assert done.returncode == 0
    assert "any drop is possible" in done.stdout
    assert "▼ double-charge  pass    1/1  0/1  −1.000" in done.stdout


def test_the_better_one_is_green(llmobs, store):
    done = llmobs("compare", "brave-otter", "calm-heron")
    assert done.returncode == 0
    assert "▲ double-charge  pass    0/1  1/1  +1.000" in done.stdout


def test_an_experiment_equals_itself(llmobs, store):
    done = llmobs("compare", "calm-heron", "calm-heron")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "no example moved"


def test_machines_get_json(llmobs, store):
    done = llmobs("compare", "calm", "brave", "--json")
    compared = json.loads(done.stdout)
    assert (compared["before"], compared["after"]) == ("calm-heron", "brave-otter")
    assert compared["moved"][0]["difference"] == -1.0


def test_an_unknown_experiment_names_the_nearest(llmobs, store):
    done = llmobs("compare", "calm-heron", "brave-oter")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Unknown experiment 'brave-oter'. Did you mean 'brave-otter'? `llmobs experiments` lists them.\n"
    )


def test_two_names_are_needed(llmobs, store):
    done = llmobs("compare", "calm-heron")
    assert done.returncode == 2
    assert "the following arguments are required: B" in done.stderr


PAIRWISE = """
def by_length(outputs): return [len(str(each)) for each in outputs]
def wrong(prompt): return "A"
"""


@pytest.fixture
def sides(store, tmp_path):
    """Two experiments with stored outputs; the second one's are the shorter ones."""
    for name, answer in (("left", "a long answer"), ("right", "short")):
        spool = store.spool(name)
        experiment, tracer, trials = (
            make_experiment(name, "2026-01-01T00:00:00+00:00"),
            Tracer(project=name, sink=spool),
            [],
        )
        (plan,), (trial,) = experiment.suites, experiment.trials
        expected = [replace(plan.expected[0], example_id=f"e{n}") for n in range(12)]
        for each in expected:
            root = start_root(tracer, "app")
            root.end({"output": answer})
            trials.append(replace(trial, example_id=each.example_id, run_id=root.id))
        spool.close()
        experiment = replace(
            experiment, suites=(replace(plan, expected=tuple(expected), total=12),), trials=tuple(trials)
        )
        store.write_experiment(name, experiment_to_dict(experiment))
    (tmp_path / "judges.py").write_text(PAIRWISE)


def test_outputs_side_by_side_decide_too(llmobs, sides):
    done = llmobs("compare", "left", "right", "--pairwise", "judges.py::by_length")
    assert done.returncode == 1, done.stderr
    assert "by_length: A won 12, B won 0, 0 ties, of 12 pairs" in done.stdout
    assert "▼ B is worse" in done.stdout
    done = llmobs("compare", "right", "left", "--pairwise", "judges.py::by_length", "--both-orders", "--json")
    assert done.returncode == 0
    (found,) = json.loads(done.stdout)["pairwise"]
    assert (found["win_rate"], found["suite"], len(found["preferences"])) == (1.0, SUITE, 12)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("judges.py", "names no pairwise evaluator. Write MODULE:NAME or FILE::NAME"),
        ("judges.py::by_lenght", "has no pairwise evaluator 'by_lenght'. Did you mean 'by_length'?"),
        ("judges.py::wrong", "Evaluator 'wrong' has a parameter 'prompt' that stands for nothing."),
    ],
)
def test_a_wrong_evaluator_is_told_before_anything_is_printed(llmobs, sides, spec, message):
    done = llmobs("compare", "left", "right", "--pairwise", spec)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
