"""Reading runs before they are asked for, so that the next item is there when the reviewer is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.records.runs import Run
from pytest_llmobs.review.material import Material, material_of

_KEPT = 8
"""Materials that are kept, to go back without reading: each may be some hundred kilobytes."""


class MaterialReader:
    """Reads what reviewers see of runs, in one thread of its own."""

    def __init__(
        self, read_run: Callable[[str], Run], blind: bool, read_feedback: Callable[[str], Sequence[Any]]
    ) -> None:
        """Read nothing yet.

        Args:
            read_run: Returns a run with its descendants; raises NotFoundError where it isn't in the store.
            blind: Leave out what may sway the reviewer.
            read_feedback: Returns what others said of a run; not asked where the review is blind.
        """
        self._read_run = read_run
        self._blind, self._read_feedback = blind, read_feedback
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="llmobs-review")
        self._materials: dict[str, Future[Material]] = {}

    def ahead(self, run_ids: Iterable[str]) -> None:
        """Begin to read runs that are likely next."""
        for run_id in run_ids:
            self._begin(run_id)

    def get(self, run_id: str) -> Material:
        """Return what a reviewer sees of a run.

        Raises:
            StoreError: The store can't be read.
        """
        future = self._begin(run_id)
        material = future.result()
        if material.missing:  # it may come: a run that goes on is stored when it ends
            self._materials.pop(run_id, None)
        while len(self._materials) > _KEPT:
            self._materials.pop(next(iter(self._materials)))
        return material

    def close(self) -> None:
        """Read nothing more; what is being read is not waited for."""
        # whoever quits shall not wait for a slow disk
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _begin(self, run_id: str) -> Future[Material]:
        future = self._materials.get(run_id)
        # a store that couldn't be read may be readable now
        if future is None or (future.done() and future.exception() is not None):
            future = self._materials[run_id] = self._thread.submit(self._material, run_id)
        return future

    def _material(self, run_id: str) -> Material:
        try:
            material = material_of(self._read_run(run_id), self._blind)
            if not self._blind:
                said = self._read_feedback(run_id)
                material = replace(material, others={**material.others, "feedback": said})
            return material
        except NotFoundError:
            return Material(missing=True)
