"""The end of an evaluation's handle, whether it was run or scored again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pytest_llmobs.experiments.evaluation.results_data import Evaluation
from pytest_llmobs.experiments.evaluation.setup import Setup


@contextmanager
def finished_at_the_end(evaluation: Evaluation, setup: Setup) -> Iterator[None]:
    """Seal the runs and finish the handle, whatever happens inside the ``with`` block.

    Whoever waits for the handle gets an error that is raised inside; what is no error, such as a second Ctrl-C, goes on
    its way as well.
    """
    failure: BaseException | None = None
    try:
        yield
    except BaseException as error:
        failure = error
        if not isinstance(error, Exception):
            raise
    finally:
        with suppress(Exception):
            setup.seal()
        evaluation.finish(failure)
