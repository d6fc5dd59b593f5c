"""Pools and queues: what they run, or hand to a worker, stays under the run that handed it over.

They are instrumented once they are loaded, if anybody wants one.

No model is called here, but what the user's own code imports is instrumented in one way.
"""

from __future__ import annotations

from types import ModuleType

from pytest_llmobs.providers.base import Engine, Provider
from pytest_llmobs.tracing.queues import carry_get, carry_put
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


class Callbacks(Provider):
    """What is called once a pool's result is there, in whatever thread that is: it belongs to the run that asked."""

    name = "Future"
    module = "concurrent.futures._base"

    def instrument(self, module: ModuleType, engine: Engine) -> None:
        """Wrap what registers a callback."""
        engine.patch(module.Future, "add_done_callback", carry_run)


class Queues(Provider):
    """The classes of queues of a module."""

    def __init__(self, module: str) -> None:
        """Name the module."""
        self.module = self.name = module

    def instrument(self, module: ModuleType, engine: Engine) -> None:
        """Wrap what puts and takes an item once there is room, or one: all other methods end there."""
        for kind in (module.Queue, module.LifoQueue, module.PriorityQueue):
            engine.patch(kind, "_put", carry_put)
            engine.patch(kind, "_get", carry_get)


POOLS = (
    Pool("concurrent.futures.process", "ProcessPoolExecutor", ("submit",)),
    Pool("multiprocessing.pool", "Pool", ("apply_async", "_map_async", "imap", "imap_unordered")),
    Callbacks(),
    Queues("queue"),
    Queues("asyncio.queues"),
)
"""The standard library's. ``multiprocessing.pool.ThreadPool`` is a ``Pool`` too."""
