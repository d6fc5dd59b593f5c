"""Each form of secret is found, whatever stands before it and however the text is encoded; and nothing takes long."""

from __future__ import annotations

import json
import time
import timeit
from urllib.parse import quote

import pytest

from pytest_llmobs.tracing.redaction.finding.forms import FORMS as TABLE
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.redaction.secrets import Secrets
from tests.unit.tracing.redaction import secret_samples as samples

_REDACTION = Redaction(())


def stored(value: object) -> str:
    """Return what a store would hold of a payload: it is cleaned where the prefilters stop."""
    payload = json.dumps({"a": value}, ensure_ascii=False).encode()
    if _REDACTION.suspects(payload):
        return json.dumps(_REDACTION.clean_value(json.loads(payload)))
    return payload.decode()


@pytest.mark.parametrize("issuer", samples.FORMS)
def test_a_form_is_found_behind_everything(issuer: str) -> None:
    secret = samples.FORMS[issuer]
    leaks = []
    for name, text in samples.around(secret).items():
        if issuer == "mailchimp" and name == "digit":  # of 33 digits nobody knows which begins the key
            continue
        if samples.part(secret) in stored(text):
            leaks.append(name)
    assert leaks == []
    assert samples.part(secret) not in stored({secret: 1})


@pytest.mark.parametrize("issuer", samples.FORMS)
def test_a_form_is_found_in_a_long_text(issuer: str) -> None:
    secret = samples.FORMS[issuer]
    assert samples.part(secret) not in stored(f"{'We are happy to help. ' * 40}\n{secret}")


def test_every_form_has_its_row_here() -> None:
    redacted = " ".join(Secrets().redact(secret) for secret in samples.FORMS.values())
    unused = {form.kind for form in TABLE if f"[redacted: {form.kind}]" not in redacted}
    assert unused <= _SHOWN_ELSEWHERE


_SHOWN_ELSEWHERE = {
    *(
        "aws secret",
        "bedrock key",
        "password",
        "token in a link",
        "webhook",
        "runpod key",
        "cloudflare key",
        "heroku key",
    ),
    *(
        "vercel token",
        "neon password",
        "logfire token",
        "dynatrace token",
        "square token",
        "razorpay key",
    ),
    *(
        "dropbox token",
        "mapbox token",
        "jfrog key",
        "sonar token",
    ),
    *("tailscale key", "infisical token", "cursor key", "gitlab token", "voyage key"),
}


@pytest.mark.parametrize(
    "issuer", ["anthropic", "openai project", "github", "groq", "aws", "slack bot", "google", "pinecone"]
)
def test_a_form_is_found_in_base64(issuer: str) -> None:
    encoded = samples.base64(samples.FORMS[issuer])
    assert encoded[4:24] not in stored(f"data:\n  key: {encoded}\n")


def test_escapes_inside_a_key_hide_nothing() -> None:
    key = samples.FORMS["anthropic"]
    for text in (
        key.replace("-", "\\u002d"),
        key.replace("-", "%2D"),
        f"\x1b[01;31m\x1b[Ksk-ant\x1b[m\x1b[K{key[6:]}",
        f"{key[:60]}\n{key[60:]}\n",
        f"{key[:60]}=\n{key[60:]}",
        f"{key[:60]}\\\n{key[60:]}",
    ):
        assert key[-12:] not in stored(text), text
    assert quote("tok3n/pw1", safe="") not in stored(quote("amqp://ann:tok3n/pw1@h", safe=""))


_PIECES = (
    *(
        "sk-",
        "-eyJaaaaaaaa",
        "://a:b",
        "-----BEGIN A PRIVATE KEY",
        "'Bearer aaaa",
        "password=",
        "password: ",
        "token=a",
    ),
    *(
        "\\u0041",
        "%41",
        "&amp;",
        "\x1b[31m",
        "curl -u a:",
        "AKIA0123456789ABCDEF ",
        "aGVsbG8gd29ybGQh\n",
        "\\",
        "=\n",
    ),
    *(
        "eyJaaaaaaaaaaaaaaaaaaaa.",
        "cookie: a",
        "Authorization: Digest ",
        "<password>",
        'password", "value": ',
        "login a ",
    ),
    *(
        "password='",
        'password=("a",',
        "[redacted: x]",
        "a1b2c3d4e5f6a7b8c9d0-us1",
        f"{'A' * 40}\n",
        "password=[",
    ),
)


@pytest.mark.parametrize("piece", _PIECES)
def test_the_time_grows_with_the_text_and_not_with_its_square(piece: str) -> None:
    def fastest(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length]
        return min(timeit.repeat(lambda: Secrets().spans(text), timer=time.thread_time, number=1, repeat=2))

    assert fastest(32_000) < 20 * fastest(4000) + 0.05
