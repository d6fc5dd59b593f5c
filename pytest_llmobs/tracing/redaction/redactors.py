"""Redactors: what takes the sensitive parts out of texts, and which of them are at work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from importlib import import_module

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.tracing.binding import function_name
from pytest_llmobs.wording import known, nearest


class Redactor:
    """Takes what is sensitive out of texts. Subclass it, or write a function from text to text."""

    name: str
    """What settings call it, and what a run says where it failed."""
    prefilters: tuple[str, ...] = (".",)
    """Patterns in the syntax of Rust's ``regex``: a JSON payload in which none is found isn't looked at closely."""
    opt_in: bool = False
    """True where it works only if ``llm_redact`` or ``LLMOBS_REDACT`` names it."""
    sample: str = ""
    """A made-up text that it takes something out of: what a contract test holds a built-in one to."""

    def redact(self, text: str) -> str:
        """Return ``text`` without what is sensitive."""
        raise NotImplementedError

    def redact_field(self, key: str, text: str) -> str:
        """Return a text that stands under ``key`` of an object without what is sensitive."""
        return self.redact(text)

    def is_secret_key(self, key: str) -> bool:
        """Return True where everything under ``key`` of an object is sensitive."""
        return False

    def suspects(self, payload: bytes) -> bool:
        """Return True where a payload must be looked at closely for a reason that no prefilter can say."""
        return False


class CustomRedactor(Redactor):
    """A user's function from text to text, as a redactor."""

    def __init__(self, function: Callable[[str], str]) -> None:
        """Wrap ``function``."""
        self.name = function_name(function)
        self._function = function

    def redact(self, text: str) -> str:
        """Return what the function makes of ``text``."""
        return self._function(text)


def as_redactor(given: object) -> Redactor:
    """Return a redactor as it is, and a function from text to text as a redactor.

    Raises:
        SettingsError: It is neither.
    """
    if isinstance(given, Redactor):
        return given
    if callable(given) and not isinstance(given, type):
        return CustomRedactor(given)
    raise SettingsError(
        f"{given!r} is no redactor: pytest_llmobs_redact returns functions from text to text, and instances of "
        "subclasses of pytest_llmobs.tracing.Redactor."
    )


def choose_redactors(names: Sequence[str], offered: Iterable[object], where: str) -> list[Redactor]:
    """Return the redactors at work: those that are named, in that order, then the others that needn't be.

    Args:
        names: Of offered ones, or ``module:function`` for one of the user's own.
        offered: What the hooks offer: redactors, and functions from text to text.
        where: The setting that names them, for messages.

    Raises:
        SettingsError: A name is unknown or can't be imported, or something is no redactor.
    """
    redactors = list(map(as_redactor, offered))
    chosen: list[Redactor] = []
    for name in names:
        chosen += _named(name, redactors) or [_import(name, redactors, where)]
    for redactor in redactors:
        if not redactor.opt_in and redactor not in chosen:
            chosen.append(redactor)
    return chosen


def _named(name: str, redactors: Iterable[Redactor]) -> list[Redactor]:
    return [redactor for redactor in redactors if redactor.name == name]


def _import(name: str, redactors: Iterable[Redactor], where: str) -> Redactor:
    module, colon, path = name.partition(":")
    if not colon:
        names = [redactor.name for redactor in redactors]
        raise SettingsError(
            f"Unknown redactor {name!r} in {where}.{nearest(name, names)} {known(names)} "
            "A function of your own is written module:function."
        )
    try:
        imported = reduce(getattr, path.split("."), import_module(module))
    except Exception as error:
        raise SettingsError(
            f"{where} names the redactor {name!r}, which can't be imported: {type(error).__name__}: {error}."
        ) from error
    return as_redactor(imported)
