"""Tokens become calls with arguments: ``and(eq(name, "x"), …)``. What they mean is not known here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmobs.errors import FilterError
from pytest_llmobs.storage.filtering.mistakes import mistake
from pytest_llmobs.storage.filtering.tokens import Token, tokens

DEEPEST = 64
"""Most calls within calls: Arrow evaluates expressions by recursion."""
_EXAMPLE = 'Expected a condition such as eq(status, "error") or and(gt(latency, 2), has(tags, "beta")).'
_OPERATORS = {
    "==": "eq",
    "=": "eq",
    "!=": "neq",
    "<>": "neq",
    "<": "lt",
    "<=": "lte",
    ">": "gt",
    ">=": "gte",
    "=~": "search",
}
_JOINS = {"&": "and", "&&": "and", "and": "and", "|": "or", "||": "or", "or": "or"}
_CONSTANTS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Word:
    """A bare word: a field's name."""

    text: str
    column: int


@dataclass(frozen=True)
class Constant:
    """A text, a number, true, false or null."""

    value: str | int | float | bool | None
    column: int
    raw: str = ""
    """As written; of a quoted text without its quotes."""
    quoted: bool = False
    """False for a number with a unit, such as ``5s``, whose value is a text all the same."""


@dataclass(frozen=True)
class Bracketed:
    """A list in brackets."""

    items: tuple[Constant, ...]
    column: int


@dataclass(frozen=True)
class Call:
    """A word with arguments in parentheses."""

    name: str
    arguments: tuple[Argument, ...]
    column: int
    end: int
    """Where the closing parenthesis stands."""


Argument = Call | Word | Constant | Bracketed


def read(text: str) -> Call:
    """Return the one call that a filter is.

    Raises:
        FilterError: It is none.
    """
    return _Reader(text, tokens(text)).whole()


class _Reader:
    def __init__(self, text: str, found: Sequence[Token]) -> None:
        self._text = text
        self._tokens = found
        self._next = 0
        self._depth = 0

    def whole(self) -> Call:
        if self._token.kind == "end":
            raise self._mistake(f"The filter is empty. {_EXAMPLE}")
        node = self._argument()
        self._refuse_operator(node)
        if not isinstance(node, Call):
            raise self._mistake(f"A condition is a call. {_EXAMPLE}", node.column)
        self._refuse_rest(node)
        return node

    def _argument(self) -> Argument:
        token = self._take()
        if token.kind == "name":
            if self._token.text == "(" and self._token.kind == "sign":
                return self._call(token)
            if token.text.lower() in _CONSTANTS:
                return Constant(_CONSTANTS[token.text.lower()], token.column, token.text)
            return Word(token.text, token.column)
        if token.text == "[" and token.kind == "sign":
            return self._list(token)
        return self._constant(token)

    def _constant(self, token: Token) -> Constant:
        if token.kind == "text":
            return Constant(token.text, token.column, token.raw, quoted=True)
        if token.kind == "number":
            return Constant(_number(token.text), token.column, token.text)
        if token.kind == "name" and token.text.lower() in _CONSTANTS:
            return Constant(_CONSTANTS[token.text.lower()], token.column, token.text)
        if token.kind == "end":
            raise self._cut(token, "a value or a condition")
        raise self._mistake(f"Unexpected {token.text!r}. Expected a value or a condition.", token.column)

    def _call(self, name: Token) -> Call:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._mistake(f"Conditions are nested more than {DEEPEST} deep.", name.column)
        self._take()
        arguments: list[Argument] = []
        if not self._is_sign(")"):
            arguments.append(self._checked_argument())
            while self._is_sign(","):
                self._take()
                arguments.append(self._checked_argument())
        end = self._close(")", f"the arguments of {name.text}")
        self._depth -= 1
        return Call(name.text, tuple(arguments), name.column, end)

    def _checked_argument(self) -> Argument:
        node = self._argument()
        self._refuse_operator(node)
        return node

    def _list(self, bracket: Token) -> Bracketed:
        items: list[Constant] = []
        if not self._is_sign("]"):
            items.append(self._constant(self._take()))
            while self._is_sign(","):
                self._take()
                items.append(self._constant(self._take()))
        self._close("]", "the list")
        return Bracketed(tuple(items), bracket.column)

    def _close(self, sign: str, what: str) -> int:
        token = self._take()
        if token.kind == "sign" and token.text == sign:
            return token.column
        if token.kind == "end":
            raise self._cut(token, f"',' or {sign!r}")
        raise self._mistake(f"Expected ',' or {sign!r} in {what}, not {token.text!r}.", token.column)

    def _refuse_operator(self, left: Argument) -> None:
        """Help those who write ``a == b`` or ``x and y``."""
        token = self._token
        if token.kind == "operator" and token.text in _OPERATORS:
            comparator = _OPERATORS[token.text]
            field = left.text if isinstance(left, Word) else "field"
            raise self._mistake(
                f"Operators such as {token.text!r} have no meaning in a filter. Write {comparator}({field}, …)."
            )
        if isinstance(left, Call) and token.text in _JOINS and token.kind in ("operator", "name"):
            word = _JOINS[token.text]
            raise self._mistake(f"{token.text!r} doesn't stand between conditions. Write {word}(…, …).")

    def _refuse_rest(self, node: Call) -> None:
        token = self._token
        if token.kind == "end":
            return
        remedy = "Several conditions are joined by and(…, …) or or(…, …)."
        if token.kind == "sign" and token.text in ")]":
            remedy = f"It closes nothing: {node.name}(…) is closed already."
        raise self._mistake(f"Unexpected {token.text!r} behind the end of the condition. {remedy}")

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _is_sign(self, sign: str) -> bool:
        return self._token.kind == "sign" and self._token.text == sign

    def _take(self) -> Token:
        token = self._token
        if token.kind != "end":
            self._next += 1
        return token

    def _cut(self, token: Token, expected: str) -> FilterError:
        return self._mistake(f"The filter ends in the middle. Expected {expected}.", token.column)

    def _mistake(self, message: str, column: int | None = None) -> FilterError:
        if column is None:
            column = self._token.column
        return mistake(self._text, column, message)


def _number(text: str) -> int | float | str:
    """Return a number; with a unit behind it, the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
