"""The rules of committed queues, applied where runs are sealed: by a running app, and at the end of sessions."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.settings import queue_folder
from pytest_llmobs.tracing import first_use

if TYPE_CHECKING:
    from pytest_llmobs.storage.run_queries import RunQueries


def rules_at_sealing(
    usual: Path, store_folder: Path, rootdir: Path | None = None
) -> Callable[[Callable[[], RunQueries]], None]:
    """Return what adds runs that were just sealed to the queues whose rules they fulfil.

    Where no queue is committed it costs a look at the folder. Feedback that comes later is for ``llmobs review route``.

    Args:
        usual: Where the committed queues lie unless ``LLMOBS_QUEUE_DIR`` says otherwise; it need not exist.
        store_folder: The store's.
        rootdir: What messages name the committed files from.
    """
    folder = queue_folder(os.environ, usual)

    def apply(open_runs: Callable[[], RunQueries]) -> None:
        if not folder.is_dir():
            return
        with first_use.alone():
            from pytest_llmobs.review.queue_files import QueueFiles
            from pytest_llmobs.review.queues import Queues
            from pytest_llmobs.review.routing.applying import route_sealed

        files = QueueFiles(folder, rootdir)
        route_sealed(open_runs(), files.names(), Queues(store_folder / "queues", files=files))

    return apply
