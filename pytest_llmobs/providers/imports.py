"""The post-import hook: instrument an SDK once the user's code imports it, and never import it ourselves."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from pytest_llmobs.providers.base import Engine, Provider

_log = logging.getLogger("pytest_llmobs")
_engine = Engine()
_waiting: dict[str, list[Provider]] = {}
_instrumented: set[str] = set()
_scopes: set[str] = set()


def instrument_on_import(providers: Iterable[Provider]) -> None:
    """Instrument each provider's module: now if it is imported already, else right after it is.

    A provider that is instrumented already, or waits, is left as it is.
    """
    for provider in providers:
        if provider.name in _instrumented:
            continue
        _instrumented.add(provider.name)
        module = sys.modules.get(provider.module)
        if module is not None and not _loading(module):
            _instrument(provider, module)
        else:
            _waiting.setdefault(provider.module, []).append(provider)
    if _waiting and _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def logs_scope(name: str) -> bool:
    """Return True where spans of the instrumentation ``name`` tell of calls that an instrumented provider logs."""
    return any(name == scope or name.startswith(f"{scope}.") for scope in _scopes)


def uninstrument() -> None:
    """Undo everything: put the originals back and stop waiting for imports."""
    _engine.undo()
    _waiting.clear()
    _instrumented.clear()
    _scopes.clear()
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)


def _loading(module: ModuleType) -> bool:
    return bool(getattr(module.__spec__, "_initializing", False))


def _instrument(provider: Provider, module: ModuleType) -> None:
    try:
        provider.instrument(module, _engine)
        _scopes.update(provider.scopes)
    except Exception:
        _log.warning(
            "pytest-llmobs can't trace %s: this version of %s is not understood. Calls work, but are not logged.",
            provider.name,
            module.__name__,
            exc_info=True,
        )


class _Finder(MetaPathFinder):
    """Lets the other finders find a module, and adds a step to its loading."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _waiting:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader)
                return spec
        return None


class _Loader(Loader):
    """Stands in for the real loader until the module was executed."""

    def __init__(self, real: Loader) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._real
        if module.__spec__ is not None:
            module.__spec__.loader = self._real
        self._real.exec_module(module)
        for provider in _waiting.pop(module.__name__, ()):
            _instrument(provider, module)
        if not _waiting and _finder in sys.meta_path:
            sys.meta_path.remove(_finder)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


_finder = _Finder()
