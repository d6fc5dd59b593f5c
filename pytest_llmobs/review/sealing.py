"""The rules of committed queues, applied where runs are sealed: by a running app, and at the end of sessions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.tracing import first_use

if TYPE_CHECKING:
    from pytest_llmobs.review.queues import Queues
    from pytest_llmobs.storage.run_queries import RunQueries


def rules_at_sealing(folder: Path, open_queues: Callable[[], Queues]) -> Callable[[RunQueries], None]:
    """Return what adds runs that were just sealed to the queues whose rules they fulfil.

    It costs a look at the folder where no queue is committed. What is said of a run later, `llmobs review route` finds.

    Args:
        folder: Where the committed queues lie; it need not exist.
        open_queues: Returns the queues.
    """

    def apply(runs: RunQueries) -> None:
        if not folder.is_dir():
            return
        with first_use.alone():
            from pytest_llmobs.review.routing.applying import route_sealed

        route_sealed(runs, open_queues())

    return apply
