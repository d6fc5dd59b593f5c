"""What counts as a secret, and what doesn't."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.redaction.secrets import Secrets

_REDACTION = Redaction(())
_36 = "abcdefghijklmnopqrstuvwxyz0123456789"
SECRETS = [
    ("anthropic key", "sk-ant-api03-" + _36),
    ("api key", "sk-proj-" + _36),
    ("api key", "sk-" + _36),
    ("aws key", "AKIAIOSFODNN7EXAMPLE"),
    ("github token", "ghp_" + _36),
    ("github token", "github_pat_11ABCDEFG0abcdefghijkl"),
    ("gitlab token", "glpat-abcdefghij0123456789"),
    ("slack token", "xoxb-123456789012-abcdefABCDEF"),
    ("google key", "AIzaSyA" + _36[:32]),
    ("google token", "ya29.a0AfB_" + _36),
    ("stripe key", "sk_live_" + _36),
    ("webhook secret", "whsec_" + _36),
    ("hugging face token", "hf_" + _36),
    ("npm token", "npm_" + _36),
    ("pypi token", "pypi-AgEIcHlwaS5vcmc" + _36 * 2),
    ("sendgrid key", "SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz"),
    ("langsmith key", "lsv2_pt_" + "a1" * 16 + "_0123456789"),
    ("jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"),
    ("private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----"),
    ("private key", "-----BEGIN PRIVATE KEY-----\nMIIEow (cut"),
]


@pytest.mark.parametrize(("kind", "secret"), SECRETS)
@pytest.mark.parametrize(
    ("before", "after"), [("", ""), ("the key:\n", " is mine"), ("(", ")"), ("ü\t", '"')]
)
def test_a_secret_is_replaced_and_what_is_around_it_kept(
    kind: str, secret: str, before: str, after: str
) -> None:
    if not secret.endswith("-----") and kind == "private key":
        after = ""
    assert Secrets().redact(before + secret + after) == f"{before}[redacted: {kind}]{after}"


@pytest.mark.parametrize(("kind", "secret"), SECRETS)
def test_the_prefilter_stops_at_every_secret(kind: str, secret: str) -> None:
    redaction = Redaction(())
    assert redaction.suspects(json.dumps({"a": f"x\n{secret}"}).encode())
    assert redaction.suspects(json.dumps({"a": json.dumps({"b": f"\n{secret}"})}).encode())


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("api_key=abc123def", "api_key=[redacted: assigned secret]"),
        ("ANTHROPIC_API_KEY='hush-hush'", "ANTHROPIC_API_KEY='[redacted: assigned secret]'"),
        ('{"client_secret": "hunter2"}', '{"client_secret": "[redacted: assigned secret]"}'),
        (r"{\"apiKey\": \"hunter2\"}", r"{\"apiKey\": \"[redacted: assigned secret]\"}"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [redacted: basic credentials]"),
        ("authorization: Bearer abcdef123456", "authorization: Bearer [redacted: bearer token]"),
        ("curl -H 'Bearer abc123def456'", "curl -H 'Bearer [redacted: bearer token]'"),
        ("postgres://ann:s3cr3t@db/app", "postgres://ann:[redacted: password]@db/app"),
        ("password: İstanbul34", "password: [redacted: assigned secret]"),
        ("İ password: geheim12", "İ password: [redacted: assigned secret]"),
        (
            "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
            "https://hooks.slack.com/services/[redacted: slack webhook]",
        ),
        ("AKIAIOSFODNN7EXAMPLE and AKIAIOSFODNN7EXAMPLE", "[redacted: aws key] and [redacted: aws key]"),
    ],
)
def test_secrets_that_are_known_by_their_surroundings(text: str, cleaned: str) -> None:
    assert Secrets().redact(text) == cleaned
    assert Redaction(()).suspects(json.dumps(text).encode())


@pytest.mark.parametrize(
    "text",
    [
        "password: required",
        "the password is reset by mail",
        "task-oriented-conversational-agents-for-support",
        "risk-adjusted",
        "Bearer of good news",
        "max_tokens=1024",
        "https://example.com:8080/a@b",
        "eyJust a word",
        "SG. Mueller",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert Secrets().redact(text) == text


@pytest.mark.parametrize(
    "key", ["api_key", "X-Api-Key", "DB_PASSWORD", "clientSecret", "Set-Cookie", "accessToken"]
)
def test_secret_keys(key: str) -> None:
    assert Secrets().is_secret_key(key)


@pytest.mark.parametrize(
    "key",
    [
        "token",
        "max_tokens",
        "key",
        "keys",
        "passwordless",
        "author",
        "input_tokens",
        "API_KEYü",
        "passwordü7",
    ],
)
def test_ordinary_keys(key: str) -> None:
    assert not Secrets().is_secret_key(key)


_pieces = st.sampled_from(
    [secret for _, secret in SECRETS]
    + [
        "password",
        "API_KEY",
        "x-api-key",
        "apiKey",
        "Authorization",
        "Bearer ",
        "secret",
        "client_secret",
        "token",
    ]
    + [
        '": "',
        "=",
        ": ",
        "'",
        '"',
        "\n",
        " ",
        "://ann:pw1@",
        "hunter22",
        "abc123def456",
        "sk-",
        "-",
        "a",
        "ü",
        "7",
    ]
)


@given(st.lists(_pieces, max_size=12))
def test_nothing_is_a_secret_that_the_prefilter_would_have_let_pass(pieces: list[str]) -> None:
    text = "".join(pieces)
    if Secrets().redact(text) != text:
        assert _REDACTION.suspects(json.dumps({"a": [text]}).encode())
    if any(Secrets().is_secret_key(key) for key in (text,)):
        assert _REDACTION.suspects(json.dumps({text: "x"}, separators=(",", ":")).encode())


@pytest.mark.parametrize("key", ["password", "api_key", "clientSecret"])
def test_a_schema_of_a_field_is_no_value_of_it(key: str) -> None:
    schema = {"properties": {key: {"type": "string", "description": "what opens the door"}}}
    assert _REDACTION.clean_value(schema) == schema


def test_headers_as_pairs_and_as_objects() -> None:
    cleaned = _REDACTION.clean_value(
        [["x-api-key", "hush-hush"], {"name": "DB_PASSWORD", "value": "hush-hush"}, ["a", "hush-hush"]]
    )
    assert cleaned == [
        ["x-api-key", "[redacted: x-api-key]"],
        {"name": "DB_PASSWORD", "value": "[redacted: DB_PASSWORD]"},
        ["a", "hush-hush"],
    ]


def test_a_name_that_says_less_is_believed_where_the_value_looks_random() -> None:
    redact = Secrets().redact_field
    assert redact("token", "a1B2c3D4e5F6a7B8c9D0") == "[redacted: token]"
    assert redact("auth", "YW5uOmh1bnRlcjI=") == "[redacted: auth]"
    for name, value in [
        ("token", "Hello"),
        ("next_page_token", "a1B2c3D4e5F6a7B8c9D0"),
        ("cache_key", "a1B2c3D4e5F6a7B8c9D0"),
        ("key", "0123456789abcdef0123456789abcdef"),
        ("key", "550e8400-e29b-41d4-a716-446655440000"),
        ("model_key", "claude-sonnet-4-20250514"),
    ]:
        assert redact(name, value) == value
