"""Variables that are probably not what somebody meant: looked for where nothing is filled yet."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import combinations, filterfalse

from pytest_llmobs.prompts.filling.origin import Origin
from pytest_llmobs.prompts.filling.problems import Part, place_of
from pytest_llmobs.prompts.filling.variables import spot_at

_ALIKE = 0.88
"""From this share of common letters on two names are taken for one: ``custmer_name`` and ``customer_name``."""
_SHORTEST = 5
"""Letters of a name from which on its likeness with another says anything."""
_OTHER_STYLES = re.compile(r"\{\{\s*([^\W\d]\w*)\s*\}\}")
"""A variable of Mustache or Jinja; here it is text in braces."""
_IN_BRACES = re.compile(r"\{\s*[^\W\d]\w*\s*\}")
_DIGITS = re.compile(r"\d+")


def variable_mistakes(origin: Origin, parts: Sequence[Part]) -> Iterator[str]:
    """Yield what is probably a mistake, each with its place and the remedy.

    Args:
        origin: Where the prompt is from, for places.
        parts: Its texts.
    """
    templates = list(filter(_is_template, parts))
    names: dict[str, str] = {}
    for part in templates:
        for name, spots in part.parsed.spots.items():
            names.setdefault(name, place_of(origin, part, spots))
    for part in templates:
        yield from _of_other_styles(origin, part, names)
    for part in filterfalse(_is_template, parts):
        yield from _of_unfilled(origin, part)
    for name, other in combinations(names, 2):
        if _is_taken_for(name, other):
            yield (
                f"{{{name}}} ({names[name]}) and {{{other}}} ({names[other]}) look alike. Both must be given; if one "
                "is meant, write it in both places."
            )


def _is_template(part: Part) -> bool:
    return part.is_template


def _of_other_styles(origin: Origin, part: Part, names: Collection[str]) -> Iterator[str]:
    for match in _OTHER_STYLES.finditer(part.source):
        is_example = match[0] == f"{{{{{match[1]}}}}}" and names and match[1] not in names
        if is_example:  # doubled braces are how a prompt speaks of braces
            continue
        place = place_of(origin, part, [spot_at(part.source, match.start())])
        yield (
            f"{place}: {match[0]!r} is text and is filled by nobody: {match[0][1:-1]!r} would be sent. Write "
            f"{{{match[1]}}} for the variable."
        )


def _of_unfilled(origin: Origin, part: Part) -> Iterator[str]:
    if _IN_BRACES.fullmatch(part.source):
        place = place_of(origin, part, [spot_at(part.source, 0)])
        yield (
            f"{place}: {part.source!r} is filled by nobody. Only texts are, and this isn't one: put it into the "
            "message in code."
        )


def _is_taken_for(name: str, other: str) -> bool:
    """Tell whether two names differ as by a slip: not by a number, nor as one thing from several."""
    if name.casefold() == other.casefold():
        return True
    if min(len(name), len(other)) < _SHORTEST:
        return False
    is_numbered = _DIGITS.sub("", name) == _DIGITS.sub("", other)
    is_plural = name in (f"{other}s", f"{other}es") or other in (f"{name}s", f"{name}es")
    return not is_numbered and not is_plural and SequenceMatcher(None, name, other).ratio() >= _ALIKE
