import pytest

from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.payloads import block, fields_text, words

PAGE = Page()


def test_payloads_read_like_text():
    assert fields_text(None, PAGE) == "nothing was recorded"
    assert fields_text({"output": "just text"}, PAGE) == "just text"
    assert fields_text({"a": "x", "b": "two\nlines", "c": None}, PAGE) == "a: x\nb:\n  two\n  lines\nc: null"


def test_a_conversation_reads_like_one():
    inputs = {
        "system": [{"type": "text", "text": "You help."}],
        "messages": [
            {"role": "user", "content": "Hi\nthere"},
            {"role": "assistant", "content": [{"type": "tool_use", "name": "find", "input": {"id": 7}}]},
            {"role": "user", "content": [{"type": "tool_result", "content": "found"}, {"type": "image"}]},
        ],
        "max_tokens": 100,
    }
    assert fields_text(inputs, PAGE).split("\n") == [
        "system: You help.",
        "messages:",
        "  user: Hi",
        "    there",
        "  assistant: [tool_use find] {'id': 7}",
        "  user: [tool_result] found",
        "    [image]",
        "max_tokens: 100",
    ]


def test_a_reply_is_its_words():
    reply = {"role": "assistant", "content": [{"type": "text", "text": "Done."}], "model": "m"}
    assert fields_text(reply, PAGE) == "Done."


@pytest.mark.parametrize(
    ("content", "text"), [(None, ""), ("a", "a"), (["a", "b"], "a\nb"), (7, "7"), ([], "")]
)
def test_any_content_is_words(content, text):
    assert words(content) == text


def test_a_block_is_cut_and_says_how_to_see_the_rest():
    assert list(block("inputs", "a\nb\nc\nd", PAGE, 3, ", --all shows them")) == [
        "inputs     a",
        "           b",
        "           … 2 more lines, --all shows them",
    ]
    assert list(block("inputs", "a\nb\nc", PAGE, 3)) == ["inputs     a", "           b", "           c"]
    assert list(block("inputs", "\n", PAGE)) == []


def test_a_block_fits_the_page():
    lines = list(block("inputs", "word " * 100, Page(width=40), 5, ", --all shows them"))
    assert len(lines) == 5
    assert max(map(cells.width, lines)) <= 40


def test_an_image_is_where_it_is_kept_or_its_size():
    digits = "0123456789abcdef" * 4
    kept = {
        "type": "image",
        "source": {"type": "base64", "data": {"size": 3, "sha256": digits, "file": f"media/{digits}.png"}},
    }
    light = {
        "type": "image_url",
        "image_url": {"url": {"media_type": "image/png", "size": 3, "sha256": "ab"}},
    }
    assert words([kept, light]) == "[image] media/0123456789ab*.png\n[image_url] 3 bytes"
