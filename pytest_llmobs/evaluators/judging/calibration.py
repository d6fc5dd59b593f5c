"""Whether a judge says what people say: its scores held against labels, and against its own earlier scores."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.evaluators.judging.judge import Judge
from pytest_llmobs.evaluators.judging.labels import LabelledCase
from pytest_llmobs.evaluators.judging.scale import Labels, Steps, UnusableReplyError
from pytest_llmobs.measures.agreement import Agreement, agree
from pytest_llmobs.records.examples import content_hash
from pytest_llmobs.records.scores import Score

SHARE_PASSES = 0.5
"""On a scale from 0 to 1 a case passes from here on, unless the caller says otherwise."""


@dataclass(frozen=True, kw_only=True)
class JudgedCase:
    """One labelled case with the judge's word on it."""

    id: str
    hash: str
    """Content hash of the case, its label included."""
    label: Any
    """The people's category."""
    judged: Any
    """The judge's category; None where it gave none."""
    score: float | None = None
    """The judge's number."""
    comment: str = ""
    """The judge's reason, or why there is no verdict."""
    output: str = field(default="", compare=False)
    """What was judged, as text; not in the committed file."""
    note: str = field(default="", compare=False)
    """The people's reason; not in the committed file."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A judge held against people's labels."""

    judge: str
    """The judge's key."""
    version: str
    """The judge's version when it was calibrated."""
    models: Sequence[str]
    rubric: str
    """Hash of the rubric, criteria and graded examples."""
    threshold: float
    """From where on a number counts as passed, on a scale from 0 to 1."""
    unscored: int
    """Cases without a verdict; they count as disagreements."""
    result: Agreement
    cases: Sequence[JudgedCase]

    def disagreements(self, most: int = 10) -> list[JudgedCase]:
        """Return the worst disagreements: unscored ones first, then by how far the judge's number lies off."""
        wrong = [case for case in self.cases if case.judged != case.label]
        return sorted(wrong, key=lambda case: (-_distance(case), case.id))[:most]


def _distance(case: JudgedCase) -> float:
    if case.judged is None:
        return 2.0
    if case.score is None or not isinstance(case.label, bool | int | float):
        return 1.0
    if isinstance(case.label, bool):
        return abs(float(case.label) - case.score)
    return abs(float(case.label) - float(case.judged))


def judge_cases(judge: Judge, cases: Sequence[LabelledCase], concurrency: int = 8) -> list[Score]:
    """Have ``judge`` score labelled cases, ``concurrency`` at once; the scores come in the order of the cases."""
    bound = bind(judge, {})
    with ThreadPoolExecutor(max_workers=max(1, concurrency)) as pool:
        return list(pool.map(lambda case: bound.score(case.subject())[0], cases))


def calibrate(
    judge: Judge, cases: Sequence[LabelledCase], scores: Sequence[Score], threshold: float = SHARE_PASSES
) -> Calibration:
    """Hold a judge's scores against people's labels.

    Args:
        judge: The judge.
        cases: Labelled on the judge's scale, or with true and false.
        scores: The judge's scores, in the order of the cases.
        threshold: On a scale from 0 to 1, from where on a number counts as passed.

    Raises:
        EvaluatorError: A label is not on the judge's scale, or there are no cases.
    """
    if not cases:
        raise EvaluatorError("There is no labelled case to calibrate with.")
    judged: list[JudgedCase] = []
    unscored = 0
    for case, score in zip(cases, scores, strict=True):
        judged.append(_judged(judge, case, score, threshold))
        if judged[-1].judged is None:
            unscored += 1
    return Calibration(
        judge=judge.key,
        version=judge.version,
        models=[model.name for model in judge.models],
        rubric=rubric_hash(judge),
        threshold=threshold,
        unscored=unscored,
        result=_agreement(judge, judged),
        cases=judged,
    )


