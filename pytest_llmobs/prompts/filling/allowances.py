"""What a call lets be: ``unused="allow"``, ``blank=["nickname"]``, ``leftover={"tier": "allow"}``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.wording import known, nearest

Word = Literal["allow", "refuse"]
Allowed = Word | Collection[str] | Mapping[str, Word]
"""For all variables alike, or for those that are named."""
ALLOW, REFUSE = "allow", "refuse"
_LONGEST_WORD = 40
OPTIONS = ("unused", "blank", "leftover")


@dataclass(frozen=True)
class Allowance:
    """Which names are let be."""

    everything: bool = False
    names: frozenset[str] = frozenset()

    def __contains__(self, name: str) -> bool:
        return self.everything or name in self.names

    @classmethod
    def read(cls, option: str, stated: Allowed) -> Allowance:
        """Return what a call states.

        Args:
            option: ``unused``, ``blank`` or ``leftover``.
            stated: The word ``allow`` or ``refuse``, names, or a word for each name.

        Raises:
            ArgumentError: It is none of them.
        """
        if isinstance(stated, str):
            if stated not in (ALLOW, REFUSE):
                raise _unknown(option, stated)
            return _EVERYTHING if stated == ALLOW else _NOTHING
        if isinstance(stated, Mapping):
            return cls(names=frozenset(_allowed_in(option, stated)))
        is_collection = isinstance(stated, list | tuple | set | frozenset)
        if not is_collection or not all(isinstance(name, str) for name in stated):
            raise _unknown(option, stated)
        return cls(names=frozenset(stated))

    def check_names(self, option: str, names: Iterable[str]) -> None:
        """Refuse a name that nothing has: it was mistyped, and would let nothing be.

        Raises:
            ArgumentError: There is one.
        """
        choices = list(names)
        for name in sorted(self.names.difference(choices)):
            raise ArgumentError(
                f"{option}= names {name!r}, which is no variable here.{nearest(name, choices)} {known(choices)}"
            )


_EVERYTHING, _NOTHING = Allowance(everything=True), Allowance()


@dataclass(frozen=True)
class Allowances:
    """What one call lets be."""

    unused: Allowance = _NOTHING
    blank: Allowance = _NOTHING
    leftover: Allowance = _NOTHING

    @classmethod
    def read(cls, unused: Allowed, blank: Allowed, leftover: Allowed) -> Allowances:
        """Return what a call states.

        Raises:
            ArgumentError: One of them is neither a word nor names.
        """
        if unused == blank == leftover == REFUSE:
            return NOTHING_ALLOWED
        return cls(
            Allowance.read("unused", unused),
            Allowance.read("blank", blank),
            Allowance.read("leftover", leftover),
        )


NOTHING_ALLOWED = Allowances()


def _allowed_in(option: str, stated: Mapping[str, Word]) -> Iterable[str]:
    for name, word in stated.items():
        if word not in (ALLOW, REFUSE):
            raise _unknown(f"{option}[{name!r}]", word)
        if word == ALLOW:
            yield name


def _unknown(option: str, stated: object) -> ArgumentError:
    hint = ""
    if isinstance(stated, str) and stated.isidentifier():
        hint = nearest(stated, (ALLOW, REFUSE)) or f" For one variable write {option}=[{stated!r}]."
    return ArgumentError(
        f"{option} is {_shown(stated)}.{hint} {known((ALLOW, REFUSE))} Or a list of the names that are let be."
    )


def _shown(stated: object) -> str:
    """Return what was stated, if it is a word: it may be the value of a variable that somebody took out."""
    is_word = isinstance(stated, str) and stated.isidentifier() and len(stated) <= _LONGEST_WORD
    if is_word or isinstance(stated, bool):
        return repr(stated)
    return f"of type {type(stated).__name__}"
