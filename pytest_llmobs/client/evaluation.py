"""The client's ``evaluate()`` and ``aevaluate()``: those of the package, in the client's folder."""

from __future__ import annotations

from typing import Any, Unpack

from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.client.evaluating.options import EvaluationOptions
from pytest_llmobs.client.parameters import accept
from pytest_llmobs.errors import NotSupported


class EvaluationMethods(ClientBase):
    """Experiments outside pytest."""

    def evaluate(
        self,
        target: Any,
        /,
        data: Any = None,
        evaluators: Any = None,
        **options: Unpack[EvaluationOptions],
    ) -> Any:
        """Run a target over a dataset, score what it answers, and keep it as an experiment.

        Args:
            target: A function of ``inputs``, or of the inputs' keys, sync or async; or the name of a stored
                experiment, to score it again; or two names, to compare them.
            data: A dataset's name, a file, or examples.
            evaluators: Functions, objects or names; None for runs alone.
            **options: See ``EvaluationOptions``, and ``evaluate()``.

        Returns:
            ``ExperimentResults``; of a pair ``ComparativeExperimentResults``.

        Raises:
            ArgumentError: An argument makes no sense, or is unknown.
            IncompleteExperiment: It was interrupted; nothing of what was finished is lost.
        """
        from pytest_llmobs.client.evaluate import evaluate

        accept(self.evaluate, options)
        return evaluate(target, data, evaluators, client=self, **_renamed(options))

    async def aevaluate(
        self,
        target: Any,
        /,
        data: Any = None,
        evaluators: Any = None,
        **options: Unpack[EvaluationOptions],
    ) -> Any:
        """Do what ``evaluate`` does, in the running event loop.

        Raises:
            ArgumentError: An argument makes no sense, or is unknown.
            IncompleteExperiment: It was interrupted; nothing of what was finished is lost.
        """
        from pytest_llmobs.client.evaluate import aevaluate

        accept(self.aevaluate, options)
        return await aevaluate(target, data, evaluators, client=self, **_renamed(options))


def _renamed(options: EvaluationOptions) -> dict[str, Any]:
    """Return the options under the names of ``evaluate()``.

    Raises:
        NotSupported: A function is to choose the runs that are kept.
    """
    named: dict[str, Any] = {**options}
    kept = named.pop("upload_runs", None)
    if callable(kept):
        raise NotSupported(
            "evaluate(upload_runs=FUNCTION) is not supported. An experiment is kept whole, or not at all."
        )
    if kept is not None:
        named["upload_results"] = kept
    return named