def _agreement(judge: Judge, cases: Sequence[JudgedCase]) -> Agreement:
    labels: list[Hashable] = []
    categories: list[Hashable] = []
    for case in cases:
        labels.append(case.label)
        if case.judged is None:
            # A category of its own, so that a judge can't raise its agreement by keeping silent.
            categories.append("(unscored)")
        else:
            categories.append(case.judged)
    return agree(labels, categories, _order(judge, cases))


def rubric_hash(judge: Judge) -> str:
    """Return the hash over what the judge was told: rubric, criteria, graded examples."""
    return content_hash([judge.rubric, list(judge.criteria), list(map(dict, judge.examples))])


def _judged(judge: Judge, case: LabelledCase, score: Score, threshold: float) -> JudgedCase:
    label = label_of(judge, case, threshold)
    number = category = None
    if score.score is not None:
        number = float(score.score)
    if not score.unscored:
        category = _category(judge, score, threshold, isinstance(label, bool))
    return JudgedCase(
        id=case.id,
        hash=case.hash,
        label=label,
        judged=category,
        score=number,
        comment=score.comment or score.error or "",
        output="\n".join(map(str, case.outputs.values())),
        note=case.note,
    )


def label_of(judge: Judge, case: LabelledCase, threshold: float = SHARE_PASSES) -> Any:
    """Return the people's category, from a label on the judge's scale or a plain true or false.

    Raises:
        EvaluatorError: The label is on another scale.
    """
    if isinstance(case.label, bool) and not isinstance(judge.scale_read, Labels):
        return case.label
    if judge.criteria:
        raise EvaluatorError(f"{case.place}: the label {case.label!r} of a checklist must be true or false.")
    try:
        reading = judge.scale_read.read(case.label)
    except UnusableReplyError as error:
        raise EvaluatorError(
            f"{case.place}: the label is not on the scale of judge {judge.key!r}: {error}."
        ) from None
    if isinstance(judge.scale_read, Labels):
        return reading.value
    if isinstance(judge.scale_read, Steps):
        return case.label
    return float(reading.score or 0) >= threshold


def _category(judge: Judge, score: Score, threshold: float, as_bool: bool) -> Any:
    scale = judge.scale_read
    if isinstance(scale, Labels):
        return score.value
    if as_bool or judge.criteria or not isinstance(scale, Steps):
        return score.number() >= threshold
    return round(scale.low + score.number() * (scale.high - scale.low))


def _order(judge: Judge, judged: Sequence[JudgedCase]) -> list[Hashable] | None:
    """Return the steps of the scale from low to high, or None where labels or verdicts are off the steps."""
    scale = judge.scale_read
    if not isinstance(scale, Steps):
        return None
    for case in judged:
        if isinstance(case.label, bool) or case.judged is None:
            return None
    return list(range(scale.low, scale.high + 1))


@dataclass(frozen=True, kw_only=True)
class JudgeDrift:
    """How a judge's word on a fixed set of cases has moved since its calibration."""

    n: int
    """Cases scored then and now."""
    changed: Sequence[JudgedCase]
    """Cases in another category than then, as they are judged now."""
    shift: float | None
    """Mean of the numbers now minus then, over the cases that have both."""
    before: float | None
    """Kappa against the labels then."""
    now: float | None
    """Kappa against the labels now."""
    missing: Sequence[str]
    """Ids of calibrated cases that were not scored again, or whose content changed."""


def measure_drift(before: Calibration, now: Calibration) -> JudgeDrift:
    """Compare two calibrations of one judge, case by case."""
    cases_now = {case.id: case for case in now.cases}
    n = 0
    changed: list[JudgedCase] = []
    shifts: list[float] = []
    missing: list[str] = []
    for old in before.cases:
        new = cases_now.get(old.id)
        if new is None or new.hash != old.hash:
            missing.append(old.id)
            continue
        n += 1
        if new.judged != old.judged:
            changed.append(new)
        if new.score is not None and old.score is not None:
            shifts.append(new.score - old.score)
    shift = None
    if shifts:
        shift = sum(shifts) / len(shifts)
    return JudgeDrift(
        n=n,
        changed=changed,
        shift=shift,
        before=before.result.kappa,
        now=now.result.kappa,
        missing=missing,
    )
