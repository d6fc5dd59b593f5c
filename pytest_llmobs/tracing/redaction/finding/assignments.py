"""Secrets that are known by what stands before them: ``password=…``, ``"x-api-key": "…"``, ``Authorization: Bearer …``.

A text is searched for how the names of secrets end; then the whole name is read backwards and judged
(``names``), the value is read forwards and judged (``values``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_llmobs.tracing.redaction.finding import values
from pytest_llmobs.tracing.redaction.finding.encodings import base64_text
from pytest_llmobs.tracing.redaction.finding.names import Strength, strength
from pytest_llmobs.tracing.redaction.finding.spans import Span

ASSIGNED = "assigned secret"
BEARER = "bearer token"
_STEMS = (
    *("password", "passwort", "passwd", "passphrase", "passcode", "pwd", "pass", "secret", "credential"),
    *("authorization", "cookie", "token", "key", "string", "auth", "session", "sessionid", "sessid", "sid"),
    *("sig", "signature"),
)
_AFTER = re.compile(
    r"[sS]?(?:_?\d{1,2})?(?:"
    r"(?P<assigned>[\"'`]?\]?\)?\s{0,8}(?:=>|:=|={1,2}|:)\s{0,40})"
    r"|(?P<entry>[\"']?\s{0,4},?\s{1,40}[\"']?value[\"']?\s{0,4}[=:]\s{0,8})"
    r"|(?P<listed>[\"']\s{0,4},\s{0,8}(?=b?[\"']))"
    r"|(?P<element>>(?=[^<>]{4,1024}</))"
    r"|(?P<said>\s{1,4}(?:is|was):?\s{1,4})"
    r"|(?P<flag>[ =]{1,4}))",
)
_FOLLOWS = frozenset("\"'`])=: >,_\t\r\n0123456789sS")
"""What may stand right behind a name for its value to follow."""
_REVERSED_NAME = re.compile(r"(?P<own>[A-Za-z0-9_.\-]{1,64})(?: (?P<before>[A-Za-z]{2,12})\b)?")
"""A name, and the word before it, read backwards."""
_QUOTED = re.compile(
    r"[bBrRfFuU]{0,2}(?P<quote>[\"'`])(?P<value>(?:(?!(?P=quote))[^\\\r\n]|\\.){1,1024})(?P=quote)"
)
_OPEN = re.compile(r"[bBrRfFuU]{0,2}[\"'`](?P<value>[^\s\"'`\\]{4,1024})")
_BRACED = re.compile(r"\{(?P<value>[^{}\s]{4,256})\}(?=;|\Z)")
_BARE = re.compile(r"(?P<value>(?:[^\s\"'`\\,;(){}\[\]<>|&]|\\(?![nrtbfuvx0\"'/\\])){4,256})")
_LONG = 250
_MORE = re.compile(r"[^\s\"'`\\,;(){}\[\]<>|&]*")
"""What goes on where a long value was cut, so that one that is none costs little."""
_ELEMENT = re.compile(r"(?P<value>[^<>\s]{4,1024})</")
_OPENING = re.compile(r"(?:[bB]?[\"'`])?")
_LIST = re.compile(r"\[\s{0,40}(?P<value>[\"'][^\]\n]{4,1024})\]")
_LINE = re.compile(r"(?:[bB]?[\"'`])?(?P<value>[^\r\n\"'`\\]{4,8192})")
_SCHEME = re.compile(
    r"(?:bearer|basic|token|bot|apikey|api-key|key|negotiate|ntlm|oauth|sso-key|genieKey|splunk|jwt)(?:\s+|=)"
    r"(?:token=)?[\"']?",
    re.IGNORECASE,
)
_PARAMETERS = re.compile(
    r"(?:digest|oauth|hawk|aws4-hmac-sha256|sharedkey(?:lite)?|sharedaccesssignature)\s+(?P<value>\S[^\r\n]{3,1024})",
    re.IGNORECASE,
)
_COOKIES = re.compile(r"(?:^|;)\s*[\w.$-]{1,128}=[^;\s\"',]{4,}")
_HEAD = 512
"""Characters in which a line of cookies shows that it is one; else "cookie: cookie: …" is read over and over."""
_PAIR = re.compile(r"\(\s*[\"'][^\"'\n]{1,128}[\"']\s*,\s*[\"'](?P<value>[^\"'\n]{3,256})[\"']")
_BEARER = re.compile(r"bearer\s+(?=[^\s\"',;]{0,200}\d)(?P<value>[A-Za-z0-9._~+/=-]{12,})", re.IGNORECASE)
_BASIC = re.compile(r"basic\s+(?P<value>[A-Za-z0-9+/_-]{8,}={0,2})", re.IGNORECASE)
_IN_NAMES = ("key", "token", "secret", "password", "credential", "auth")
"""Words in the names of secrets: a value of letters that holds one is such a name itself."""


def assigned(text: str) -> Iterator[Span]:
    """Yield the secrets of a text that stand behind a name, or behind ``Bearer`` and ``Basic``."""
    lowered = text.replace("İ", "i").lower()  # the one letter whose lower case is longer
    for stem in _STEMS:
        at = lowered.find(stem)
        while at >= 0:
            end = at + len(stem)
            span = None
            if lowered[end : end + 1] in _FOLLOWS:
                span = _behind(text, at, end)
            if span is not None:
                yield span
                end = max(span.end, end)
            at = lowered.find(stem, end)
    yield from _schemes(text, lowered)


def _schemes(text: str, lowered: str) -> Iterator[Span]:
    for marker, pattern in (("bearer", _BEARER), ("basic", _BASIC)):
        at = lowered.find(marker)
        while at >= 0:
            match = pattern.match(text, at)
            end = at + len(marker)
            if match is not None and _is_credentials(marker, match["value"]):
                yield Span(*match.span("value"), BEARER if marker == "bearer" else "basic credentials")
                end = match.end()
            at = lowered.find(marker, end)


def _is_credentials(marker: str, value: str) -> bool:
    return marker == "bearer" or ":" in base64_text(value)


def _behind(text: str, stem: int, end: int) -> Span | None:
    """Return the secret behind the name that ends with the stem ``text[stem:end]``."""
    after = _AFTER.match(text, end)
    if after is None:
        return None
    named = _REVERSED_NAME.match(text[max(0, end - 78) : end][::-1])
    if named is None:
        return None
    name, start = named["own"][::-1], end - len(named["own"])
    says = strength(name)
    if says in (None, Strength.KEY, Strength.TOKEN) and named["before"]:
        says = _stronger(says, strength(named[0][::-1]))
    if says is None or (after.lastgroup == "flag" and not _is_flag(text, start)):
        return None
    if text[start - 1 : start + len(name) + 1] == f":{name}:":  # arn:aws:secretsmanager:…:secret:name
        return None
    return _Place(text, name, start, says, after.lastgroup or "", after.end()).secret()


def _stronger(first: Strength | None, second: Strength | None) -> Strength | None:
    """Return what two words say together: more in "api key", nothing in "primary key"."""
    if second is Strength.SECRET or second is None:
        return second
    return first


def _is_flag(text: str, start: int) -> bool:
    return text.startswith("--", start) or text.startswith("--", start - 2)


class _Place:
    """A name in a text, and where its value begins."""

    def __init__(self, text: str, name: str, start: int, says: Strength, how: str, at: int) -> None:
        """Note the place.

        Args:
            text: The whole text.
            name: The name.
            start: Where it begins.
            says: How much it says.
            how: How the value follows: a group of ``_AFTER``.
            at: Where the value begins.
        """
        self.text, self.name, self.start, self.says, self.how, self.at = text, name, start, says, how, at

    def secret(self) -> Span | None:
        """Return the secret that stands here."""
        if self.says is Strength.SIGNATURE:
            return self._in_link()
        scheme = self._behind_scheme()
        if scheme is not None:
            return scheme
        if self.says is Strength.HEADER:
            return self._header()
        return self._value()

    def _in_link(self) -> Span | None:
        before = self.text[max(0, self.start - 7) : self.start].lower()
        named = self.name.lower()
        in_link = before[-1:] in ("?", "&", ";") or named.startswith(("x-amz-", "x-goog-"))
        match = _BARE.match(self.text, self.at)
        if match is None or not in_link or len(match["value"]) < 12 or not values.is_chosen(match["value"]):
            return None
        return Span(*match.span("value"), ASSIGNED)

    def _behind_scheme(self) -> Span | None:
        opening = _OPENING.match(self.text, self.at)
        at = opening.end() if opening is not None else self.at
        scheme = _SCHEME.match(self.text, at)
        if scheme is None:
            return None
        match = _BARE.match(self.text, scheme.end())
        if match is None or not _is_credential(match["value"]):
            return None
        return Span(*match.span("value"), ASSIGNED)

    def _header(self) -> Span | None:
        quoted = _QUOTED.match(self.text, self.at) or _LINE.match(self.text, self.at)
        if quoted is None or self.how == "said":
            return None
        value = quoted["value"]
        parameters = _PARAMETERS.match(value)
        if parameters is not None:
            # their own quotes end no line
            rest = _PARAMETERS.match(self.text, quoted.start("value"))
            end = rest.end() if rest is not None and quoted[0][:1] not in "\"'`bB" else quoted.end("value")
            return Span(quoted.start("value") + parameters.start("value"), end, ASSIGNED)
        if self.name.lower().endswith("cookie"):
            if _COOKIES.search(value, 0, _HEAD):
                return Span(*quoted.span("value"), ASSIGNED)
            return None
        word = value.split(None, 1)[0] if value.strip() else ""
        if len(word) >= 8 and values.is_chosen(word) and not values.is_placeholder(word):
            start = quoted.start("value") + value.index(word)
            return Span(start, start + len(word), ASSIGNED)
        return None

    def _value(self) -> Span | None:
        if self.how == "element":
            return self._judged(_ELEMENT.match(self.text, self.at), quoted=False)
        quoted = _QUOTED.match(self.text, self.at)
        if self.how == "listed" and not self._is_pair(quoted):
            return None
        if quoted is not None:
            return self._judged(quoted, quoted=True)
        pair = _PAIR.match(self.text, self.at)
        if pair is not None and values.is_chosen(pair["value"]):
            return Span(*pair.span("value"), ASSIGNED)
        for pattern in (_OPEN, _BRACED, _LIST):
            match = pattern.match(self.text, self.at)
            if match is not None:
                return self._judged(match, quoted=True)
        return self._judged(_BARE.match(self.text, self.at), quoted=False)

    def _is_pair(self, value: re.Match[str] | None) -> bool:
        """Return True for a name and a value alone in brackets, as dumps of headers have them."""
        before = self.text[max(0, self.start - 4) : self.start].rstrip("bB\"'")
        if value is None or value["value"].isalpha():
            return False
        return before[-1:] in ("(", "[") and self.text[value.end() : value.end() + 1] in (")", "]")

    def _judged(self, match: re.Match[str] | None, *, quoted: bool) -> Span | None:
        if match is None:
            return None
        value = match["value"]
        if not quoted:
            value = value.rstrip(".:!") if values.is_prose(value) else value.rstrip(".:")
        start = match.start("value")
        if values.is_placeholder(value) or values.is_path(value) or _is_name(value):
            return None
        if quoted:
            is_secret = self._is_quoted_secret(value)
        else:
            is_secret = self._is_bare_secret(value, self.text[match.end("value") : match.end("value") + 1])
        if not is_secret:
            return None
        end = start + len(value)
        if len(value) >= _LONG:
            end = _MORE.match(self.text, end).end()  # type: ignore[union-attr]
        return Span(start, end, ASSIGNED)

    def _is_quoted_secret(self, value: str) -> bool:
        if self.says is Strength.SECRET:
            return len(value) >= 4 and not values.is_prose(value) and not value.startswith(" ")
        return self._is_random(value)

    def _is_bare_secret(self, value: str, following: str) -> bool:
        if values.is_code(value, following) or value.lower().rstrip("0123456789") == self.name.lower():
            return False
        if self.says is not Strength.SECRET:
            return self._is_random(value)
        if self.how in ("said", "flag", "element"):
            return values.is_chosen(value)
        number_in_json = value.isdigit() and len(value) >= 4 and self.text[self.at - 2 : self.at - 1] == '"'
        return values.is_chosen(value) or number_in_json or (self._is_variable() and len(value) >= 6)

    def _is_random(self, value: str) -> bool:
        if self.says is Strength.TOKEN:
            if self.name.lower().endswith("pass") and len(value) >= 8 and any(map(str.isdigit, value)):
                return values.is_chosen(value)
            if values.is_uuid(value) and self.name.lower() != "token":  # clientRequestToken
                return False
            return is_token(value)
        if self.says is Strength.KEY:
            return values.looks_very_random(value) or (self._is_variable() and values.looks_random(value))
        return False

    def _is_variable(self) -> bool:
        """Return True for a line of an environment: ``NAME=value``."""
        return self.name.isupper() and self.text[self.at - 1] == "="


def is_token(value: str) -> bool:
    """Return True for what looks random, and for the Base64 of a name and a password."""
    return values.looks_random(value) or (len(value) >= 8 and ":" in base64_text(value))


def _is_name(value: str) -> bool:
    """Return True for the name of something in the place of a secret: ``grant_type = "refresh_token"``."""
    lowered = value.lower()
    return lowered.replace("_", "").replace("-", "").isalpha() and any(word in lowered for word in _IN_NAMES)


def _is_credential(value: str) -> bool:
    if values.is_placeholder(value) or len(value) < 6:
        return False
    return len(value) >= 24 or any(map(str.isdigit, value)) or bool(base64_text(value))
