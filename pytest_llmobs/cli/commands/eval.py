"""``llmobs eval``: the shell's ``evaluate()`` and gate."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli import reports
from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.numbers import positive
from pytest_llmobs.cli.objects import find_evaluators, find_object
from pytest_llmobs.errors import ArgumentError, IncompleteExperiment, NotFoundError
from pytest_llmobs.settings import ADD, CASSETTE_MODES, REPLACE
from pytest_llmobs.wording import shell_line

if TYPE_CHECKING:
    from pytest_llmobs.client.client import Client
    from pytest_llmobs.client.results.experiment import ExperimentResults
    from pytest_llmobs.client.results.gating import GateRequest, Reference
    from pytest_llmobs.experiments.conclude import Conclusion
    from pytest_llmobs.reports.delivery import ReportOrder


_RED, _INTERRUPTED = 1, 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "target", metavar="MODULE:TARGET", help="what is evaluated: a function, such as app:answer"
    )
    parser.add_argument(
        "--data", metavar="FILE|NAME", required=True, help="the dataset: a file, NAME, or NAME@VERSION"
    )
    parser.add_argument("--split", metavar="NAME", help="only the examples of this split")
    parser.add_argument("--limit", metavar="N", type=positive, help="only the first N examples")
    _add_scoring(parser)
    _add_running(parser)
    _add_gate(parser)
    reports.add_option(parser)
    parser.add_argument("--json", action="store_true", help="print the report for machines")


def _add_scoring(parser: argparse.ArgumentParser) -> None:
    specs = "MODULE:NAME,NAME or ready-made ones; may be given several times"
    for name in ("evaluators", "summary_evaluators"):
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            action="append",
            default=[],
            metavar="NAMES",
            help=f"{name.replace('_', ' ')}: {specs}",
        )


def _add_running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", metavar="PREFIX", help="how the experiment's name begins")
    parser.add_argument("--experiment", metavar="NAME", help="go on with this experiment, which ended early")
    parser.add_argument("--description", metavar="TEXT", help="kept with the experiment")
    parser.add_argument(
        "--repeat",
        metavar="K",
        type=positive,
        help="trials an example (default: llm_repeat; llm_baseline_repeat where a baseline is recorded)",
    )
    parser.add_argument(
        "--concurrency", metavar="N", type=positive, help="targets at once (default: llm_concurrency)"
    )
    parser.add_argument(
        "--cassettes",
        choices=CASSETTE_MODES,
        help="replay recorded model replies, as pytest's --llm-cassettes (default: llm_cassettes)",
    )


def _add_gate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--baseline", metavar="REF", help="compare with a file, a folder, an experiment, or git:REVISION"
    )
    parser.add_argument(
        "--update-baseline",
        nargs="?",
        const=REPLACE,
        default="",
        choices=(REPLACE, ADD),
        help="record what ran as the baseline; =add: as further passes of it",
    )
    parser.add_argument(
        "--accept-failing", action="store_true", help="record a baseline even where most examples failed"
    )
    parser.add_argument(
        "--min-mean", action="append", default=[], metavar="METRIC=BOUND", help="red below this mean"
    )
    parser.add_argument(
        "--max-drop",
        metavar="DROP",
        type=float,
        help="a drop of a mean below it is no regression (default: .02)",
    )
    parser.add_argument(
        "--must-pass",
        action="append",
        default=[],
        metavar="METRIC[:KEY=VALUE]",
        help="red where an example fails it; of those with this metadata",
    )
    parser.add_argument("--fail-on", metavar="WORDS", help="also red: inconclusive, drifted, comma-separated")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Evaluate, judge, keep and print.

    Raises:
        ArgumentError: A module, a name or a metric is unknown, or a rule makes no sense.
        LlmobsError: The data can't be found, an evaluator is misdeclared, the store can't be written …
    """
    from pytest_llmobs.client.client import Client
    from pytest_llmobs.client.results.experiment import conclude_as
    from pytest_llmobs.client.results.gating import check

    client = Client(store=arguments.store)
    request, reference = _request(arguments), _reference(arguments)
    target = find_object(arguments.target, "target")
    if not callable(target):
        raise ArgumentError(
            f"{arguments.target!r} is a {type(target).__name__}, which can't be called. Name a function, or an object "
            "with __call__."
        )
    # a mistake shows before anything is paid for
    orders = reports.read_option(arguments, client.store)
    check(reference, request, client.workspace)
    _check_metrics(request, arguments, console)
    try:
        results = _evaluated(target, client, arguments)
    except IncompleteExperiment as error:
        return _interrupted(error, arguments, console)
    except NotFoundError as error:  # whose exit status would say that the gate is red
        raise ArgumentError(str(error)) from error
    conclusion = conclude_as(results, reference, request)
    _tell(results, conclusion, request, orders, client, arguments, console)
    if conclusion.experiment.red or conclusion.experiment.interrupted:
        return _RED
    return 0


def _request(arguments: argparse.Namespace) -> GateRequest:
    from pytest_llmobs.client.results.gating import GateRequest

    # a baseline has more repeats than a build, and may lack recordings of them
    asking = {"cassettes": "reuse"} if arguments.cassettes == "only" else {}
    return GateRequest(
        min_mean=_bounds(arguments.min_mean),
        max_drop=arguments.max_drop,
        must_pass=_marked(arguments.must_pass),
        fail_on=arguments.fail_on,
        update_baseline=_recording(arguments.update_baseline),
        accept_failing=arguments.accept_failing,
        lenient=True,
        accept=_command(arguments, update_baseline=REPLACE, baseline=None, **asking),
        record=_command(arguments, **asking) if asking else "",
        accept_failing_how="add --accept-failing",
    )


