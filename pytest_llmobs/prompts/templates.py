"""What is pulled: a text or messages, whose variables (``{question}``) must all be given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any

from pytest_llmobs.prompts.filling.allowances import REFUSE, Allowances, Allowed
from pytest_llmobs.prompts.filling.fill import fill, names_in
from pytest_llmobs.prompts.filling.filled import FilledText
from pytest_llmobs.prompts.filling.messages import MessageTexts, copied
from pytest_llmobs.prompts.filling.origin import Origin
from pytest_llmobs.prompts.filling.problems import Part
from pytest_llmobs.prompts.filling.pulled import Pulled, keywords_of, names_normalized
from pytest_llmobs.prompts.filling.variables import parse


class PromptText(Pulled, str):
    """A prompt that is one text: a ``str`` whose ``format`` leaves nothing unfilled."""

    _plain: str

    def __new__(
        cls, text: str, name: str = "", commit_hash: str | None = None, *, origin: Origin | None = None
    ) -> PromptText:
        """Return the text of a prompt.

        Args:
            text: As it stands, variables in it.
            name: The prompt's.
            commit_hash: The commit that it is of.
            origin: Name, commit and more, in the place of the two.
        """
        made = super().__new__(cls, text)
        made.origin = origin or Origin(name, commit_hash)
        # of a str itself no copy: 20 KB are taken apart once, and hashed once
        made._plain = str.__str__(text)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self._plain, self.origin)

    @property
    def input_variables(self) -> list[str]:
        """The names of its variables, in their order.

        Raises:
            PromptVariableError: A brace in it is neither a variable's nor doubled.
        """
        return names_in(self._parts, self.origin)

    @property
    def has_doubled_braces(self) -> bool:
        """True where ``{{`` or ``}}`` stands in it, which filling turns into a brace."""
        return any(map(attrgetter("has_doubled_braces"), self._parts))

    @property
    def _parts(self) -> list[Part]:
        return [Part(self._plain, parse(self._plain))]

    def with_origin(self, origin: Origin) -> PromptText:
        """Return the same prompt with another origin."""
        return PromptText(self._plain, origin=origin)

    def format(  # type: ignore[override]
        self,
        /,
        *args: object,
        unused: Allowed = REFUSE,
        blank: Allowed = REFUSE,
        leftover: Allowed = REFUSE,
        **values: object,
    ) -> FilledText:
        """Return the text with every variable filled.

        Args:
            *args: None: a prompt takes its variables by name.
            unused: ``"allow"``, or the names that may be given though they are no variables.
            blank: ``"allow"``, or the variables that may be None, NaN, empty or nothing but blanks.
            leftover: ``"allow"``, or the names that may stand in the text in braces.
            **values: A value for each variable.

        Raises:
            PromptVariableError: A variable is missing, blank or left over, a name isn't one, a value has no text, or a
                brace is neither a variable's nor doubled. It names all that is wrong, and no value.
            ArgumentError: An option makes no sense.
            PinError: It floats in an experiment that asks for pinned prompts.
        """
        __tracebackhide__ = True
        if args:
            raise self._by_name()
        return self._filled(values, keywords_of(self, (unused, blank, leftover)))

    def format_map(self, mapping: Any, /) -> FilledText:
        """Return the text with every variable filled, as ``invoke`` does."""
        return self.invoke(mapping)

    def invoke(
        self,
        values: Mapping[str, Any],
        *,
        unused: Allowed = REFUSE,
        blank: Allowed = REFUSE,
        leftover: Allowed = REFUSE,
    ) -> FilledText:
        """Return the text with every variable filled, as ``format`` does."""
        __tracebackhide__ = True
        return self._filled(names_normalized(self, values), Allowances.read(unused, blank, leftover))

    def _filled(self, values: Mapping[str, Any], allowed: Allowances) -> FilledText:
        __tracebackhide__ = True
        (text,) = fill(self.origin, self._parts, values, allowed)
        return FilledText(text, self.noted([text]))


def _restored(text: str, origin: Origin) -> PromptText:
    return PromptText(text, origin=origin)


class PromptMessages(Pulled, list[dict[str, Any]]):
    """A prompt of messages: a list of ``{"role": …, "content": …}``, as models' APIs take it.

    Each text in it is a ``PromptText``: the SDKs copy lists and dicts, and one by one the texts are known as unfilled.
    """

    def __init__(
        self,
        messages: Iterable[Mapping[str, Any]] = (),
        name: str = "",
        commit_hash: str | None = None,
        *,
        origin: Origin | None = None,
    ) -> None:
        """Take messages.

        Args:
            messages: As they stand, variables in them.
            name: The prompt's.
            commit_hash: The commit that they are of.
            origin: Name, commit and more, in the place of the two.
        """
        self.origin = origin or Origin(name, commit_hash)
        text = partial(PromptText, origin=self.origin)
        super().__init__(copied(message, text) for message in messages)

    @property
    def input_variables(self) -> list[str]:
        """The names of its variables, in their order.

        Raises:
            PromptVariableError: A brace in it is neither a variable's nor doubled.
        """
        texts = MessageTexts(self)
        return list(dict.fromkeys([*names_in(texts.parts, self.origin), *texts.lists]))

    @property
    def has_doubled_braces(self) -> bool:
        """True where ``{{`` or ``}}`` stands in it, which filling turns into a brace."""
        return any(map(attrgetter("has_doubled_braces"), MessageTexts(self).parts))

    def with_origin(self, origin: Origin) -> PromptMessages:
        """Return the same prompt with another origin."""
        return PromptMessages(self, origin=origin)

    def format_messages(
        self,
        /,
        *args: object,
        unused: Allowed = REFUSE,
        blank: Allowed = REFUSE,
        leftover: Allowed = REFUSE,
        **values: object,
    ) -> list[dict[str, Any]]:
        """Return the messages with every variable filled; see ``PromptText.format``.

        Raises:
            PromptVariableError: A variable is missing, blank or left over, a name isn't one, a value has no text, or a
                brace is neither a variable's nor doubled. It names all that is wrong, and no value.
            ArgumentError: An option makes no sense.
            PinError: It floats in an experiment that asks for pinned prompts.
        """
        __tracebackhide__ = True
        if args:
            raise self._by_name()
        return self._filled(values, keywords_of(self, (unused, blank, leftover)))

    format = format_messages

    def invoke(
        self,
        values: Mapping[str, Any],
        *,
        unused: Allowed = REFUSE,
        blank: Allowed = REFUSE,
        leftover: Allowed = REFUSE,
    ) -> list[dict[str, Any]]:
        """Return the messages with every variable filled, as ``format_messages`` does."""
        __tracebackhide__ = True
        return self._filled(names_normalized(self, values), Allowances.read(unused, blank, leftover))

    def _filled(self, values: Mapping[str, Any], allowed: Allowances) -> list[dict[str, Any]]:
        __tracebackhide__ = True
        texts = MessageTexts(self)
        filled = fill(self.origin, texts.parts, values, allowed, texts.lists)
        return texts.messages(filled, values, self.noted(filled))
