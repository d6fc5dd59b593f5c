"""One commit of several heads, which a merge in git leaves where two branches changed a prompt."""

from __future__ import annotations

from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.files import locked
from pytest_llmobs.prompts.ancestry import History
from pytest_llmobs.prompts.authors import author_of
from pytest_llmobs.prompts.committing import add, check_usable, read_current, write_content
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.records import PromptCommit
from pytest_llmobs.wording import known, nearest


def merge(
    folder: PromptFolder, name: str, take: str | None = None, description: str | None = None
) -> PromptCommit:
    """Make one commit of several heads, and return it.

    Args:
        folder: The prompts.
        name: The prompt's.
        take: The head whose content it gets, or its beginning; None for what the file holds.
        description: Of the commit.

    Raises:
        NotFoundError: There is no such prompt or head.
        ArgumentError: There is nothing to merge.
        StoreError: The file makes no sense, a commit is damaged, or the disk refuses.
    """
    folder.check_there(name)
    with locked(folder.folder / name):
        history = folder.history(name)
        history.check_sound()
        if len(history.heads) < 2:
            raise ArgumentError(f"The prompt {name!r} has one newest commit: there is nothing to merge.")
        if take is None:
            file, content = read_current(folder, name)
            check_usable(name, content, file, history)
        else:
            content = _head(name, history, take).content
            write_content(folder, name, content)
        return add(folder, name, content, history, author_of(folder.folder), description)


def _head(name: str, history: History, wanted: str) -> PromptCommit:
    matching = [head for head in history.heads if head.commit_hash.startswith(wanted)]
    if len(matching) == 1 and wanted:
        return matching[0]
    hashes = [head.commit_hash for head in history.heads]
    raise NotFoundError(
        f"{wanted!r} is none of the newest commits of the prompt {name!r}.{nearest(wanted, hashes)} {known(hashes)}"
    )