def _recording(word: str) -> bool | str:
    """Return what ``gate`` takes for the option's word."""
    return {"": False, REPLACE: True}.get(word, word)


def _bounds(given: Iterable[str]) -> dict[str, float]:
    bounds: dict[str, float] = {}
    for text in given:
        metric, _, bound = text.rpartition("=")
        try:
            bounds[metric] = float(bound)
        except ValueError:
            metric = ""
        if not metric:
            raise ArgumentError(f"--min-mean {text!r} is no bound. Write METRIC=BOUND, such as tone=0.7.")
    return bounds


def _marked(given: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return metric -> the metadata of the examples that must pass it; all that is said of one holds at once."""
    marked: dict[str, dict[str, Any]] = {}
    for text in given:
        metric, colon, condition = text.partition(":")
        key, equals, value = condition.partition("=")
        if not metric or (colon and not (key and equals)):
            raise ArgumentError(
                f"--must-pass {text!r} is no rule. Write METRIC, or METRIC:KEY=VALUE, such as correct:tier=critical."
            )
        wanted = marked.setdefault(metric, {})
        if colon:
            wanted[key] = _json_value(value)
    return marked


def _json_value(text: str) -> Any:
    """Return a value as a dataset's file would have it: ``3`` is a number, ``true`` is no text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _reference(arguments: argparse.Namespace) -> Reference:
    from pytest_llmobs.client.results.gating import Reference

    return Reference(name=arguments.baseline or "", option="--baseline")


def _evaluated(target: Any, client: Client, arguments: argparse.Namespace) -> ExperimentResults:
    from pytest_llmobs.client.evaluate import evaluate
    from pytest_llmobs.evaluators import builtin

    settings = client.workspace.settings
    repeat = settings.baseline_repeat if arguments.update_baseline else settings.repeat
    ready_made = builtin()
    results: ExperimentResults = evaluate(
        target,
        data=_data(client, arguments),
        evaluators=find_evaluators(arguments.evaluators, ready_made),
        summary_evaluators=find_evaluators(arguments.summary_evaluators, ready_made, "summary evaluator"),
        experiment_prefix=arguments.name,
        experiment=arguments.experiment,
        description=arguments.description,
        max_concurrency=arguments.concurrency or settings.concurrency,
        num_repetitions=arguments.repeat or repeat,
        cassettes=arguments.cassettes,
        client=client,
    )
    return results


def _check_metrics(request: GateRequest, arguments: argparse.Namespace, console: Console) -> None:
    """Tell of a bound on a metric that no evaluator is called; one that goes on may have further ones stored."""
    from pytest_llmobs.client.results.gating import check_metrics
    from pytest_llmobs.evaluators import builtin
    from pytest_llmobs.evaluators.binding.declaration import bind

    ready_made = builtin()
    evaluators = [bind(spec, ready_made) for spec in find_evaluators(arguments.evaluators, ready_made)]
    summaries = find_evaluators(arguments.summary_evaluators, ready_made, "summary evaluator")
    if not arguments.experiment and (doubt := check_metrics(request, evaluators, summaries)):
        console.note(f"llmobs: {doubt}")


def _data(client: Client, arguments: argparse.Namespace) -> Any:
    """Return the dataset as ``evaluate()`` takes it: its name, or the examples that are chosen of it."""
    if arguments.split is None and arguments.limit is None:
        return arguments.data
    from pytest_llmobs.client.evaluation_setup.start import data_places
    from pytest_llmobs.datasets.editing.chosen import ChosenExamples
    from pytest_llmobs.datasets.selection import select
    from pytest_llmobs.experiments.evaluation.data import read_data
    from pytest_llmobs.extensions import Extensions, standalone_manager

    extensions = Extensions(standalone_manager())
    places = data_places(client.workspace, lambda: extensions.formats)
    whole = read_data(arguments.data, places).dataset
    chosen = select(whole, split=arguments.split, limit=arguments.limit)
    splits = [] if arguments.split is None else [arguments.split]
    return ChosenExamples(tuple(chosen.examples), whole, splits)


def _interrupted(error: IncompleteExperiment, arguments: argparse.Namespace, console: Console) -> int:
    """Say how it goes on."""
    results = error.results
    again = _command(arguments, experiment=results.experiment_name, name=None)
    console.note(f"llmobs: {error}")
    console.note(f"  go on  {again}")
    if isinstance(error.__cause__, KeyboardInterrupt):
        return _INTERRUPTED
    return _RED


def _tell(
    results: ExperimentResults,
    conclusion: Conclusion,
    request: GateRequest,
    orders: Sequence[ReportOrder],
    client: Client,
    arguments: argparse.Namespace,
    console: Console,
) -> None:
    from pytest_llmobs.client.results.gating import report_context

    context = report_context(request, conclusion, client.workspace.cassette_folder)
    context = replace(context, store=arguments.store or "")
    reports.tell(conclusion.experiment, orders, context, client.store, console, machines=arguments.json)


def _command(arguments: argparse.Namespace, **changes: Any) -> str:
    """Return this command with other options, ready to paste."""
    values = {**vars(arguments), **changes}
    words = ["llmobs", "eval", values.pop("target")]
    for name, value in values.items():
        if name in ("color", "json") or not value:
            continue
        option = f"--{name.replace('_', '-')}"
        if value is True or (name, value) == ("update_baseline", REPLACE):
            words.append(option)
        elif name == "update_baseline":
            words.append(f"{option}={value}")
        elif isinstance(value, list):
            for each in value:
                words += [option, each]
        else:
            words += [option, str(value)]
    return shell_line(words)
