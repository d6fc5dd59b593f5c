"""Judges held against labels, and the committed file that a gate checks."""

from __future__ import annotations

import json

import pytest

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators import all_of, at_least, bind, min_length
from pytest_llmobs.evaluators.judging.calibration import calibrate, judge_cases, measure_drift
from pytest_llmobs.evaluators.judging.calibration_file import (
    calibration_path,
    check_calibration,
    load_calibration,
    save_calibration,
)
from pytest_llmobs.evaluators.judging.judge import Judge
from pytest_llmobs.evaluators.judging.labels import LabelledCase


def says(prompt):
    """A model that scores what the judged output says: ``0.9 because of x``."""
    output = prompt.rpartition("<output-")[2].partition(">\n")[2].partition("\n")[0]
    raw, _, reason = output.partition(" ")
    return json.dumps({"reason": reason or "none", "score": json.loads(raw)}) if raw != "?" else "no idea"


def case(name, label, said):
    return LabelledCase(name, {"q": name}, {"output": f"{said} reason {name}"}, label)


TONE = Judge("tone", rubric="Polite?", model=says)
CASES = [
    case("a", True, 0.9),
    case("b", True, 0.2),
    case("c", False, 0.1),
    case("d", False, 0.3),
    case("e", True, 0.8),
]


def calibrated(judge, cases, **options):
    return calibrate(judge, cases, judge_cases(judge, cases), **options)


def test_a_share_is_compared_at_the_threshold():
    result = calibrated(TONE, CASES)
    assert result.result.n == 5
    assert result.result.agreement == 0.8
    assert result.result.confusion == {"False": {"False": 2}, "True": {"False": 1, "True": 2}}
    assert calibrated(TONE, CASES, threshold=0.85).result.agreement == 0.6
    (worst,) = result.disagreements()
    assert (worst.id, worst.label, worst.judged, worst.score) == ("b", True, False, 0.2)
    assert "reason b" in worst.comment


def test_the_worst_disagreements_come_first():
    cases = [
        case("mild", True, 0.45),
        case("bad", True, 0.0),
        case("silent", False, "?"),
        case("fine", True, 1),
    ]
    assert [c.id for c in calibrated(TONE, cases).disagreements()] == ["silent", "bad", "mild"]
    assert [c.id for c in calibrated(TONE, cases).disagreements(1)] == ["silent"]


def test_no_verdict_counts_as_a_disagreement():
    result = calibrated(TONE, [case("a", True, 0.9), case("b", True, "?"), case("c", False, "?")])
    assert result.unscored == 2
    assert result.result.agreement == pytest.approx(1 / 3)


def test_steps_weigh_by_distance_and_labels_count_alike():
    steps = TONE(scale="1-5")
    result = calibrated(steps, [case("a", 5, 4), case("b", 1, 1), case("c", 3, 3)])
    assert (result.cases[0].label, result.cases[0].judged) == (5, 4)
    assert result.result.agreement == pytest.approx(2 / 3)
    assert result.result.kappa > 0.9
    labels = TONE(scale=["rude", "polite"])
    assert (
        calibrated(labels, [case("a", "rude", '"rude"'), case("b", "polite", '"rude"')]).result.agreement
        == 0.5
    )


@pytest.mark.parametrize(
    ("scale", "label"), [("0-1", 4), ("0-1", "good"), ("1-5", 6), (["a", "b"], "c"), (["a", "b"], True)]
)
def test_a_label_off_the_scale_names_its_case(scale, label):
    judge = TONE(scale=scale)
    with pytest.raises(EvaluatorError, match="Case 'a': the label is not on the scale of judge 'tone'"):
        calibrate(judge, [case("a", label, 1)], judge_cases(judge, [case("a", label, 1)]))


def test_the_file_comes_back_as_it_was_with_a_case_a_line(tmp_path):
    before = calibrated(TONE, [*CASES, case("f", True, "?")])
    path = calibration_path(tmp_path, "tone")
    assert path == tmp_path / "judges" / "tone.json"
    save_calibration(before, path)
    assert load_calibration(path) == before
    assert sum('"id"' in line for line in path.read_text().splitlines()) == 6
    first = path.read_bytes()
    save_calibration(load_calibration(path), path)
    assert path.read_bytes() == first


def test_reasons_are_committed_without_secrets(tmp_path):
    path = tmp_path / "tone.json"
    save_calibration(calibrated(TONE, [case("a", True, "1 sk-ant-api03-AbCdEfGhIjKlMnOp")]), path)
    assert "[redacted: anthropic key]" in path.read_text()
    assert "AbCdEfGh" not in path.read_text()


def test_two_keys_never_share_a_file(tmp_path):
    assert calibration_path(tmp_path, "a/b") != calibration_path(tmp_path, "a_b")
    assert calibration_path(tmp_path, "../x").parent == tmp_path / "judges"


def test_a_gate_trusts_only_a_fresh_and_good_enough_calibration(tmp_path):
    path = calibration_path(tmp_path, "tone")
    assert "is not calibrated" in check_calibration(TONE, 0.5, tmp_path)
    assert "llmobs judge calibrate" in check_calibration(TONE, 0.5, tmp_path)
    save_calibration(calibrated(TONE, CASES), path)
    assert check_calibration(TONE, 0.5, tmp_path) is None
    assert check_calibration(bind(TONE, {}), 0.5, tmp_path) is None
    for bounded in (TONE.where(tier="gold"), at_least(TONE, 0.7), at_least(TONE.where(tier="gold"), 0.7)):
        assert check_calibration(bind(bounded, {}), 0.5, tmp_path) is None
    for other in (min_length, all_of(TONE, min_length)):
        message = f"{other.key!r} is no judge, so it can't be calibrated."
        assert check_calibration(bind(other, {}), 0.5, tmp_path).startswith(message)
    below = check_calibration(TONE, 0.7, tmp_path)
    assert "has kappa 0.62 (95 % interval" in below
    assert "0.7 is asked for" in below
    assert "stale: the rubric, criteria or examples changed" in check_calibration(
        TONE(rubric="Else?"), 0.5, tmp_path
    )
    other = check_calibration(TONE(model="claude-haiku-5-5"), 0.5, tmp_path)
    assert "stale: model says -> claude-haiku-5-5" in other
    assert "its scale, votes, settings or our wording changed" in check_calibration(
        TONE(votes=3), 0.5, tmp_path
    )
    path.write_text("{")
    assert "can't be read" in check_calibration(TONE, 0.5, tmp_path)
    path.write_text('{"schema": 99, "cases": []}')
    assert "has schema 99, this version reads 1" in check_calibration(TONE, 0.5, tmp_path)


def test_labels_that_are_all_the_same_prove_nothing(tmp_path):
    save_calibration(calibrated(TONE, [case("a", True, 1)]), calibration_path(tmp_path, "tone"))
    assert "has no kappa" in check_calibration(TONE, 0.0, tmp_path)


def test_drift_compares_case_by_case():
    before = calibrated(TONE, CASES)
    moved = [case("a", True, 0.9), case("c", False, 0.1)]
    drifted = judge_cases(TONE, [case("a", True, 0.3), case("c", False, 0.2)])
    now = calibrate(TONE, moved, drifted)
    drift = measure_drift(before, now)
    assert drift.n == 2
    assert [c.id for c in drift.changed] == ["a"]
    assert drift.shift == pytest.approx((-0.6 + 0.1) / 2)
    assert drift.missing == ["b", "d", "e"]
    assert drift.before == before.result.kappa
