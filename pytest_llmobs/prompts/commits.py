"""What prompts were: one file a commit, so that two branches that add some merge without a conflict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, get_args

from pytest_llmobs.committed import read, write
from pytest_llmobs.errors import ArgumentError, NotFoundError, StoreError
from pytest_llmobs.files import text_hash
from pytest_llmobs.prompts.content import Content, Kind
from pytest_llmobs.prompts.documents import dump, load
from pytest_llmobs.prompts.records import PromptCommit
from pytest_llmobs.records.examples import canonical_json
from pytest_llmobs.wording import known, nearest

_DIGITS = 16
_LEAST_DIGITS = 4
"""Of a hash that is cut."""
_SUFFIX = ".yaml"


class Commits:
    """The commits of all prompts below one folder."""

    def __init__(self, folder: Path) -> None:
        """Name the folder ``.commits``; it need not exist."""
        self._folder = folder

    def add(
        self,
        name: str,
        content: Content,
        *,
        parent: str | None,
        now: datetime,
        author: str,
        description: str | None,
    ) -> PromptCommit:
        """Keep what a prompt is now.

        Raises:
            StoreError: The disk refuses.
        """
        document = {
            "parent": parent,
            "time": now.isoformat(),
            "author": author,
            "description": description,
            "kind": content.kind,
            "content": content.value,
        }
        # of all of it: two branches that push the same text make two commits
        hash = text_hash(canonical_json(document))[:_DIGITS]
        write(self._file(name, hash), dump(document))
        return _commit(document, name, hash)

    def all(self, name: str) -> Sequence[PromptCommit]:
        """Return the commits of a prompt, newest first.

        Raises:
            StoreError: One can't be read, or is damaged.
        """
        commits = []
        for file in (self._folder / name).glob(f"*{_SUFFIX}"):
            if not file.name.startswith("."):
                document = load(read(file), repr(str(file)))
                commits.append(_checked(document, name, file))
        commits.sort(key=lambda commit: (commit.created_at, commit.commit_hash), reverse=True)
        return commits

    def latest(self, name: str) -> PromptCommit | None:
        """Return the newest commit of a prompt, or None.

        Raises:
            StoreError: A commit can't be read.
        """
        return next(iter(self.all(name)), None)

    def names(self) -> list[str]:
        """Return the prompts that have commits."""
        files = self._folder.rglob(f"*{_SUFFIX}")
        return sorted({file.parent.relative_to(self._folder).as_posix() for file in files})

    def remove(self, name: str) -> None:
        """Remove every commit of a prompt.

        Raises:
            OSError: The disk refuses.
        """
        for commit in self.all(name):
            self._file(name, commit.commit_hash).unlink(missing_ok=True)

    def folder(self, name: str) -> Path:
        """Return where the commits of a prompt lie."""
        return self._folder / name

    def _file(self, name: str, hash: str) -> Path:
        return self._folder / name / f"{hash}{_SUFFIX}"


def matching(commits: Sequence[PromptCommit], hash: str) -> PromptCommit | None:
    """Return the commit that a hash, or its beginning, names; None where none has it.

    Raises:
        ArgumentError: Several begin with it.
    """
    if len(hash) < _LEAST_DIGITS:
        return None
    found = [commit for commit in commits if commit.commit_hash.startswith(hash)]
    if len(found) > 1:
        hashes = map(attrgetter("commit_hash"), found)
        raise ArgumentError(f"{hash!r} begins several commits. {known(hashes)}")
    return next(iter(found), None)


def unknown_commit(name: str, wanted: str, tags: Sequence[str]) -> NotFoundError:
    """Return the error for a hash or tag that a prompt hasn't."""
    return NotFoundError(
        f"The prompt {name!r} has no commit or tag {wanted!r}.{nearest(wanted, tags)} {known(tags)} "
        "list_prompt_commits() lists the commits."
    )


def _checked(document: Any, name: str, file: Path) -> PromptCommit:
    try:
        if document["kind"] not in get_args(Kind):
            raise ValueError(f"unknown kind {document['kind']!r}")
        return _commit(document, name, file.stem)
    except (LookupError, TypeError, ValueError) as error:
        raise StoreError(f"The commit {str(file)!r} is damaged: {error!r}. Check it out again.") from None


def _commit(document: dict[str, Any], name: str, hash: str) -> PromptCommit:
    return PromptCommit(
        commit_hash=hash,
        parent_commit_hash=document["parent"],
        created_at=datetime.fromisoformat(document["time"]),
        author=document["author"],
        description=document["description"],
        content=Content(document["kind"], document["content"]),
        repo=name,
    )
