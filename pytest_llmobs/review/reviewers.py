"""Who reviews: a name, as a person has it in git."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from pathlib import Path

from pytest_llmobs.committed.git import git, output_of
from pytest_llmobs.errors import ArgumentError

REVIEWER = "LLMOBS_REVIEWER"
"""The environment variable that names the reviewer."""
_LONGEST = 100


def reviewer_name(stated: str | None = None, environ: Mapping[str, str] = os.environ) -> str:
    """Return the reviewer's name: the stated one, what ``LLMOBS_REVIEWER`` says, git's ``user.name``, the login's.

    Args:
        stated: As the user gave it; None where nobody did.
        environ: The process's environment variables.

    Raises:
        ArgumentError: The stated name is blank, too long or not printable, or there is none at all.
    """
    if stated is not None:
        return _checked(stated, "The reviewer's name")
    if environ.get(REVIEWER, "").strip():
        return _checked(environ[REVIEWER], REVIEWER)
    for name in (_git_name(), _login()):
        if name and name.isprintable():
            return name[:_LONGEST]
    raise ArgumentError(f"Nobody knows the reviewer's name. Give it: --reviewer NAME or {REVIEWER}.")


def _checked(name: str, what: str) -> str:
    plain = name.strip()
    if not plain or not plain.isprintable() or len(plain) > _LONGEST:
        raise ArgumentError(
            f"{what} is {name!r}. Give it as a text of at most {_LONGEST} characters, such as 'ada'."
        )
    return plain


def _git_name() -> str:
    try:
        return output_of(git(Path.cwd(), "config", "user.name"))
    except OSError:  # there is no git, or no current folder any more
        return ""


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return ""
