"""Another commit of a prompt in the place of the one that a request was made with, filled with the same values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pytest_llmobs.committed import LATEST
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.experiments.replays.matching import Fit, fit
from pytest_llmobs.experiments.replays.overrides import Body
from pytest_llmobs.experiments.replays.requests import ReplayError
from pytest_llmobs.prompts.content import Content
from pytest_llmobs.prompts.filling.fill import names_in
from pytest_llmobs.prompts.filling.filled import FilledText
from pytest_llmobs.prompts.filling.messages import MessageTexts
from pytest_llmobs.prompts.filling.origin import Origin
from pytest_llmobs.prompts.filling.problems import Part
from pytest_llmobs.prompts.filling.variables import parse
from pytest_llmobs.prompts.folder import PromptFolder, split_identifier
from pytest_llmobs.prompts.patterns import LEAST_EQUAL, LEAST_LITERAL, pattern_of
from pytest_llmobs.prompts.records import PromptCommit
from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS, prompts_of, read_uses
from pytest_llmobs.records.runs import Run
from pytest_llmobs.wording import listed

_MOST_COMMITS = 50
"""Of a prompt that no stamp names, the newest that are tried."""
_NO_PROMPT_HERE = frozenset({"tools", "metadata", "data", "image_url", "model", "role", "type", "id"})
"""Keys of a request below which no prompt stands."""
_SHOWN = 5


@dataclass(frozen=True)
class _Found:
    """A text of the request that a part of the old commit was filled to."""

    place: int
    """Which part."""
    fit: Fit
    commit: PromptCommit
    literal: int
    """Characters of it that the template says."""


@dataclass
class Refilling:
    """Puts one commit of a prompt into requests that hold another one."""

    folder: PromptFolder
    identifier: str
    """``support:v2``."""
    given: Mapping[str, str]
    """Values that beat those of the text."""

    @cached_property
    def name(self) -> str:
        """The prompt's name."""
        return split_identifier(self.identifier)[0]

    @cached_property
    def commit(self) -> PromptCommit:
        """The commit that is put in.

        Raises:
            ArgumentError: The identifier names a prompt alone.
            NotFoundError: There is no such prompt, commit or tag.
        """
        name, version = split_identifier(self.identifier)
        if version is None or version == LATEST:
            self.folder.check_there(name)
            names = list(self.folder.beside.tags(name))
            for commit in self.folder.history(name).commits:
                names.append(commit.commit_hash[:SHOWN_DIGITS])
            raise ArgumentError(
                f"--prompt {self.identifier!r} names no commit. Write {name}:HASH or {name}:TAG; there are "
                f"{listed(names, _SHOWN)}. What the file holds becomes a commit by `llmobs prompts commit`."
            )
        return self.folder.commit(name, version)

    @cached_property
    def _parts(self) -> Sequence[Part]:
        return _parts(self.commit.content, self.identifier)

    def check_values(self) -> None:
        """Refuse values of variables that the commit hasn't.

        Raises:
            ArgumentError: There is one.
            PromptVariableError: A brace in the commit is neither a variable's nor doubled.
        """
        names = names_in(self._parts, self._origin)
        for variable in self.given:
            if variable not in names:
                raise ArgumentError(
                    f"--var {variable}: {self.identifier!r} has no such variable. It has "
                    f"{', '.join(names) or 'none'}."
                )

    @property
    def _origin(self) -> Origin:
        return Origin(self.name, self.commit.commit_hash)

    def applied(self, body: Body, run: Run | None = None) -> Body:
        """Return a body with the commit in the place of the one that it holds; the very same where it holds none.

        Args:
            body: The request's.
            run: The stored run that made it, whose stamps say which commits it used; None where that isn't known.

        Raises:
            ReplayError: A variable's value can't be told, or the commits have different messages.
            PromptVariableError: A brace in the commit is neither a variable's nor doubled.
        """
        found = dict(self._found(body, list(self._commits(run))))
        if not found:
            return body
        values, unclear = self._values(found.values())
        texts: dict[str, FilledText] = {}
        for text, one in found.items():
            part = self._parts[one.place]
            self._check_known(part, values, unclear, one.commit)
            texts[text] = FilledText(part.parsed.filled(values), self._origin.stamp)
        changed: Body = _replaced(body, texts)
        return changed

    def _commits(self, run: Run | None) -> Iterator[tuple[PromptCommit, bool]]:
        """Yield the commits that a request may hold, each with whether a stamp says so."""
        stamped = prompts_of(run.metadata).get(self.name, "") if run is not None else ""
        uses = read_uses(stamped)
        for use in uses:
            yield self.folder.commit(self.name, use.commit_hash), True
        if not uses:
            for commit in self.folder.history(self.name).commits[:_MOST_COMMITS]:
                yield commit, False

    def _found(
        self, body: Body, commits: Sequence[tuple[PromptCommit, bool]]
    ) -> Iterator[tuple[str, _Found]]:
        """Yield each text of the request that came of the prompt, with what says most of it."""
        templates: list[tuple[int, Part, PromptCommit]] = []
        for commit, is_stamped in commits:
            parts = _parts(commit.content, f"{self.name}:{commit.commit_hash[:SHOWN_DIGITS]}")
            for place, part in enumerate(parts):
                if is_stamped or _tells(part.source):
                    templates.append((place, part, commit))
        for text in dict.fromkeys(_texts(body)):
            fits = []
            for place, part, commit in templates:
                one = None if part.parsed.problems else fit(part.parsed, text)
                if one is not None:
                    fits.append(_Found(place, one, commit, sum(map(len, part.parsed.pieces[::2]))))
            if fits:
                best = max(fits, key=lambda one: one.literal)
                self._check_alike(best.commit)
                yield text, best

    def _check_alike(self, commit: PromptCommit) -> None:
        before, after = len(_parts(commit.content, self.name)), len(self._parts)
        if before != after or commit.content.kind != self.commit.content.kind:
            raise ReplayError(
                f"{self.identifier!r} has {after} texts, and {commit.commit_hash[:SHOWN_DIGITS]!r}, which the run "
                f"used, has {before}: nobody knows which takes the place of which. --target runs code that fills it."
            )

    def _values(self, found: Any) -> tuple[dict[str, str], set[str]]:
        values: dict[str, str] = {}
        unclear: set[str] = set()
        for one in found:
            values.update(one.fit.values)
            unclear.update(one.fit.ambiguous)
        values.update(self.given)
        return values, unclear - values.keys()

    def _check_known(
        self, part: Part, values: Mapping[str, str], unclear: set[str], before: PromptCommit
    ) -> None:
        for variable in names_in([part], self._origin):
            if variable in values:
                continue
            used = before.commit_hash[:SHOWN_DIGITS]
            why = f"{used!r}, which the run used, has no such variable"
            if variable in unclear:
                why = (
                    f"in the text that {used!r} was filled to, two splits of it and what stands beside it fit"
                )
            raise ReplayError(
                f"{self.identifier!r} needs {{{variable}}}, and its value isn't known: {why}. "
                f"Give it: --var {variable}=TEXT."
            )

    def missing(self, run: Run) -> ReplayError:
        """Return what is told where the run's requests hold no commit of the prompt."""
        used = prompts_of(run.metadata)
        what = "No prompt is known to be in it."
        if used:
            what = f"It used {', '.join(used)}."
        return ReplayError(
            f"What {run.id!r} sent holds no text that came of the prompt {self.name!r}, so that --prompt has "
            f"nothing to replace. {what} --system FILE replaces a system prompt whatever it came of."
        )


