"""What an evaluation comes to: nothing passes because its failures were lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs import evaluate
from pytest_llmobs.client.results.experiment import ExperimentResults
from pytest_llmobs.client.results.summaries import SummaryScores
from pytest_llmobs.errors import ArgumentError, UnscoredError
from pytest_llmobs.records.experiments import SuiteScore
from tests.unit.client.evaluating import client_in
from tests.unit.client.evaluations import SUITE, ended, plan_of, row, workspace_in


def summaries(
    folder: Path, rows: Sequence[Any], ids: Sequence[str], *, repeat: int = 1, **more: Any
) -> SummaryScores:
    evaluation = ended(plan_of(ids, repeat=repeat), rows, **more)
    return ExperimentResults(evaluation, workspace_in(folder)).summary_scores


def test_a_mean_is_over_all_expected_examples(tmp_path: Path) -> None:
    ids = list("abcdef")
    rows = [row(id, tone=1.0) for id in "abcd"]
    rows.append(row("e", error="ValueError: no answer"))  # and "f" never ran
    tone = summaries(tmp_path, rows, ids)["tone"]
    assert tone.mean == pytest.approx(4 / 6)
    assert (tone.scored_mean, tone.scored, tone.expected, tone.missing) == (1.0, 4, 6, 2)
    assert str(tone) == "0.667, 2 of 6 missing, 1.000 over the others"
    assert float(tone) == tone.mean


def test_examples_weigh_alike_however_many_of_their_repeats_have_a_score(tmp_path: Path) -> None:
    rows = [row("a", tone=1.0, repeat=1), row("a", tone=None, repeat=2)]
    rows += [row("b", tone=0.0, repeat=1), row("b", tone=0.5, repeat=2)]
    tone = summaries(tmp_path, rows, ["a", "b"], repeat=2)["tone"]
    assert tone.mean == pytest.approx((0.5 + 0.25) / 2)
    assert tone.scored_mean == pytest.approx((1.0 + 0.25) / 2)
    assert tone.missing == 1


def test_where_every_example_lacks_a_repeat_there_are_no_others(tmp_path: Path) -> None:
    rows = [row("a", tone=1.0, repeat=1), row("b", tone=1.0, repeat=1)]
    tone = summaries(tmp_path, rows, ["a", "b"], repeat=2)["tone"]
    assert str(tone) == "0.500, each of 2 missing in some repeat, 1.000 over what is there"


def test_beyond_0_to_1_nothing_stands_for_a_missing_score(tmp_path: Path) -> None:
    rows = [row("a", tone=40.0), row("b", error="ValueError: no")]
    tone = summaries(tmp_path, rows, ["a", "b"])["tone"]
    assert tone.mean is None
    assert str(tone) == "no mean, 1 of 2 missing, 40.000 over the others"
    with pytest.raises(UnscoredError, match="'tone' has no mean: 1 of 2 examples have no score"):
        float(tone)
    whole = summaries(tmp_path, [row("a", tone=40.0), row("b", tone=20.0)], ["a", "b"])
    assert whole["tone"].mean == 30.0


def test_where_every_target_failed_the_mean_is_nought(tmp_path: Path) -> None:
    tone = summaries(tmp_path, [row("a", error="ValueError: no")], ["a"])["tone"]
    assert (tone.mean, tone.missing) == (0.0, 1)
    assert str(tone) == "0.000, 1 of 1 missing: ValueError: no"


def test_an_evaluator_that_always_fails_says_why(tmp_path: Path) -> None:
    client = client_in(tmp_path)

    def zipped(outputs: dict[str, Any]) -> float:
        raise KeyError("zip")

    data = [{"inputs": {"q": "a"}}, {"inputs": {"q": "b"}}]
    found = evaluate(lambda inputs: inputs, data=data, evaluators=[zipped], client=client).summary_scores
    assert repr(found) == "zipped  0.000, 2 of 2 missing: KeyError: 'zip'"


def test_labels_are_counted(tmp_path: Path) -> None:
    rows = [row("a", tone="polite"), row("b", tone="rude"), row("c", tone="polite"), row("d", error="E: no")]
    tone = summaries(tmp_path, rows, list("abcd"))["tone"]
    assert tone.labels == {"polite": 2, "rude": 1}
    assert str(tone) == "polite 2, rude 1, 1 of 4 missing"


def test_summary_evaluators_stand_beside_them(tmp_path: Path) -> None:
    scores = [
        SuiteScore(suite=SUITE, metric="f1", evaluator="f1", score=0.75, comment="macro"),
        SuiteScore(suite=SUITE, metric="spread", evaluator="spread", error="Traceback …\nValueError: no"),
    ]
    found = summaries(tmp_path, [row("a")], ["a"], suite_scores=scores)
    assert (found["f1"].mean, found["f1"].summarises, found["f1"].comment) == (0.75, True, "macro")
    assert str(found["spread"]) == "no mean: ValueError: no"
    assert list(found) == ["tone", "f1", "spread"]


def test_they_print_as_a_table(tmp_path: Path) -> None:
    scores = [SuiteScore(suite=SUITE, metric="accuracy", evaluator="accuracy", score=0.75)]
    found = summaries(tmp_path, [row("a")], ["a"], suite_scores=scores)
    assert repr(found) == "tone      0.500\naccuracy  0.750"


def test_a_wrong_name_is_told_with_the_near_ones(tmp_path: Path) -> None:
    found = summaries(tmp_path, [row("a")], ["a"])
    with pytest.raises(ArgumentError, match=r"Unknown metric 'tonne'\. Did you mean 'tone'\? Known: tone\."):
        found["tonne"]
    assert "tonne" not in found
    assert found.get("tonne") is None
