"""The arguments of ``evaluate()``, checked: each complaint names the value, the choices and the remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pytest_llmobs.client.evaluation_setup.options import DEFAULTS
from pytest_llmobs.errors import ArgumentError, EvaluatorError, NotSupported
from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator
from pytest_llmobs.evaluators.binding.results import repeated
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.settings import CASSETTE_MODES
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:  # most evaluations have none
    from pytest_llmobs.evaluators.suites import BoundSummary

_IN_TURN = "False shows the first of a pair first"
_HANDLING = ("log", "ignore")
Kind = Literal["target", "experiment", "pair"]


@dataclass(frozen=True, kw_only=True)
class EvaluationArguments:
    """What a caller of ``evaluate()`` gave."""

    target: Any
    data: Any = None
    evaluators: Sequence[Any] = ()
    summary_evaluators: Sequence[Any] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    experiment_prefix: str = ""
    description: str = ""
    max_concurrency: int | None = 0
    num_repetitions: int = 1
    experiment: str = ""
    """Name of the experiment that is to go on; empty for a new one."""
    stores: bool = True
    traces_evaluators: bool = True
    ignores_errors: bool = False
    cassettes: str = ""
    """How recorded model replies are used; empty for what the configuration states."""
    draws_order: bool = True
    """Of a pair: whether the order is drawn in which the outputs are shown."""

    @property
    def kind(self) -> Kind:
        """What the target is."""
        if experiment_name(self.target):
            return "experiment"
        if isinstance(self.target, tuple | list):
            return "pair"
        return "target"


def check_arguments(
    target: Any, data: Any, evaluators: Any, options: Mapping[str, Any]
) -> EvaluationArguments:
    """Return the arguments of a call, checked one by one and together.

    Args:
        target: The first argument.
        data: The second.
        evaluators: The third.
        options: The keywords, whose names are known ones.

    Raises:
        ArgumentError: One makes no sense, or two make none together.
    """
    given = {**DEFAULTS, **options}.get
    _flag("blocking", given("blocking"), "False returns at once, and goes on in the background")
    arguments = EvaluationArguments(
        target=target,
        data=data,
        evaluators=_several("evaluators", evaluators),
        summary_evaluators=_several("summary_evaluators", given("summary_evaluators")),
        metadata=_metadata(given("metadata")),
        experiment_prefix=_text("experiment_prefix", given("experiment_prefix")),
        description=_text("description", given("description")),
        max_concurrency=_concurrency(given("max_concurrency")),
        num_repetitions=_repetitions(given("num_repetitions")),
        experiment=_experiment(given("experiment")),
        stores=_stores(given("upload_results"), given("upload_runs")),
        traces_evaluators=not _flag(
            "disable_evaluator_tracing",
            given("disable_evaluator_tracing"),
            "True keeps no trace of evaluators",
        ),
        ignores_errors=_handling(given("error_handling")) == "ignore",
        cassettes=_cassettes(given("cassettes")),
        draws_order=_flag("randomize_order", given("randomize_order"), _IN_TURN),
    )
    _check_together(arguments)
    return arguments


def experiment_name(value: Any) -> str:
    """Return the name of a stored experiment that a value means: a text, a UUID, or an object that has one.

    Results of an evaluation, and projects as the client returns them, have one. Empty for anything else.
    """
    if isinstance(value, str):
        return value
    if callable(value) or isinstance(value, tuple | list | Mapping):
        return ""
    for attribute in ("experiment_name", "name"):
        name = getattr(value, attribute, None)
        if isinstance(name, str):
            return name
    return str(value) if type(value).__name__ == "UUID" else ""


def bound_evaluators(
    specs: Sequence[Any], bind: Callable[[Any], BoundEvaluator]
) -> tuple[BoundEvaluator, ...]:
    """Return evaluators, ready to score.

    Raises:
        EvaluatorError: One is unknown or misdeclared, or two have one key.
    """
    bound = tuple(map(bind, specs))
    if any(each.key == PASS for each in bound):
        raise EvaluatorError(
            f"evaluators=[…] has one with the key {PASS!r}, which is the name of the trials' own verdict. Give it "
            "another: evaluator(key='…')(function)."
        )
    twice = repeated(each.key for each in bound)
    if twice is not None:
        raise EvaluatorError(
            f"evaluators=[…] has two with the key {twice!r}. Give one of them another: evaluator(key='…')(function)."
        )
    return bound


def bound_summaries(specs: Sequence[Any], evaluators: Sequence[BoundEvaluator]) -> tuple[BoundSummary, ...]:
    """Return summary evaluators, ready to score.

    Raises:
        EvaluatorError: One is unknown or misdeclared, or its key is another metric's.
    """
    if not specs:
        return ()
    from pytest_llmobs.evaluators.suites import bind_summary

    bound = tuple(map(bind_summary, specs))
    twice = repeated([PASS, *(each.key for each in evaluators), *(each.key for each in bound)])
    if twice is not None:
        raise EvaluatorError(f"Two metrics are called {twice!r}. Give the summary evaluator another key.")
    return bound


def _several(argument: str, given: Any) -> Sequence[Any]:
    if given is None:
        return ()
    if isinstance(given, list | tuple | set | frozenset):
        return tuple(given)
    raise ArgumentError(f"{argument}={given!r}: give a list, such as {argument}=[{_called(given)}].")


def _called(given: Any) -> str:
    return getattr(given, "__name__", None) or repr(given)


def _metadata(given: Any) -> Mapping[str, Any]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return dict(given)
    raise ArgumentError(f"metadata={given!r}: give a dict, such as metadata={{'prompt': 'v2'}}.")


def _text(argument: str, given: Any) -> str:
    if given is None:
        return ""
    if isinstance(given, str):
        return given
    raise ArgumentError(f"{argument}={given!r}: give a text.")


def _handling(given: Any) -> Any:
    if given in _HANDLING:
        return given
    raise ArgumentError(
        f"Unknown error_handling {given!r}.{nearest(str(given), _HANDLING)} {known(_HANDLING)}"
    )


def _cassettes(given: Any) -> str:
    if given is None:
        return ""
    if given in CASSETTE_MODES:
        return str(given)
    raise ArgumentError(
        f"Unknown cassettes={given!r}.{nearest(str(given), CASSETTE_MODES)} {known(CASSETTE_MODES)}"
    )


def _whole(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool)


def _concurrency(given: Any) -> int | None:
    if given is None or (_whole(given) and given >= 0):
        return given  # type: ignore[no-any-return]
    raise ArgumentError(
        f"max_concurrency={given!r}: give how many trials run at once, 0 for one after the other in this thread, or "
        "None for all of them."
    )


def _repetitions(given: Any) -> int:
    if _whole(given) and given >= 1:
        return given  # type: ignore[no-any-return]
    raise ArgumentError(f"num_repetitions={given!r}: give how often each example runs, 1 at least.")


def _experiment(given: Any) -> str:
    if given is None:
        return ""
    name = experiment_name(given)
    if name:
        return name
    raise ArgumentError(
        f"experiment={given!r}: give the name of an experiment that is to go on. experiment_prefix= names a new one."
    )


_STORED = "True keeps the experiment and its traces, False keeps nothing"


def _stores(upload_results: Any, upload_runs: Any) -> bool:
    if callable(upload_runs) or callable(upload_results):
        raise NotSupported(
            "upload_runs= decides of the whole evaluation: True or False. Which traces are stored of a large one is "
            "decided by llm_sample_rate and llm_keep in pytest's configuration."
        )
    if upload_runs is not None and upload_results is not True:
        raise ArgumentError("upload_runs= and upload_results= are the same: give one of them.")
    if upload_runs is not None:
        return _flag("upload_runs", upload_runs, _STORED)
    return upload_results is None or _flag("upload_results", upload_results, _STORED)


def _flag(argument: str, given: Any, choices: str) -> bool:
    if isinstance(given, bool):
        return given
    raise ArgumentError(f"{argument}={given!r}: give True or False. {choices}.")


_NOT_WITH: Mapping[str, Sequence[str]] = {
    "experiment": ("experiment_prefix", "experiment", "num_repetitions", "upload_results=False"),
    "pair": (
        *("experiment", "num_repetitions", "upload_results=False", "summary_evaluators", "data"),
        "cassettes",
    ),
}
"""Kind of target -> arguments that make no sense with it."""
_WHY = {
    "experiment": "the target is the name of a stored experiment, whose app isn't called again",
    "pair": "the target is a pair of stored experiments, which are compared as they are",
}


def _check_together(arguments: EvaluationArguments) -> None:
    if arguments.experiment and arguments.experiment_prefix:
        raise ArgumentError(
            f"experiment={arguments.experiment!r} goes on with an experiment, and experiment_prefix="
            f"{arguments.experiment_prefix!r} names a new one: give one of them."
        )
    if arguments.experiment and not arguments.stores:
        raise ArgumentError(
            "experiment= goes on with what is stored, and upload_results=False stores nothing."
        )
    given = {
        "experiment_prefix": bool(arguments.experiment_prefix),
        "experiment": bool(arguments.experiment),
        "num_repetitions": arguments.num_repetitions != 1,
        "upload_results=False": not arguments.stores,
        "summary_evaluators": bool(arguments.summary_evaluators),
        "data": arguments.data is not None,
        "cassettes": bool(arguments.cassettes),
    }
    kind = arguments.kind
    for name in _NOT_WITH.get(kind, ()):
        if given[name]:
            raise ArgumentError(f"{name} makes no sense here: {_WHY[kind]}. Leave it out.")
    if kind == "pair":
        _check_pair(arguments)


def _check_pair(arguments: EvaluationArguments) -> None:
    names = list(map(experiment_name, arguments.target))
    if len(names) != 2 or not all(names):
        raise ArgumentError(
            f"evaluate({arguments.target!r}, …): a pair is two names of stored experiments, ('before', 'after')."
        )
    if names[0] == names[1]:
        raise ArgumentError(
            f"evaluate(…) would compare {names[0]!r} with itself. Name another experiment beside it."
        )
    if not arguments.evaluators:
        raise ArgumentError(
            "evaluators is empty: a pair is compared by at least one, a PairwiseJudge, or a function of outputs that "
            "returns two scores."
        )