def _parts(content: Content, place: str) -> Sequence[Part]:
    """Return the texts of a prompt that are filled.

    Raises:
        ReplayError: It is a template of LangChain, whose texts are that library's business.
    """
    if content.kind == "text":
        return [Part(content.value, parse(content.value))]
    if content.kind == "messages":
        return [part for part in MessageTexts(content.value).parts if part.is_template]
    raise ReplayError(f"{place!r} is a template of LangChain, which --prompt can't fill anew.")


def _tells(template: str) -> bool:
    """Tell whether a text that fits a template came of it, though no stamp says so."""
    pattern = pattern_of(template, "", "", 0)
    return pattern.telling >= (LEAST_LITERAL if pattern.variables else LEAST_EQUAL)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        # a tool's description may read like a prompt, and a model's name is none
        for key, item in value.items():
            if key not in _NO_PROMPT_HERE:
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _replaced(value: Any, texts: Mapping[str, FilledText]) -> Any:
    if isinstance(value, str):
        return texts.get(value, value)
    if isinstance(value, Mapping):
        changed = dict(value)
        for key in value.keys() - _NO_PROMPT_HERE:
            changed[key] = _replaced(value[key], texts)
        return changed
    if isinstance(value, list):
        return [_replaced(item, texts) for item in value]
    return value
