"""Evaluators of commitments: prices, deadlines and shares that the answer states and nothing given supports.

A support answer that invents a price or a deadline binds the company to it. Given is what stands in the inputs, the
reference, the retrieved documents and the system prompt; amounts are compared as numbers, so "$5" and "5.00 USD"
agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pytest_llmobs.errors import UnscoredError
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.evaluators.rules.matching import fold
from pytest_llmobs.evaluators.rules.outputs import text_of
from pytest_llmobs.evaluators.rules.rule import Rule
from pytest_llmobs.evaluators.rules.safety import texts_in
from pytest_llmobs.evaluators.rules.trace_tree import walk
from pytest_llmobs.records import conversation
from pytest_llmobs.records.scores import Score

# Every repetition is bounded, so that hostile text can't make the search quadratic.
_NUMBER = r"(?<!\d)(?:\d{1,3}(?:[ ,]\d{3}){1,5}(?:\.\d{1,6})?|\d{1,12}(?:[.,]\d{1,2})?)(?!\d)"
_UNIT = r"[$€£¥]|(?:usd|eur|gbp|chf|jpy|dollars?|euros?|pounds?)\b"
_MONEY = re.compile(rf"(?P<sign>[$€£¥])\s?(?P<a>{_NUMBER})|(?P<b>{_NUMBER})\s?(?P<unit>{_UNIT})")
_CURRENCIES = {"$": "usd", "dollar": "usd", "dollars": "usd", "€": "eur", "euro": "eur", "euros": "eur"}
_CURRENCIES |= {"£": "gbp", "pound": "gbp", "pounds": "gbp", "¥": "jpy"}
_SPELT = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_COUNT = rf"\d{{1,6}}|{'|'.join(_SPELT)}"
_SPAN = re.compile(
    rf"\b(?P<n>{_COUNT})(?:\s?(?:-|–|to)\s?(?P<m>{_COUNT}))?[\s-]?(?:full |business |working )?"
    r"(?P<unit>minute|hour|day|week|month|year)s?\b"
)
_SHARE = re.compile(rf"(?P<n>{_NUMBER})\s?(?:%|percent\b|per cent\b)")


def _amounts(text: str) -> Iterator[tuple[str, str]]:
    for match in _MONEY.finditer(text):
        unit = match["sign"] or match["unit"]
        yield match.group(), f"{_value(match['a'] or match['b'])} {_CURRENCIES.get(unit, unit)}"


def _spans(text: str) -> Iterator[tuple[str, str]]:
    for match in _SPAN.finditer(text):
        for number in (match["n"], match["m"]):
            if number:
                yield match.group(), f"{_count(number)} {match['unit']}"


def _count(number: str) -> int:
    if number in _SPELT:
        return _SPELT.index(number) + 1
    return int(number)


def _shares(text: str) -> Iterator[tuple[str, str]]:
    for match in _SHARE.finditer(text):
        yield match.group(), f"{_value(match['n'])} %"


def _value(number: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:[ ,]\d{3})+(?:\.\d+)?", number):
        plain = re.sub(r"[ ,]", "", number)
    else:
        plain = number.replace(",", ".")  # "4,99", as half of Europe writes it
    return f"{float(plain):.2f}"


@dataclass(frozen=True)
class _Supported(Rule):
    what: ClassVar[str]
    allowed: Sequence[str] = ()
    """Texts that may be stated though nothing given holds them (``"30 days"``)."""
    output: str | None = None
    """The output to judge."""
    key: str = ""

    def _find(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield what the text states: as it is written, and what it means in one form for all spellings."""
        raise NotImplementedError

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        if subject.outputs is None:
            raise UnscoredError("The run has no outputs, so there is nothing to search.")
        given = fold("\n".join([*_given(subject), *self.allowed]))
        supported = {meaning for _, meaning in self._find(given)}
        stated = list(self._find(fold(text_of(subject.outputs, self.output))))
        invented: dict[str, None] = {}  # a dict and no set: each is named once, in the order of the text
        for text, meaning in stated:
            if meaning not in supported:
                invented[text] = None
        if invented:
            return Score(self.key, score=False, comment=f"nothing given supports: {', '.join(invented)}")
        return Score(self.key, score=True, comment=f"{len(stated)} {self.what} stated, all supported")


def _given(subject: Subject) -> Iterator[str]:
    yield from texts_in(subject.inputs)
    yield from texts_in(subject.reference_outputs)
    for run in walk(subject.run):
        if run.run_type in ("retriever", "tool"):
            yield from texts_in(run.outputs)
        elif run.run_type == "llm":
            yield from texts_in(conversation.instructions(run.inputs))


@dataclass(frozen=True)
class NoInventedPrices(_Supported):
    """True where every amount of money in the text is given somewhere."""

    what: ClassVar[str] = "amounts"
    key: str = "no_invented_prices"

    def _find(self, text: str) -> Iterator[tuple[str, str]]:
        return _amounts(text)


@dataclass(frozen=True)
class NoInventedDeadlines(_Supported):
    """True where every span of time in the text ("within 48 hours") is given somewhere."""

    what: ClassVar[str] = "deadlines"
    key: str = "no_invented_deadlines"

    def _find(self, text: str) -> Iterator[tuple[str, str]]:
        return _spans(text)


@dataclass(frozen=True)
class NoInventedPercentages(_Supported):
    """True where every percentage in the text is given somewhere."""

    what: ClassVar[str] = "percentages"
    key: str = "no_invented_percentages"

    def _find(self, text: str) -> Iterator[tuple[str, str]]:
        return _shares(text)


no_invented_prices = NoInventedPrices()
"""True where every amount of money stated is given."""
no_invented_deadlines = NoInventedDeadlines()
"""True where every span of time stated is given."""
no_invented_percentages = NoInventedPercentages()
"""True where every percentage stated is given."""
