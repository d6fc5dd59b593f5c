"""Where the prompts of a pytest session lie: told to the app under test, which knows of no session and no rootdir.

An environment variable holds it, since every session tells it, and what keeps the state of a traced process takes
longer to import than a session without model calls should wait. The process's number stands in front: a child process
inherits the variable, and is no part of the session.
"""

from __future__ import annotations

import os
from collections.abc import Callable, MutableMapping
from functools import partial
from pathlib import Path

VARIABLE = "LLMOBS_SESSION_PROMPTS"


def tell(folder: Path, environ: MutableMapping[str, str] = os.environ) -> Callable[[], None]:
    """Let prompts be pulled from a folder in this process, wherever it is; return what undoes that."""
    before = environ.get(VARIABLE)
    environ[VARIABLE] = f"{os.getpid()}:{folder}"
    return partial(_restore, before, environ)


def told(environ: MutableMapping[str, str] = os.environ) -> str:
    """Return the folder of the session that this process is; empty where it is none."""
    process, _, folder = environ.get(VARIABLE, "").partition(":")
    return folder if process == str(os.getpid()) else ""


def _restore(before: str | None, environ: MutableMapping[str, str]) -> None:
    if before is None:
        environ.pop(VARIABLE, None)
    else:
        environ[VARIABLE] = before
