"""The post-import hook: instrument an SDK once the user's code imports it, and never import it ourselves."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from pytest_llmobs.providers.base import Engine, Provider
from pytest_llmobs.tracing.run_tree import RunTree

_log = logging.getLogger("pytest_llmobs")


def instrument_on_import(providers: Iterable[Provider]) -> None:
    """Instrument each provider's module: now if it is imported already, else right after it is.

    A provider that is instrumented already, or waits, is left as it is.
    """
    for provider in providers:
        _hook.add(provider)
    _hook.listen_if_needed()


def logs_scope(name: str) -> bool:
    """Return True where spans of the instrumentation ``name`` tell of calls that an instrumented provider logs."""
    for scope in _hook.scopes:
        if name == scope or name.startswith(f"{scope}."):
            return True
    return False


def logged_lately(run: RunTree) -> bool:
    """Return True where ``run``, made of another instrumentation's span, tells of a call that a provider has logged."""
    return _hook.engine.recent_calls.include(run)


def uninstrument() -> None:
    """Undo everything: put the originals back and stop waiting for imports."""
    _hook.undo()


class _ImportHook(MetaPathFinder):
    """Instruments modules. Lets the other finders find one that is imported later, and adds a step to its loading."""

    def __init__(self) -> None:
        self.scopes: set[str] = set()
        """OpenTelemetry instrumentations of the SDKs that are instrumented."""
        self.engine = Engine()
        self._names: set[str] = set()
        """The providers that are instrumented or wait."""
        self._waiting: dict[str, list[Provider]] = {}
        """Providers by the module that isn't imported yet."""

    def add(self, provider: Provider) -> None:
        if provider.name in self._names:
            return
        self._names.add(provider.name)
        self._waiting.setdefault(provider.module, []).append(provider)

    def listen_if_needed(self) -> None:
        listens = self in sys.meta_path
        if self._waiting and not listens:
            sys.meta_path.insert(0, self)
        self._meet_imported()
        if not self._waiting and self in sys.meta_path:
            # A new list, not a shorter one: another thread may be in the middle of it, and would pass over a finder.
            sys.meta_path = [finder for finder in sys.meta_path if finder is not self]

    def undo(self) -> None:
        self.engine.undo()
        self._waiting.clear()
        self._names.clear()
        self.scopes.clear()
        self.listen_if_needed()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._waiting:
            self._meet_imported()
            return None
        for finder in sys.meta_path:
            if finder is self:  # it would ask itself for ever
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader, self._loaded)
                return spec
        return None

    def _meet_imported(self) -> None:
        """Instrument what is imported already; of what another thread is importing now, wait for the end."""
        for name in list(self._waiting):
            module = sys.modules.get(name)
            if module is None:
                continue
            if _is_loading(module):
                _call_when_loaded(module, self._loaded)
            if not _is_loading(module):
                self._instrument_waiting(module, name)

    def _loaded(self, module: ModuleType) -> None:
        self._instrument_waiting(module, module.__name__)
        self.listen_if_needed()

    def _instrument_waiting(self, module: ModuleType, name: str) -> None:
        # pop() hands the providers to one thread alone.
        for provider in self._waiting.pop(name, ()):
            self._instrument(provider, module)

    def _instrument(self, provider: Provider, module: ModuleType) -> None:
        try:
            provider.instrument(module, self.engine)
            self.scopes.update(provider.scopes)
        except Exception:
            _log.warning(
                "pytest-llmobs can't trace %s: this version of %s is not understood. Calls work, but are not logged.",
                provider.name,
                module.__name__,
                exc_info=True,
            )


# One for the process, as sys.meta_path and the SDKs' classes are: a second one would wrap what is wrapped already.
_hook = _ImportHook()


def _is_loading(module: ModuleType) -> bool:
    return bool(getattr(module.__spec__, "_initializing", False))


class _WatchedSpec(ModuleSpec):
    """The spec of a module that another thread began to import before we listened: no finder is asked for it again."""

    @property
    def _initializing(self) -> bool:
        return bool(self.__dict__.get("_initializing", False))

    @_initializing.setter
    def _initializing(self, value: bool) -> None:
        self.__dict__["_initializing"] = value
        if value or "llmobs_waiting" not in self.__dict__:
            return
        module, loaded = self.__dict__.pop("llmobs_waiting")
        self.__class__ = ModuleSpec  # type: ignore[assignment]
        if sys.modules.get(self.name) is module:  # else its import failed
            loaded(module)


def _call_when_loaded(module: ModuleType, loaded: Callable[[ModuleType], None]) -> None:
    """Have ``loaded`` called in the importing thread, before its import ends."""
    spec = module.__spec__
    if type(spec) is ModuleSpec:
        spec.__dict__["llmobs_waiting"] = module, loaded
        spec.__class__ = _WatchedSpec


class _Loader(Loader):
    """Stands in for the real loader until the module was executed."""

    def __init__(self, real: Loader, loaded: Callable[[ModuleType], None]) -> None:
        self._real = real
        self._loaded = loaded

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._real
        if module.__spec__ is not None:
            module.__spec__.loader = self._real
        self._real.exec_module(module)
        self._loaded(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
