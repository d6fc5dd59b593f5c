"""Commands, scripts and sessions in this process, for what doesn't need one of its own: a fifth of the time.

Python, pyarrow and the SDKs are imported once, not once a command. That they work in processes of their own, as users
run them, is shown by the tests that start some.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType

import pytest

from pytest_llmobs.cli import main
from tests.e2e.conftest import plain_environment

PLUGINS = ("-p", "no:asyncio", "-p", "no:anyio")
"""Of other packages, which have no part in this."""
SDKS = ("anthropic", "openai")
SCRIPTS = str(Path(sys.executable).parent)
LINE = re.compile(r"(?:(?P<keys>printf .*) \| )?llmobs (?P<words>[^|<>$*;&`]*)(?P<unseen> > /dev/null)?")
"""What is understood without a shell: a command of ours alone, or one that is told what to do by ``printf``."""

Completed = subprocess.CompletedProcess[str]


@contextmanager
def as_started_in(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Let this process be as one that was started in a folder: what it imports of there is forgotten afterwards."""
    place, variables = Path.cwd(), dict(os.environ)
    path, finders = [*sys.path], [*sys.meta_path]
    os.chdir(folder)
    _set_environment(environment)
    try:
        with warnings.catch_warnings():
            _warn_as_python_does()
            yield
    finally:
        os.chdir(place)
        _set_environment(variables)
        sys.path[:], sys.meta_path[:] = path, finders
        _forget_modules_of(folder)


def llmobs_here(folder: Path, *words: str, **variables: str) -> Completed:
    """Run ``llmobs`` as ``subprocess.run`` would, with further environment variables."""
    return captured(lambda: main(words), folder, _environment(variables))


def pytest_here(folder: Path, *arguments: str, **variables: str) -> Completed:
    """Run pytest as ``run_pytest`` does; further sessions have processes of their own anyway."""
    return captured(lambda: int(pytest.main([*PLUGINS, *arguments])), folder, _environment(variables))


def python_here(folder: Path, text: str, environment: Mapping[str, str]) -> Completed:
    """Run a script as ``python -c`` does; what it raises is raised."""

    def go() -> int:
        sys.path.insert(0, "")
        exec(compile(text, "script", "exec"), {"__name__": "__main__"})
        return 0

    return captured(go, folder, environment)


def line_here(folder: Path, line: str, environment: Mapping[str, str]) -> Completed:
    """Run a line as a shell does, by a real one where it is more than a command of ours."""
    found = LINE.fullmatch(line)
    if found is None:
        return _by_shell(folder, line, environment)
    keys = subprocess.run(["bash", "-c", found["keys"] or ":"], capture_output=True, check=True).stdout
    words = shlex.split(found["words"])
    done = captured(lambda: main(words), folder, environment, keys)
    if found["unseen"]:
        done.stdout = ""
    return done


def captured(
    go: Callable[[], int], folder: Path, environment: Mapping[str, str], keys: bytes = b""
) -> Completed:
    """Return what a command comes to that is run in a folder, with ``keys`` to read."""
    typed, out, err = (io.TextIOWrapper(io.BytesIO(text), encoding="utf-8") for text in (keys, b"", b""))
    stdin = sys.stdin
    with as_started_in(folder, environment), redirect_stdout(out), redirect_stderr(err):
        sys.stdin = typed
        try:
            code = go()
        except SystemExit as error:  # argparse, and scripts that gate
            code = int(error.code or 0)
        finally:
            sys.stdin = stdin
    return subprocess.CompletedProcess([], code, _text(out), _text(err))


def _by_shell(folder: Path, line: str, environment: Mapping[str, str]) -> Completed:
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env={**environment, "PATH": f"{SCRIPTS}{os.pathsep}{environment['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    return {**plain_environment(), "COLUMNS": "80", **variables}


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def _set_environment(variables: Mapping[str, str]) -> None:
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)


def _warn_as_python_does() -> None:
    """Take back that warnings are errors, as they are in our own tests."""
    warnings.resetwarnings()
    for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", category)


def _forget_modules_of(folder: Path) -> None:
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(folder):
            _close_clients(module)
            del sys.modules[name]


def _close_clients(module: ModuleType) -> None:
    """Close an app's clients: where they are collected some time later, another test would be blamed for them."""
    for value in vars(module).values():
        if type(value).__module__.partition(".")[0] in SDKS and hasattr(value, "close"):
            value.close()
