"""The search: what the sieve has stopped at is gone over, with everything that it may be the encoding of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from pytest_llmobs.tracing.redaction.finding import values
from pytest_llmobs.tracing.redaction.finding.assignments import ASSIGNED, assigned
from pytest_llmobs.tracing.redaction.finding.encodings import DEPTH, View, base64_texts, decoded
from pytest_llmobs.tracing.redaction.finding.forms import FORMS, Form
from pytest_llmobs.tracing.redaction.finding.spans import Span, merged

Search = Callable[[str], Iterator[Span]]
"""Yields where secrets of one sort stand in a text."""

_REDACTED = re.compile(r"\[redacted: [^\]\n]{1,80}\]")
_REACH = re.compile(r"[A-Za-z0-9+/_~.-]*\Z")
# a key that is folded goes on in the next line, which holds nothing else
_FOLDED = re.compile(
    r"[\"']?[ \t]{0,4}\\?\r?\n[ \t>|#*]{0,40}[\"']?([A-Za-z0-9+/_=.-]{12,})(?=[\"']?[ \t,;]{0,4}(?:\r?\n|\Z))"
)
_ENDS_A_LINE = frozenset("\"' \t\\\r\n")


def spans(text: str, searches: Iterable[Search]) -> list[Span]:
    """Return what some searches find in a text, in its order, but for what was redacted before."""
    searches = list(searches)
    if not searches:
        return []
    found = merged(_everywhere(text, searches), ASSIGNED)
    kept = [match.span() for match in _REDACTED.finditer(text)]
    return [span for span in found if not _within(span, kept)]


def _everywhere(text: str, searches: Iterable[Search]) -> Iterator[Span]:
    """Yield what is found in a text, and in what it is the encoding of."""
    views: list[View] = []
    for _ in range(DEPTH):
        for span in chain.from_iterable(search(text) for search in searches):
            start, end = span.start, span.end
            for view in reversed(views):
                start, end = view.origin(start, end)
            yield Span(start, end, span.kind)
        meant = decoded(text)
        if meant is None or meant.text == text:
            return
        views.append(meant)
        text = meant.text


def find_forms(text: str) -> Iterator[Span]:
    """Yield what has the form of a secret."""
    return chain.from_iterable(_find_form(form, text) for form in FORMS)


def find_in_base64(text: str, searches: Iterable[Search] = (find_forms, assigned)) -> Iterator[Span]:
    """Yield the Base64 of texts in which there is a secret, each as a whole."""
    for start, end, inner in base64_texts(text):
        for span in merged(chain.from_iterable(search(inner) for search in searches), ASSIGNED)[:1]:
            yield Span(start, end, span.kind)


def _within(span: Span, kept: list[tuple[int, int]]) -> bool:
    return any(start <= span.start and span.end <= end for start, end in kept)


def _find_form(form: Form, text: str) -> Iterator[Span]:
    for marker in form.markers:
        at = text.find(marker)
        while at >= 0:
            match = form.pattern.match(text, at)
            past = at + len(marker)
            if match is not None:
                start, end = match.span(match.re.groups)
                if form.reach:
                    start -= len(_REACH.search(text, max(0, start - form.reach), start)[0])  # type: ignore[index]
                past = end = _folded(text, end)
                yield Span(start, end, form.kind)
            # Past the match, and every pattern bounds what it scans in vain: else "sk-sk-sk-…" would take for ever.
            at = text.find(marker, past)


def _folded(text: str, end: int) -> int:
    """Return where a key ends that is broken over several lines."""
    if text[end : end + 1] not in _ENDS_A_LINE:
        return end
    match = _FOLDED.match(text, end)
    while match is not None and values.looks_random(match[1] + "0a0a0a0a"[: max(0, 16 - len(match[1]))]):
        end = match.end()
        match = _FOLDED.match(text, end)
    return end
