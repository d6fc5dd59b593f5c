"""The redactor ``secrets``: API keys, tokens, passwords, private keys. Always on.

What it knows stands in tables: ``finding/forms.py`` holds the forms of keys, ``finding/names.py`` the names of fields
whose values are secret. To them come the values that this process's environment holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from pytest_llmobs.tracing.redaction.finding import sieves, values
from pytest_llmobs.tracing.redaction.finding.assignments import ASSIGNED, assigned, is_token
from pytest_llmobs.tracing.redaction.finding.encodings import DEPTH, View, base64_texts, decoded
from pytest_llmobs.tracing.redaction.finding.environment import EnvironmentSecrets
from pytest_llmobs.tracing.redaction.finding.forms import FORMS, Form
from pytest_llmobs.tracing.redaction.finding.names import Strength, strength
from pytest_llmobs.tracing.redaction.finding.spans import Span, merged, replaced
from pytest_llmobs.tracing.redaction.prefilters import Prefilter, compiled
from pytest_llmobs.tracing.redaction.redactors import Redactor

_Search = Callable[[str], Iterator[Span]]
_SHORT = 400
"""Bytes of a payload that one pattern goes over faster than several, though each of those is faster a byte."""
_LEAST = 6
"""Characters of the shortest secret with what it is known by."""
_REDACTED = re.compile(r"\[redacted: [^\]\n]{1,80}\]")
_REACH = re.compile(r"[A-Za-z0-9+/_~.-]*\Z")
# a key that is folded goes on in the next line, which holds nothing else
_FOLDED = re.compile(
    r"[\"']?[ \t]{0,4}\\?\r?\n[ \t>|#*]{0,40}[\"']?([A-Za-z0-9+/_=.-]{12,})(?=[\"']?[ \t,;]{0,4}(?:\r?\n|\Z))"
)

_ENDS_A_LINE = frozenset("\"' \t\\\r\n")


class Secrets(Redactor):
    """Finds secrets in texts, and knows the keys whose values are secret whatever they look like."""

    name = "secrets"
    prefilters: tuple[str, ...] = ()
    sample = "key sk-ant-api03-AbCdEfGhIjKlMnOp"

    def __init__(self, environment: EnvironmentSecrets | None = None) -> None:
        """Take the environment whose secrets are known; the process's own by default."""
        self._environment = environment or EnvironmentSecrets()
        self._of_short: Prefilter | None = None
        self._of_long: list[Prefilter] = []
        self._signed: list[tuple[bytes, list[Prefilter]]] = []

    def redact(self, text: str) -> str:
        """Return ``text`` with each secret replaced by ``[redacted: <kind>]``."""
        spans = self.spans(text)
        if spans:
            return replaced(text, spans)
        return text

    def redact_field(self, key: str, text: str) -> str:
        """Return ``text`` as ``redact`` does; all of it is cut out where ``key`` says so of what looks random."""
        if _is_secret_under(strength(key), text):
            return f"[redacted: {key}]"
        return self.redact(text)

    def suspects(self, payload: bytes) -> bool:
        """Return True where a payload may hold a secret; every captured one is looked at, so this is quick."""
        if len(payload) < _SHORT:
            of_short = self._of_short or self._compile_for_short()
            if of_short(payload):
                return True
            return self._environment.suspects(payload)
        for finds in self._of_long or self._compile_for_long():
            if finds(payload):
                return True
        for sign, prefilters in self._signed:
            if sign in payload:
                for finds in prefilters:
                    if finds(payload):
                        return True
        return self._environment.suspects(payload)

    def _compile_for_short(self) -> Prefilter:
        together = [*sieves.grouped_patterns()]
        for signed in sieves.signed_form_patterns():
            together += signed.patterns
        self._of_short = of_short = compiled("|".join(together), self.name)
        return of_short

    def _compile_for_long(self) -> list[Prefilter]:
        of_long = [compiled(pattern, self.name) for pattern in sieves.grouped_patterns()]
        signed = []
        for sign, of_signed in sieves.signed_form_patterns():
            signed.append((sign, [compiled(pattern, self.name) for pattern in of_signed]))
        self._signed = signed
        # the last to be set: another thread may be here too
        self._of_long = of_long
        return of_long

    def is_secret_key(self, key: str) -> bool:
        """Return True where the value under ``key`` is secret (``x-api-key``, ``DB_PASSWORD``, ``apiKey``)."""
        return strength(key) in (Strength.SECRET, Strength.HEADER)

    def spans(self, text: str) -> list[Span]:
        """Return where secrets stand in a text, in their order."""
        searches = self._searches(text)
        if not searches:
            return []
        found = merged(_everywhere(text, searches), ASSIGNED)
        kept = [match.span() for match in _REDACTED.finditer(text)]
        return [span for span in found if not _within(span, kept)]

    def _searches(self, text: str) -> list[_Search]:
        """Return the ways in which a text must be searched: each is as costly as it is seldom needed."""
        if len(text) < _LEAST:
            return []
        payload = _as_json(text)
        # what follows takes long to compile, so not before anything is suspect
        if not self.suspects(payload):
            return []
        hidden = compiled(sieves.HIDDEN, self.name)(payload)
        searches: list[_Search] = []
        patterns = list(sieves.form_patterns())
        for signed in sieves.signed_form_patterns():
            patterns += signed.patterns
        if hidden or any(compiled(pattern, self.name)(payload) for pattern in patterns):
            searches += [_find_forms, _find_in_base64]
        if hidden or compiled(sieves.BESIDE_NAMES, self.name)(payload):
            searches.append(assigned)
        if self._environment.suspects(payload):
            searches += [self._environment.find, self._environment_in_base64]
        return searches

    def _environment_in_base64(self, text: str) -> Iterator[Span]:
        return _find_in_base64(text, (self._environment.find,))


def _as_json(text: str) -> bytes:
    """Return a text as the prefilters know it: as it stands in a captured payload."""
    from pydantic_core import to_json  # nobody who traces nothing pays for it

    try:
        return to_json(text)
    except ValueError:  # it holds halves of characters
        return json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")


def _everywhere(text: str, searches: Iterable[_Search]) -> Iterator[Span]:
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


def _find_forms(text: str) -> Iterator[Span]:
    """Yield what has the form of a secret."""
    return chain.from_iterable(_find_form(form, text) for form in FORMS)


def _find_in_base64(text: str, searches: Iterable[_Search] = (_find_forms, assigned)) -> Iterator[Span]:
    """Yield the Base64 of texts in which there is a secret, each as a whole."""
    for start, end, inner in base64_texts(text):
        for span in merged(chain.from_iterable(search(inner) for search in searches), ASSIGNED)[:1]:
            yield Span(start, end, span.kind)


def _is_secret_under(says: Strength | None, text: str) -> bool:
    if says is Strength.TOKEN:
        return is_token(text) and not values.is_uuid(text)
    return says is Strength.KEY and values.looks_very_random(text)


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
