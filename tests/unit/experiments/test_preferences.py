"""The stored outputs of two experiments, shown to a pairwise evaluator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmobs.evaluators.pair_results import PairwiseResult, Preference
from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.experiments.preferences import SuitePreferences, compare_outputs
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.pages.preferences import preference_section
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer


@pytest.fixture
def store(tmp_path: Path, world):
    """Two experiments over e000 to e003; the second answers at more length, but its e003 raised; e002 was edited."""
    store = Store(tmp_path / ".llmobs")
    for name, words in (("calm-heron", 1), ("brave-otter", 3)):
        spool = store.spool(name)
        w, tracer, trials = world(4, repeat=2), Tracer(project=name, sink=spool), []
        for trial in w.trials():
            root = start_root(
                tracer, "app", inputs={"q": trial.example_id}, columns={"reference_outputs": {"gold": "g"}}
            )
            failed = trial.example_id == "e003" and words == 3
            root.end(None if failed else {"output": "word " * words}, "down" if failed else None)
            edited = trial.example_id == "e002" and words == 3
            content = "other" if edited else trial.example_hash
            trials.append(replace(trial, run_id=root.id, example_hash=content))
        spool.close()
        experiment = Experiment(
            name=name, started="2026-01-01T00:00:00Z", duration=1, suites=(w.plan,), trials=tuple(trials)
        )
        store.write_experiment(name, experiment_to_dict(experiment))
    return store


def test_pairs_are_what_both_have_with_the_same_content(store):
    seen = []

    def longer(outputs, inputs, reference_outputs, example):
        seen.append((inputs["q"], reference_outputs, example.id))
        return [len(each["output"]) for each in outputs]

    (found,) = compare_outputs(longer, "calm-heron", "brave-otter", store, concurrency=1)
    assert {(p.example_id, p.repeat, p.winner) for p in found.result.preferences} == {
        (example, repeat, None if example == "e003" else "second")
        for example in ("e000", "e001", "e003")
        for repeat in (1, 2)
    }
    assert found.result.shares == {"e000": 1.0, "e001": 1.0}
    assert seen[0] == ("e000", {"gold": "g"}, "e000")
    assert found.lacking
    assert "has no outputs" in next(p.error for p in found.result.preferences if p.error)
    (turned,) = compare_outputs(longer, "brave-otter", "calm-heron", store.root)
    assert turned.result.win_rate == 0.0


def result(first, second, ties=0, failed=0, bias=None):
    winners = ["first"] * first + ["second"] * second + ["tie"] * ties + [None] * failed
    return SuitePreferences(
        "t.py::a",
        PairwiseResult(
            "prefer",
            [
                Preference(
                    f"e{n:02}",
                    winner,
                    n % 2 == 0,
                    place=None if winner in ("tie", None) else bias or n % 2 + 1,
                    comment="it is warmer" if winner else "",
                    error=None if winner else "Traceback\n  …\nKeyError: 'nothing'",
                )
                for n, winner in enumerate(winners)
            ],
        ),
    )


@pytest.mark.parametrize(
    ("found", "worse", "better", "lacking"),
    [
        (result(2, 18), False, True, False),
        (result(18, 2), True, False, False),
        (result(10, 10), False, False, False),
        (result(0, 0, ties=20), False, False, False),
        (result(2, 18, failed=1), False, True, False),
        (result(2, 18, failed=2), False, True, True),
        (result(0, 0), False, False, True),
    ],
)
def test_the_whole_interval_decides(found, worse, better, lacking):
    assert (found.worse, found.better, found.lacking) == (worse, better, lacking)


def test_repeats_of_an_example_share_one_vote():
    preferences = [Preference("a", "second", True, repeat=n) for n in range(1, 100)] + [
        Preference("b", "first", True)
    ]
    found = SuitePreferences("s", PairwiseResult("prefer", preferences))
    assert found.result.win_rate == 0.5
    assert found.result.p_value == 1.0
    assert found.interval[1] - found.interval[0] > 0.5


def test_it_reads_as_a_verdict_with_its_reasons():
    assert preference_section([result(14, 2, ties=1, failed=0)], Page())[:8] == [
        "t.py::a",
        "prefer: A won 14, B won 2, 1 tie, of 17 pairs",
        "B's win rate 0.147 (90 % interval 0.056 to 0.335, p .004), 0.5 is even",
        "whichever stood first won 50% of the decided pairs (p 1): no sign of a position",
        "bias",
        "▼ B is worse",
        "example  won  stood first  reason",
        "───────────────────────────────────────",
    ]


def test_what_speaks_against_it_comes_first():
    text = "\n".join(preference_section([result(3, 12, failed=5, bias=1)], Page()))
    assert "! whichever stood first won 100% of the decided pairs (p <.001): the evaluator" in text
    assert "✗ too little data: 5 of 20 pairs have no preference" in text
    assert text.index("KeyError: 'nothing'") < text.index("it is warmer")
    assert "… 10 more: --all" in text
    assert "--all" not in "\n".join(preference_section([result(3, 12)], Page(), everything=True))
    assert preference_section([], Page()) == ["! no suite is in both: nothing to show side by side"]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_goes_beyond_the_page(width):
    lines = preference_section([result(9, 9, ties=3, failed=3)], Page(width=width))
    assert max(map(cells.width, lines)) <= width
