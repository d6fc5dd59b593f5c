"""Servers that a control spoke to and that outlive it: somebody else started them, perhaps with today's code."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from pytest_llmobs.baselines.texts import fingerprints
from pytest_llmobs.plugin.control.watch import SERVER
from pytest_llmobs.records.trials import Trial

_PATIENCE = 1.0
"""Seconds in which a server nearby answers."""


def why_servers_spoil(trials: Iterable[Trial], folder: Path, environment: Mapping[str, str]) -> str | None:
    """Return why a control may have compared today's code with itself; None where it can't, or nobody can tell.

    A database beside the app is no reason: where model calls were seen, the prompts in them are compared.

    Args:
        trials: The control's.
        folder: The session's own, in which its processes have left word.
        environment: Its variables: a proxy that they name is no app.
    """
    if not _has_unseen(trials):
        return None
    proxies = set(_proxies(environment))
    for host, port in _noted_servers(folder):
        if (host, port) not in proxies and _listens(host, port):
            return f"{host}:{port} answers it, a server of its own, and no model call was seen"
    return None


def _has_unseen(trials: Iterable[Trial]) -> bool:
    """Tell whether there is a suite in which no trial made a model call that was seen."""
    seen: dict[str, bool] = {}
    for trial in trials:
        seen[trial.suite] = seen.get(trial.suite, False) or bool(fingerprints(trial))
    return not all(seen.values())


def _noted_servers(folder: Path) -> Iterator[tuple[str, int]]:
    for path in sorted(folder.glob(f"{SERVER}*.json")):
        host, port = json.loads(path.read_text())
        yield host, port


def _proxies(environment: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    for name, value in environment.items():
        if name.lower().endswith("_proxy") and "://" in value:
            with suppress(OSError, ValueError):  # nobody knows that host, or it is none
                parts = urlsplit(value)
                for *_, address in socket.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_STREAM):
                    yield str(address[0]), int(address[1])


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=_PATIENCE).close()
    except OSError:
        return False
    return True
