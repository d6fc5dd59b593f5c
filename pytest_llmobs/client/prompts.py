"""The client's methods about prompts, and ``pull_prompt`` by itself."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.client.parameters import accept
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.settings import PROMPT_DIR, session_prompts
from pytest_llmobs.wording import known, nearest
from pytest_llmobs.workspace import Workspace, current_folder

if TYPE_CHECKING:
    from pytest_llmobs.prompts.folder import PromptFolder
    from pytest_llmobs.prompts.pulling import Puller
    from pytest_llmobs.prompts.pushing import Push
    from pytest_llmobs.prompts.records import Prompt, PromptCommit, PromptList, PromptUrl
    from pytest_llmobs.prompts.splitting.dealing import Arm

_SORTED_BY = ("updated_at", "num_likes", "num_downloads", "num_views")
_DIRECTIONS = ("desc", "asc")


class PromptMethods(ClientBase):
    """Prompts: one file each below the folder of prompts, which people edit and commit as well."""

    @cached_property
    def _prompts(self) -> PromptFolder:
        from pytest_llmobs.prompts.folder import PromptFolder

        return PromptFolder(self.workspace.prompt_folder)

    @cached_property
    def _puller(self) -> Puller:
        from pytest_llmobs.prompts.pulling import Puller

        return Puller(self._prompts)

    def push_prompt(
        self,
        prompt_identifier: str,
        *,
        object: Any = None,
        parent_commit_hash: str = "latest",
        description: str | None = None,
        readme: str | None = None,
        tags: Sequence[str] | None = None,
        commit_tags: str | Sequence[str] | None = None,
        commit_description: str | None = None,
        **others: Any,
    ) -> PromptUrl:
        """Make an object the content of a prompt, which is made where it isn't there yet.

        Args:
            prompt_identifier: The prompt's name; slashes in it make folders.
            object: A text, messages (``[{"role": …, "content": …}]``), or a template of LangChain; equal content makes
                no new commit. None changes what is known about the prompt alone.
            parent_commit_hash: The commit that it was made from, where a newer one is to be an error.
            description: Of the prompt.
            readme: Of the prompt.
            tags: Words to find the prompt by.
            commit_tags: Tags that stand for this commit from now on: ``pull_prompt("name:tag")``.
            commit_description: Of the commit.
            **others: LangSmith's further parameters, if they mean anything here.

        Returns the address of the file, a text that has ``commit_hash``.

        Raises:
            ConflictError: The prompt has a newer commit than its parent.
            ArgumentError: The name, a tag or the object can't be one, or a keyword is unknown.
            StoreError: The disk refuses.
        """
        from pytest_llmobs.prompts.pushing import Push

        accept(self.push_prompt, others)
        about = _about(description, readme, tags)
        wanted = Push(object, parent_commit_hash, commit_tags, commit_description, self._author())
        return self._pushed(_name(prompt_identifier), wanted, about)

    def _pushed(self, name: str, wanted: Push, about: Mapping[str, Any]) -> PromptUrl:
        from pytest_llmobs.prompts import pushing

        url = None
        if wanted.object is not None:
            url = pushing.push(self._prompts, name, wanted)
        elif not self._prompts.has(name):
            pushing.make(self._prompts, name, about)
        pushing.describe(self._prompts, name, about)
        return url or self._url(name)

    def _author(self) -> str:
        from pytest_llmobs.prompts.authors import author_of

        return author_of(self._prompts.folder)

    def _url(self, name: str) -> PromptUrl:
        from pytest_llmobs.prompts.records import PromptUrl

        prompt = self._prompts.prompt(name)
        return PromptUrl(prompt.url or self._prompts.folder.absolute().as_uri(), prompt.last_commit_hash)

    def pull_prompt(self, prompt_identifier: str, *, commit_hash: str | None = None, **others: Any) -> Any:
        """Return a prompt: a ``str`` with ``format``, messages with ``format_messages``, or LangChain's object.

        Args:
            prompt_identifier: ``name`` for what its file holds, ``name:hash`` or ``name:tag`` for a commit.
            commit_hash: The commit, if the identifier doesn't name one.
            **others: LangSmith's further parameters, if they mean anything here.

        Raises:
            NotFoundError: There is no such prompt, commit or tag.
            ArgumentError: Two commits are named, or a keyword is unknown.
            PinError: No commit is named, in an experiment with ``llm_require_pinned_prompts``.
            StoreError: Its file makes no sense, or is a template of LangChain, which isn't installed.
        """
        __tracebackhide__ = True
        accept(self.pull_prompt, others)
        return self._puller.pull(prompt_identifier, commit_hash)

    def pull_prompt_commit(self, prompt_identifier: str, **others: Any) -> PromptCommit:
        """Return a commit of a prompt: the newest, or the one that ``name:hash`` or ``name:tag`` names.

        Raises:
            NotFoundError: There is no such prompt, commit or tag.
            ArgumentError: A keyword is unknown.
        """
        from pytest_llmobs.committed import LATEST
        from pytest_llmobs.prompts.committing import newest
        from pytest_llmobs.prompts.folder import split_identifier

        accept(self.pull_prompt_commit, others)
        name, version = split_identifier(prompt_identifier)
        if version is None or version == LATEST:
            return newest(self._prompts, name)
        return self._prompts.commit(name, version)

    def list_prompts(
        self,
        *,
        limit: int | None = 100,
        offset: int = 0,
        is_archived: bool | None = False,
        sort_field: Any = "updated_at",
        sort_direction: str = "desc",
        query: str | None = None,
        **others: Any,
    ) -> PromptList:
        """Return the matching prompts, the last changed first.

        Args:
            limit: Most of them; None for all.
            offset: So many are passed over.
            is_archived: True: those that are archived; False: the others; None: all.
            sort_field: ``updated_at``; nobody counts likes, downloads and views.
            sort_direction: ``desc`` or ``asc``.
            query: A text that name, description, readme or tags hold, in whatever case.
            **others: LangSmith's further parameters, if they mean anything here.

        Raises:
            ArgumentError: It can't be sorted so, limit or offset is negative, or a keyword is unknown.
            StoreError: A file or a commit of a prompt makes no sense.
        """
        from pytest_llmobs.client.reading.query import read_page
        from pytest_llmobs.prompts.records import PromptList

        accept(self.list_prompts, others)
        _check_order(getattr(sort_field, "value", sort_field), sort_direction)
        matching = []
        for name in self._prompts.names():
            prompt = self._prompts.prompt(name)
            if is_archived in (None, prompt.is_archived) and _holds(prompt, query):
                matching.append(prompt)
        matching.sort(key=lambda prompt: prompt.updated_at, reverse=sort_direction == "desc")
        return PromptList(matching[read_page(limit, offset)], len(matching))

    def list_prompt_commits(
        self, prompt_identifier: str, *, limit: int | None = None, offset: int = 0, **others: Any
    ) -> Iterator[PromptCommit]:
        """Return the commits of a prompt, newest first.

        Raises:
            NotFoundError: There is no such prompt.
            ArgumentError: limit or offset is negative, or a keyword is unknown.
            StoreError: A commit is damaged.
        """
        from pytest_llmobs.client.reading.query import read_page
        from pytest_llmobs.prompts.folder import split_identifier

        accept(self.list_prompt_commits, others)
        name, _ = split_identifier(prompt_identifier)
        self._prompts.check_there(name)
        return iter(self._prompts.commits.all(name)[read_page(limit, offset)])

    def get_prompt(self, prompt_identifier: str) -> Prompt | None:
        """Return what is known about a prompt; None where there is none."""
        from pytest_llmobs.prompts.folder import split_identifier

        name, _ = split_identifier(prompt_identifier)
        if not self._prompts.has(name):
            return None
        return self._prompts.prompt(name)

    def create_prompt(
        self,
        prompt_identifier: str,
        *,
        description: str | None = None,
        readme: str | None = None,
        tags: Sequence[str] | None = None,
        **others: Any,
    ) -> Prompt:
        """Make a prompt without content.

        Raises:
            ConflictError: It is there already.
            ArgumentError: The name can't be one, or a keyword is unknown.
        """
        from pytest_llmobs.prompts import pushing

        accept(self.create_prompt, others)
        name = _name(prompt_identifier)
        pushing.make(self._prompts, name, _about(description, readme, tags))
        return self._prompts.prompt(name)

    def create_commit(
        self,
        prompt_identifier: str,
        object: Any,
        *,
        parent_commit_hash: str | None = None,
        tags: str | Sequence[str] | None = None,
        description: str | None = None,
    ) -> PromptUrl:
        """Make an object the content of a prompt that is there; see ``push_prompt``.

        Raises:
            NotFoundError: There is no such prompt.
            ConflictError: The prompt has a newer commit than its parent.
            ArgumentError: A tag or the object can't be one.
        """
        from pytest_llmobs.prompts import pushing
        from pytest_llmobs.prompts.pushing import Push

        name = _name(prompt_identifier)
        self._prompts.check_there(name)
        return pushing.push(
            self._prompts, name, Push(object, parent_commit_hash, tags, description, self._author())
        )

    def update_prompt(
        self,
        prompt_identifier: str,
        *,
        description: str | None = None,
        readme: str | None = None,
        tags: Sequence[str] | None = None,
        is_archived: bool | None = None,
        **others: Any,
    ) -> dict[str, Any]:
        """Change what is known about a prompt; what is None stays.

        Raises:
            NotFoundError: There is no such prompt.
            ArgumentError: A keyword is unknown.
        """
        from pytest_llmobs.prompts import pushing

        accept(self.update_prompt, others)
        name = _name(prompt_identifier)
        self._prompts.check_there(name)
        about = {**_about(description, readme, tags), "is_archived": is_archived}
        pushing.describe(self._prompts, name, about)
        return {"repo_handle": name, **self._prompts.beside.about(name)}

    def delete_prompt(self, prompt_identifier: str) -> None:
        """Delete a prompt with its commits and tags.

        Raises:
            NotFoundError: There is no such prompt.
        """
        self._prompts.delete(_name(prompt_identifier))

    def like_prompt(self, prompt_identifier: str) -> dict[str, int]:
        """Do nothing: nobody counts likes.

        Raises:
            NotFoundError: There is no such prompt.
        """
        self._prompts.check_there(_name(prompt_identifier))
        return {"likes": 0}

    def unlike_prompt(self, prompt_identifier: str) -> dict[str, int]:
        """Do nothing: nobody counts likes.

        Raises:
            NotFoundError: There is no such prompt.
        """
        return self.like_prompt(prompt_identifier)


def pull_prompt(prompt_identifier: str, *, commit_hash: str | None = None) -> Any:
    """Return a prompt of the current workspace, which in a pytest session is its rootdir; see ``Client.pull_prompt``.

    Raises:
        NotFoundError: There is no such prompt, commit or tag.
        ArgumentError: Two commits are named.
        StoreError: Its file makes no sense, or is a template of LangChain, which isn't installed.
    """
    __tracebackhide__ = True
    folder = os.environ.get(PROMPT_DIR, "") or session_prompts()
    return _methods_in(current_folder(folder), folder).pull_prompt(prompt_identifier, commit_hash=commit_hash)


@lru_cache(maxsize=16)
def _methods_in(folder: str, prompt_folder: str) -> PromptMethods:
    """Return what pulls prompts in a folder: it remembers them, and the configuration is read once a process.

    Args:
        folder: The current one.
        prompt_folder: Where the prompts lie, as the environment or a pytest session says; empty where neither does.
    """
    return PromptMethods(workspace=Workspace.find(Path(folder), {**os.environ, PROMPT_DIR: prompt_folder}))


def ab(
    prompt: str,
    *,
    key: Any,
    weights: Mapping[str, float],
    salt: str | None = None,
    arms: Mapping[str, str] | None = None,
) -> Arm:
    """Return the version of a prompt that a user gets in an A/B test; unpacks as ``variant, prompt``.

    The same user gets the same arm in every process, and for as long as the salt and the weights stay (see
    ``prompts.splitting.split``). The arm is noted on the current run and on those it is nested in, with a hash in the
    place of the key; ``llmobs prompts ab NAME`` compares the arms.

    Args:
        prompt: The prompt's name.
        key: The user's id, a text, a whole number or a UUID; 42 and "42" are the same user. It is stored nowhere.
        weights: Arm -> its weight: ``{"control": 80, "treatment": 20}``; any sum. 0: nobody gets it.
        salt: Another one deals all users out anew, as a further test should; by default the prompt's name.
        arms: Arm -> the tag or hash that it stands for, where that isn't its name.

    Raises:
        NotFoundError: There is no such prompt, or an arm is neither a tag nor a commit of it.
        ArgumentError: The key names nobody, or weights, salt or arms make no sense.
        StoreError: A file of the prompt makes no sense, or is a template of LangChain, which isn't installed.
    """
    from pytest_llmobs.prompts.splitting.dealing import deal

    name = _name(prompt)

    def pull(version: str) -> Any:
        return pull_prompt(name, commit_hash=version)

    return deal(name, pull, key=key, weights=weights, salt=salt, arms=arms)


def _name(identifier: str) -> str:
    """Return the name of a prompt that is to be changed.

    Raises:
        ArgumentError: A commit is named too.
    """
    from pytest_llmobs.prompts.folder import split_identifier

    name, version = split_identifier(identifier)
    if version is not None:
        raise ArgumentError(
            f"{identifier!r} names the commit or tag {version!r}, which stays what it is. Give the name alone: "
            f"{name!r}."
        )
    return name


def _about(description: str | None, readme: str | None, tags: Sequence[str] | None) -> dict[str, Any]:
    if isinstance(tags, str):
        raise ArgumentError(f"tags is {tags!r}. Give a list: [{tags!r}].")
    return {"description": description, "readme": readme, "tags": None if tags is None else list(tags)}


def _check_order(field: Any, direction: Any) -> None:
    for value, choices in ((field, _SORTED_BY), (direction, _DIRECTIONS)):
        if value not in choices:
            raise ArgumentError(f"Can't sort by {value!r}.{nearest(str(value), choices)} {known(choices)}")


def _holds(prompt: Prompt, query: str | None) -> bool:
    texts = (prompt.repo_handle, prompt.description or "", prompt.readme or "", *prompt.tags)
    return query is None or any(query.casefold() in text.casefold() for text in texts)
