"""What every prompt knows about itself, be it a text or messages, and what is noted when it is filled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_llmobs.errors import ArgumentError, LlmobsError, PinError, PromptVariableError
from pytest_llmobs.prompts.filling.allowances import OPTIONS, REFUSE, Allowances, Allowed
from pytest_llmobs.prompts.filling.origin import Origin, shown_path
from pytest_llmobs.prompts.filling.variables import normalized
from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS

if TYPE_CHECKING:
    from pytest_llmobs.tracing.model_calls.prompt_stamps import PromptStamp

P = TypeVar("P", bound="Pulled")


class Pulled:
    """A prompt as ``pull_prompt`` returns it."""

    origin: Origin
    """Where it is from."""

    @property
    def name(self) -> str:
        """The prompt's name."""
        return self.origin.name

    @property
    def commit_hash(self) -> str | None:
        """The commit that it is of, 16 hex digits; None where it has none."""
        return self.origin.commit_hash

    @property
    def arm(self) -> str | None:
        """The arm of an A/B split that it stands for, or None."""
        return self.origin.arm

    @property
    def prompt_stamp(self) -> PromptStamp | None:
        """What stands for it on a run; None for one without a commit."""
        return self.origin.stamp

    @property
    def input_variables(self) -> list[str]:
        """The names of its variables, in their order.

        Raises:
            PromptVariableError: A brace in it is neither a variable's nor doubled.
        """
        raise NotImplementedError

    @property
    def has_doubled_braces(self) -> bool:
        """True where ``{{`` or ``}}`` stands in it, which filling turns into a brace."""
        raise NotImplementedError

    def with_origin(self: P, origin: Origin) -> P:
        """Return the same prompt with another origin."""
        raise NotImplementedError

    def with_arm(self: P, arm: str, stamps: Mapping[str, str]) -> P:
        """Return the same prompt as an arm of an A/B split.

        Args:
            arm: The arm's name.
            stamps: Metadata for the runs that use it, noted at each fill.
        """
        return self.with_origin(replace(self.origin, arm=arm, stamps=dict(stamps)))

    def sending_error(self) -> LlmobsError | None:
        """Return the error for sending it to a model as it is, or None.

        One without variables and doubled braces may be sent as it is, if it is pinned where that is asked for.

        Raises:
            PromptVariableError: A brace in it is neither a variable's nor doubled.
        """
        try:
            check_pinned(self.origin)
        except PinError as error:
            return error
        names = self.input_variables
        if not names and not self.has_doubled_braces:
            return None
        keywords = ", ".join(f"{name}=…" for name in names)
        what = ", ".join(map(repr, names)) or "doubled braces"
        return PromptVariableError(
            f"{self.origin.title} is used without being filled: {what} would stand in the text. "
            f"Call .format({keywords}) first.",
            prompt=self.name,
            commit_hash=self.commit_hash,
            missing=names,
        )

    def _by_name(self) -> ArgumentError:
        """Return the error for values without a name."""
        keywords = ", ".join(f"{name}=…" for name in self.input_variables)
        return ArgumentError(f"{self.origin.title} takes its variables by name: format({keywords}).")

    def noted(self, filled: Iterable[str] = ()) -> PromptStamp | None:
        """Note on the current run, and its open ancestors, that it is used; return what stands for it.

        Args:
            filled: What it was filled to, so that a model call is known that sends it within another text.

        Raises:
            PinError: It floats in an experiment that asks for pinned prompts.
        """
        __tracebackhide__ = True
        from pytest_llmobs.tracing.model_calls.prompt_stamps import remember_filled, stamp_prompt, stamp_trace

        origin = self.origin
        check_pinned(origin)
        stamp = origin.stamp
        if stamp is not None:
            stamp_prompt(stamp)
            for text in filled:
                remember_filled(text, stamp)
        if origin.stamps:
            stamp_trace(origin.stamps)
        return stamp


def check_pinned(origin: Origin) -> None:
    """Refuse a prompt that floats where an experiment asks for pinned ones.

    Raises:
        PinError: It does.
    """
    __tracebackhide__ = True
    if origin.floats_at is None:
        return
    from pytest_llmobs.tracing import active

    if active.asks_for_pins():
        raise pin_error(origin)


def pin_error(origin: Origin) -> PinError:
    """Return the error for a prompt that floats where pinned ones are asked for; it holds the pin to paste."""
    pin = f"commit_hash={(origin.commit_hash or '')[:SHOWN_DIGITS]!r}".replace("'", '"')
    return PinError(
        f"{shown_path(origin.floats_at or '')} pulls the prompt {origin.name!r} without a commit, and "
        "llm_require_pinned_prompts asks for one in an experiment. "
        f'Write pull_prompt("{origin.name}", {pin}), or name a tag: "{origin.name}:v1".'
    )


def keywords_of(prompt: Pulled, options: tuple[Allowed, Allowed, Allowed]) -> Allowances:
    """Return what the options of ``format`` allow.

    Raises:
        ArgumentError: One makes no sense, or the prompt has a variable of its name: nobody knows which is meant.
    """
    unused, blank, leftover = options
    if (unused, blank, leftover) == (REFUSE, REFUSE, REFUSE):
        return Allowances.read(unused, blank, leftover)
    for name, stated in zip(OPTIONS, options, strict=True):
        if stated != REFUSE and name in prompt.input_variables:
            raise ArgumentError(
                f"{prompt.origin.title} has a variable called {name!r}, which is an option of format as well. "
                f"Give its variables by invoke({{{name!r}: …}})."
            )
    return Allowances.read(unused, blank, leftover)


def names_normalized(prompt: Pulled, values: Any) -> dict[str, Any]:
    """Return the values of ``invoke`` by names as Python would read them.

    Raises:
        ArgumentError: They are no mapping of names.
    """
    if not isinstance(values, Mapping):
        raise ArgumentError(
            f"{prompt.origin.title} takes a dict of its variables, not a value of type {type(values).__name__}: "
            'invoke({"question": …}).'
        )
    named = {}
    for name, value in values.items():
        if not isinstance(name, str):
            raise ArgumentError(
                f"{prompt.origin.title} takes names of variables, and one is of type {type(name).__name__}."
            )
        named[normalized(name)] = value
    return named
