"""What is wrong with recordings: files that can't be relied on, and models that can't be asked again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import Literal

from pytest_llmobs.committed.git import git, lies_in_repository, output_of
from pytest_llmobs.errors import CassetteError
from pytest_llmobs.files import display_path
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.housekeeping.inventory import Inventory, Recording
from pytest_llmobs.replay.housekeeping.retirements import retired_on
from pytest_llmobs.wording import count

ProblemKind = Literal["damaged", "retired", "stranger", "ignored"]
"""``damaged``: it doesn't parse, was edited, or has another's name; ``retired``: its model is served no longer;
``stranger``: no cassette at all; ``ignored``: git leaves it out of commits."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that is wrong."""

    kind: ProblemKind
    files: tuple[Path, ...]
    message: str


def problems_of(folder: CassetteFolder, inventory: Inventory, today: date) -> list[Problem]:
    """Return whatever is wrong with the files of a folder.

    Args:
        folder: Where they lie.
        inventory: The files.
        today: The current day.
    """
    return [
        *_damaged(inventory),
        *_texts(folder, inventory),
        *_retired(inventory, today),
        *_strangers(inventory),
        *_ignored(folder, inventory),
    ]


def _damaged(inventory: Inventory) -> Iterator[Problem]:
    for recording in inventory.damaged:
        yield Problem(kind="damaged", files=(recording.path,), message=recording.problem)


def _texts(folder: CassetteFolder, inventory: Inventory) -> Iterator[Problem]:
    """Yield shared parts of requests that are missing or were edited, each once: replays don't read them, people do."""
    checked: set[str] = set()
    for recording in inventory.recordings:
        if recording.cassette is None or checked.issuperset(recording.cassette.texts):
            continue
        checked.update(recording.cassette.texts)
        try:
            folder.request_of(recording.cassette)
        except CassetteError as error:
            yield Problem(kind="damaged", files=(recording.path,), message=str(error))


def _retired(inventory: Inventory, today: date) -> Iterator[Problem]:
    by_model: dict[str, list[Recording]] = defaultdict(list)
    for recording in inventory.recordings:
        by_model[recording.model].append(recording)
    for model, recordings in sorted(by_model.items()):
        last = retired_on(model, today)
        if last is not None:
            message = (
                f"{model} was served until {last:%d %B %Y}: {count(len(recordings), 'recording')} of it can't be made "
                "again, and an app that asks for it fails. Move the app to a model that is served, and record anew."
            )
            yield Problem(kind="retired", files=tuple(map(attrgetter("path"), recordings)), message=message)


def _strangers(inventory: Inventory) -> Iterator[Problem]:
    for path in inventory.strangers:
        yield Problem(
            kind="stranger",
            files=(path,),
            message=f"{display_path(path)!r} is no cassette: nothing reads it. Move or delete it.",
        )


def _ignored(folder: CassetteFolder, inventory: Inventory) -> Iterator[Problem]:
    """Yield that git leaves recordings out of commits: they replay here, and nowhere else."""
    if not inventory.recordings or not lies_in_repository(folder.root):
        return
    path = inventory.recordings[0].path
    try:
        answer = git(folder.root, "check-ignore", "--verbose", "--", str(path.resolve()))
    except OSError:  # without git nobody can tell
        return
    if answer.returncode == 0:
        rule = output_of(answer).partition("\t")[0]
        message = f"git ignores {display_path(path)!r} ({rule}): nobody else gets these recordings. Take that line out."
        yield Problem(kind="ignored", files=(path,), message=message)
