"""``llmobs judge``: hold a judge against people's labels, and see whether it has drifted since."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.objects import find_object
from pytest_llmobs.cli.queues import add_queue_options
from pytest_llmobs.errors import ArgumentError, EvaluatorError
from pytest_llmobs.settings import Settings
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.judging.calibration import Calibration, JudgeDrift
    from pytest_llmobs.evaluators.judging.judge import Judge
    from pytest_llmobs.evaluators.judging.labels import LabelledCase


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("action", choices=("calibrate", "drift"), help="what to do")
    parser.add_argument("judge", metavar="FILE::NAME", help="the file that makes the judge, and its variable")
    parser.add_argument("--labels", metavar="FILE", help="JSONL: outputs, label, inputs, note a line")
    add_queue_options(
        parser,
        "in the place of --labels: what reviewers of this queue say, under the rubric's key that is the judge's name, "
        "or else accepted and rejected",
    )
    parser.add_argument("--least", metavar="KAPPA", type=float, help="exit status 1 below this kappa")
    parser.add_argument(
        "--threshold", metavar="SHARE", type=float, default=0.5, help="from where on 0 to 1 passes"
    )
    parser.add_argument(
        "--concurrency", metavar="N", type=int, default=8, help="cases judged at once (default: 8)"
    )
    parser.add_argument(
        "--baseline-dir",
        metavar="DIR",
        default=Settings.baseline_dir,
        help="the folder of the committed baselines (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print everything for machines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Judge the labelled cases; write the calibration, or compare with the committed one.

    Raises:
        ArgumentError: Not one of ``--labels`` and ``--from-queue`` is given.
        NotFoundError: There is no such queue.
        AgreementError: The queue's reviewers agree too little.
        EvaluatorError: The judge or the labels can't be read, or there is no calibration to compare with.
    """
    from pytest_llmobs.evaluators.judging.calibration import (
        calibrate,
        judge_cases,
        label_of,
        measure_drift,
    )
    from pytest_llmobs.evaluators.judging.calibration_file import calibration_path, load_calibration

    _check(arguments)
    judge = find_judge(arguments.judge)
    cases = _cases(judge, arguments, console)
    path = calibration_path(arguments.baseline_dir, judge.key)
    # what is wrong is told before anything is paid for
    before = load_calibration(path) if arguments.action == "drift" else None
    for case in cases:
        label_of(judge, case, arguments.threshold)
    scores = judge_cases(judge, cases, arguments.concurrency)
    calibration = calibrate(judge, cases, scores, arguments.threshold)
    if before is not None:
        return _drift(measure_drift(before, calibration), judge, arguments, console)
    return _calibrate(calibration, path, arguments, console)


def _check(arguments: argparse.Namespace) -> None:
    if (arguments.labels is None) == (arguments.from_queue is None):
        given = "Both are given" if arguments.labels else "None is given"
        raise ArgumentError(
            f"Labels come from --labels FILE or from --from-queue QUEUE, one of the two. {given}."
        )
    if arguments.labels is not None and arguments.least_agreement is not None:
        raise ArgumentError("--least-agreement says nothing about --labels, only about --from-queue.")


def _cases(judge: Judge, arguments: argparse.Namespace, console: Console) -> Sequence[LabelledCase]:
    """Return the labelled cases, of the file or of the queue.

    Raises:
        EvaluatorError: There are none.
    """
    if arguments.labels is not None:
        from pytest_llmobs.evaluators.judging.labels import load_labels

        return load_labels(arguments.labels)
    from pytest_llmobs.cli.queues import queues_beside
    from pytest_llmobs.cli.stores import open_store
    from pytest_llmobs.review.outcomes.labels import queue_labels

    store = open_store(arguments.store, console)
    queues = queues_beside(arguments.store)
    labels = queue_labels(store, queues, arguments.from_queue, judge.key, arguments.least_agreement)
    console.note("\n".join(console.page.wrapped(labels.agreement)))
    left_out = [f"{number:,} {why}" for why, number in labels.left_out.items()]
    rest = f"; left out: {', '.join(left_out)}" if left_out else ""
    told = f"Labels are {labels.source} in {labels.queue!r}: {count(len(labels.cases), 'case')}{rest}."
    console.note("\n".join(console.page.wrapped(told)))
    if not labels.cases:
        raise EvaluatorError(f"The queue {labels.queue!r} holds no case to calibrate with.")
    return labels.cases


def find_judge(spec: str) -> Judge:
    """Import ``FILE::NAME`` or ``MODULE:NAME`` and return the judge of that name.

    Raises:
        ArgumentError: The file or the name doesn't exist, or it is no judge.
        EvaluatorError: The file can't be imported.
    """
    from pytest_llmobs.evaluators.judging.judge import Judge

    judge: Judge = find_object(spec, "judge", lambda value: isinstance(value, Judge))
    return judge


def _calibrate(calibration: Calibration, path: Path, arguments: argparse.Namespace, console: Console) -> int:
    from pytest_llmobs.evaluators.judging.calibration_file import save_calibration
    from pytest_llmobs.reports.pages.calibration import calibration_text

    save_calibration(calibration, path)
    if arguments.json:
        console.json(asdict(calibration))
    else:
        console.say(
            calibration_text(calibration.judge, calibration.result, calibration.disagreements(), console.page)
        )
        console.say(f"\ncommit this  git add {path}")
    return _below(calibration.result.kappa, arguments.least)


def _drift(drift: JudgeDrift, judge: Judge, arguments: argparse.Namespace, console: Console) -> int:
    from pytest_llmobs.reports.pages.calibration import drift_text

    if arguments.json:
        console.json(asdict(drift))
    else:
        console.say(drift_text(judge.key, drift, console.page))
    return _below(drift.now, arguments.least)


def _below(kappa: float | None, least: float | None) -> int:
    return int(least is not None and (kappa is None or kappa < least))
