"""Pools that aren't loaded before somebody wants one: what they run stays under the run that handed it over.

No model is called here, but what the user's own code imports is instrumented in one way.
"""

from __future__ import annotations

from types import ModuleType

from pytest_llmobs.providers.base import Engine, Provider
from pytest_llmobs.tracing.threads import carry_run, hide_run


class Pool(Provider):
    """A class of pools, and its methods that take a function."""

    def __init__(self, module: str, kind: str, methods: tuple[str, ...]) -> None:
        """Name the class and its methods."""
        self.module, self.name, self._methods = module, kind, methods

    def instrument(self, module: ModuleType, engine: Engine) -> None:
        """Wrap what hands over functions, and what starts the workers."""
        kind = getattr(module, self.name)
        engine.patch(kind, "__init__", hide_run)
        for method in self._methods:
            engine.patch(kind, method, carry_run)


POOLS = (
    Pool("concurrent.futures.process", "ProcessPoolExecutor", ("submit",)),
    Pool("multiprocessing.pool", "Pool", ("apply_async", "_map_async", "imap", "imap_unordered")),
)
"""The standard library's. ``multiprocessing.pool.ThreadPool`` is a ``Pool`` too."""
