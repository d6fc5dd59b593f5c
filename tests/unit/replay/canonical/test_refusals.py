"""What has no canonical form is refused by its field's name: it never becomes an empty body, or another one."""

from __future__ import annotations

import pytest

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.replay.canonical import canonicalise
from tests.unit.replay.canonical.requests import HEADERS, sent


def refusal(content: bytes | None, content_type: str = "application/json", **fields: str) -> str:
    with pytest.raises(CassetteError) as error:
        canonicalise(sent(content=content, headers={**HEADERS, "content-type": content_type}, **fields))
    return str(error.value)


def test_the_whole_message() -> None:
    assert refusal(b'{"messages": [{"role": "user", "content": NaN}]}') == (
        "messages can't be recorded or replayed: body.messages[0].content: NaN is no number of JSON. Two such calls "
        "couldn't be told apart; nothing was sent."
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "body: it is a stream, which can be read only once; pass the content itself, or a file"),
        (b'{"a": [1, {"b c": Infinity}]}', "body.a[1]['b c']: Infinity is no number of JSON"),
        (b'{"a": {"b": 1, "b": 1}}', "body.a: 'b' is there twice"),
        (b'{"a": 1, "a": 2}', "body: 'a' is there twice"),
        (b'{"a": [0, 1e400]}', "body.a[1]: 1e400 is larger than any number that a server reads"),
        (
            b'{"a": 1e-99999999999999999999}',
            "body.a: 1e-99999999999999999999 has an exponent that no server reads",
        ),
        (
            b'{"a": 0.10000000000000000001}',
            "body.a: 0.10000000000000000001 has more digits than a server reads (0.1)",
        ),
        (b'{"a": ' + b"9" * 5_000 + b"}", "body.a: a number of 5,000 digits"),
        (b'{"a": 1', "body: it is no JSON (Expecting ',' delimiter: line 1 column 8 (char 7))"),
        (b'{"a": "\xff"}', "body: it is no UTF-8 at byte 7"),
        (b"[" * 100_000, "body: it is no JSON (it is nested too deep)"),
    ],
)
def test_a_body_that_leaves_open_what_it_says(content: bytes | None, message: str) -> None:
    assert message in refusal(content)


def test_the_first_of_several_faults_is_named() -> None:
    assert "body.b[0].c: NaN" in refusal(b'{"a": 1, "b": [{"c": NaN}, NaN], "d": Infinity}')


FORM = "multipart/form-data; boundary=xyz"
PART = b'--xyz\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'


@pytest.mark.parametrize(
    ("content", "content_type", "message"),
    [
        (
            PART + b"--xyz--\r\n",
            "multipart/form-data",
            "body: it is a form whose content-type says no boundary",
        ),
        (PART, FORM, "body: it is a form without a beginning or an end"),
        (b"{}", FORM, "body: it is a form without a beginning or an end"),
        (PART + b"--xyz\r\n\r\n\r\n--xyz--\r\n", FORM, "body, part 2: it has no headers"),
        (
            PART + b"--xyz\r\nnonsense\r\n\r\n1\r\n--xyz--\r\n",
            FORM,
            "body, part 2: its header 'nonsense' can't be read",
        ),
        (b"--xyz\r\nContent-Type: a/b\r\n\r\n1\r\n--xyz--\r\n", FORM, "body, part 1: it has no name"),
        (b"a=1&&b", "application/x-www-form-urlencoded", "body: it is no form of fields (bad query field: "),
    ],
)
def test_a_form_that_is_none(content: bytes, content_type: str, message: str) -> None:
    assert message in refusal(content, content_type)


def test_a_url_without_a_port_that_makes_sense() -> None:
    assert "url: Port could not be cast to integer value" in refusal(
        b"{}", url="https://api.example.com:x/v1"
    )
