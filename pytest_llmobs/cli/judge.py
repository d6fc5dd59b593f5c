"""``llmobs judge``: hold a judge against people's labels, and see whether it has drifted since."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.console import Console
from pytest_llmobs.errors import EvaluatorError, known, nearest
from pytest_llmobs.settings import Settings

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.judge import Judge
    from pytest_llmobs.evaluators.judging.calibration import Calibration

NAME = "judge"
HELP = (
    "calibrate a judge against labels, or measure its drift; exit status 1 where it is worse than asked for"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("action", choices=("calibrate", "drift"), help="what to do")
    parser.add_argument("judge", metavar="FILE::NAME", help="the file that makes the judge, and its variable")
    parser.add_argument(
        "--labels", metavar="FILE", required=True, help="JSONL: outputs, label, inputs, note a line"
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
        EvaluatorError: The judge or the labels can't be read, or there is no calibration to compare with.
    """
    from pytest_llmobs.evaluators.judging.calibration import calibrate, judge_cases
    from pytest_llmobs.evaluators.judging.labels import load_labels

    judge = find_judge(arguments.judge)
    cases = load_labels(arguments.labels)
    scores = judge_cases(judge, cases, arguments.concurrency)
    calibration = calibrate(judge, cases, scores, arguments.threshold)
    act = _calibrate if arguments.action == "calibrate" else _drift
    return act(judge, calibration, arguments, console)


def find_judge(spec: str) -> Judge:
    """Import ``FILE::NAME`` and return the judge of that name.

    Raises:
        EvaluatorError: The file or the name doesn't exist, or it is no judge.
    """
    from pytest_llmobs.evaluators.judge import Judge

    file, separator, name = spec.partition("::")
    path = Path(file)
    if not separator or not name:
        raise EvaluatorError(f"{spec!r} names no judge. Write FILE::NAME, such as tests/judges.py::tone.")
    if not path.is_file():
        near = [str(each) for each in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise EvaluatorError(f"There is no file {file!r}.{nearest(file, near)}")
    module = _imported(path)
    judges = [key for key, value in vars(module).items() if isinstance(value, Judge)]
    found = getattr(module, name, None)
    if not isinstance(found, Judge):
        raise EvaluatorError(f"{file} has no judge {name!r}.{nearest(name, judges)} {known(judges)}")
    return found


def _imported(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise EvaluatorError(f"{str(path)!r} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    sys.path[:0] = [str(path.resolve().parent), str(Path.cwd())]
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise EvaluatorError(f"{str(path)!r} can't be imported: {type(error).__name__}: {error}") from error
    return module


def _calibrate(
    judge: Judge, calibration: Calibration, arguments: argparse.Namespace, console: Console
) -> int:
    from dataclasses import asdict

    from pytest_llmobs.evaluators.judging.calibration_file import calibration_path, save_calibration
    from pytest_llmobs.reports.calibration import calibration_text

    path = calibration_path(arguments.baseline_dir, judge.key)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_calibration(calibration, path)
    if arguments.json:
        console.json(asdict(calibration))
    else:
        console.say(
            calibration_text(calibration.judge, calibration.result, calibration.disagreements(), console.page)
        )
        console.say(f"\ncommit this  git add {path}")
    return _below(calibration.result.kappa, arguments.least)


def _drift(judge: Judge, calibration: Calibration, arguments: argparse.Namespace, console: Console) -> int:
    from dataclasses import asdict

    from pytest_llmobs.evaluators.judging.calibration import measure_drift
    from pytest_llmobs.evaluators.judging.calibration_file import calibration_path, load_calibration
    from pytest_llmobs.reports.calibration import drift_text

    drift = measure_drift(load_calibration(calibration_path(arguments.baseline_dir, judge.key)), calibration)
    if arguments.json:
        console.json(asdict(drift))
    else:
        console.say(drift_text(judge.key, drift, console.page))
    return _below(drift.now, arguments.least)


def _below(kappa: float | None, least: float | None) -> int:
    return int(least is not None and (kappa is None or kappa < least))
