"""The committed calibration of a judge, and the check a gate makes before it trusts the judge."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators.binding.bound import BoundEvaluator
from pytest_llmobs.evaluators.judging.calibration import Calibration, JudgedCase, rubric_hash
from pytest_llmobs.evaluators.judging.judge import Judge
from pytest_llmobs.files import write_whole
from pytest_llmobs.measures.agreement import Agreement
from pytest_llmobs.records.examples import content_hash
from pytest_llmobs.tracing.redaction.pipeline import Redaction

SCHEMA = 1
_TEXTS = ("output", "note")
FOLDER = "judges"
"""Folder of the calibration files, below the folder of the baselines."""


def calibration_path(baseline_dir: Path | str, key: str) -> Path:
    """Return where the calibration of the judge ``key`` is committed."""
    name = ""
    for character in key:
        if character.isalnum() or character in "-_.":
            name += character
        else:
            name += "_"
    if name != key:  # two keys must not share a file
        name += f"-{content_hash(key)[:6]}"
    return Path(baseline_dir) / FOLDER / f"{name}.json"


def save_calibration(calibration: Calibration, path: Path | str) -> None:
    """Write the committed file: sorted, a case a line."""
    path = Path(path)
    record = asdict(calibration)
    redaction = Redaction()  # a judge's reasons quote what it judged
    cases: list[dict[str, Any]] = []
    for case in record.pop("cases"):
        case["comment"] = redaction.clean_value(case["comment"])
        cases.append(_sparse(case))
    cases.sort(key=lambda case: str(case["id"]))
    head = json.dumps({"schema": SCHEMA, **record}, ensure_ascii=False, indent=1, sort_keys=True)
    lines = []
    for case in cases:
        lines.append(json.dumps(case, ensure_ascii=False, sort_keys=True))
    # By hand, because a case a line is what a review of the committed file can read.
    text = f'{head[:-2]},\n "cases": [\n' + ",\n".join(lines) + "\n ]\n}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)


def _sparse(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is committed of a case: the labels' own file has its texts."""
    return {name: value for name, value in case.items() if value not in (None, "") and name not in _TEXTS}


def load_calibration(path: Path | str) -> Calibration:
    """Read a committed calibration.

    Raises:
        EvaluatorError: It is missing, unreadable, or of a newer schema.
    """
    path = Path(path)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        schema = record.pop("schema")
        if schema > SCHEMA:
            raise EvaluatorError(
                f"The calibration {str(path)!r} has schema {schema}, this version reads {SCHEMA}."
            )
        return _calibration(record)
    except FileNotFoundError:
        raise EvaluatorError(
            f"There is no calibration {str(path)!r}. `llmobs judge calibrate` writes it."
        ) from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise EvaluatorError(f"The calibration {str(path)!r} can't be read: {error}.") from None


def _calibration(record: dict[str, Any]) -> Calibration:
    cases = []
    for case in record["cases"]:
        cases.append(JudgedCase(**{"judged": None, **case}))  # None is left out of the file
    record["cases"] = cases
    record["result"] = Agreement(**record["result"])
    values = {}
    for field in fields(Calibration):  # and not of the record: a later version may write more into it
        if field.name in record:
            values[field.name] = record[field.name]
    return Calibration(**values)


def check_calibration(
    evaluator: Judge | BoundEvaluator, bound: float, baseline_dir: Path | str
) -> str | None:
    """Return why a gate may not trust a judge, or None where it may.

    Args:
        evaluator: The judge as it is now, bound or not, and maybe inside of ``where`` or ``at_least``.
        bound: Least kappa.
        baseline_dir: The folder of the baselines; the calibrations lie below it.
    """
    judge = _judge_in(evaluator)
    if judge is None:
        return f"{evaluator.key!r} is no judge, so it can't be calibrated. Take 'calibrated' out of its llm_gate."
    path = calibration_path(baseline_dir, judge.key)
    remedy = f"Run: llmobs judge calibrate FILE::NAME --labels LABELS (judge {judge.key!r})"
    if not path.exists():
        return f"Judge {judge.key!r} is not calibrated: {os.path.relpath(path)} is missing. {remedy}"
    try:
        calibration = load_calibration(path)
    except EvaluatorError as error:
        return f"{error} {remedy}"
    if calibration.version != judge.version:
        return f"The calibration of judge {judge.key!r} is stale: {_changed(calibration, judge)}. {remedy}"
    return _below(judge.key, calibration.result, bound)


def _judge_in(evaluator: Any) -> Judge | None:
    """Return the judge that an evaluator is, or that it restricts or bounds; None where there is none."""
    if isinstance(evaluator, Judge):
        return evaluator
    if isinstance(evaluator, BoundEvaluator):
        return _judge_in(evaluator.spec)
    parts: Sequence[Any] = getattr(evaluator, "parts", ())
    if len(parts) == 1:
        return _judge_in(parts[0])
    return None


def _below(key: str, result: Agreement, bound: float) -> str | None:
    if result.kappa is None:
        return (
            f"Judge {key!r} has no kappa: labels and judge always said the same one thing. Add other cases."
        )
    if result.kappa >= bound:
        return None
    interval = f"95 % interval {result.low:.2f} to {result.high:.2f}, {result.n} cases"
    return f"Judge {key!r} has kappa {result.kappa:.2f} ({interval}); {bound:g} is asked for."


def _changed(calibration: Calibration, judge: Judge) -> str:
    models = [model.name for model in judge.models]
    changes = []
    if list(calibration.models) != models:
        changes.append(f"model {', '.join(calibration.models)} -> {', '.join(models)}")
    if calibration.rubric != rubric_hash(judge):
        changes.append("the rubric, criteria or examples changed")
    return " and ".join(changes) or "its scale, votes, settings or our wording changed"
