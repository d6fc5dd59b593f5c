"""Two answers are compared word by word, in the page."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page

from pytest_llmobs.reports.html.bundle import VIEWER

MARKS = {"equal": ("", ""), "delete": ("[-", "-]"), "insert": ("{+", "+}")}
Segments = list[dict[str, str]]


@pytest.fixture(scope="module")
def diff_page(browser: Browser) -> Iterator[Page]:
    """A page that has nothing but the function ``wordDiff``."""
    source = VIEWER.joinpath("texts", "diff.js").read_text(encoding="utf-8")
    page = browser.new_context().new_page()
    page.evaluate(f"() => {{ {source.replace('export ', '')}; window.wordDiff = wordDiff; }}")
    yield page
    page.context.close()


@pytest.fixture
def word_diff(diff_page: Page) -> Callable[[str, str], Segments]:
    """The page's function."""
    return lambda before, after: diff_page.evaluate("texts => wordDiff(...texts)", [before, after])


def marked(segments: Segments) -> str:
    """Return segments as git writes a word diff."""
    text = ""
    for segment in segments:
        opening, closing = MARKS[segment["kind"]]
        text += f"{opening}{segment['text']}{closing}"
    return text


def sides(segments: Segments) -> tuple[str, str]:
    """Return the two texts that segments were made of."""
    before = "".join(segment["text"] for segment in segments if segment["kind"] != "insert")
    after = "".join(segment["text"] for segment in segments if segment["kind"] != "delete")
    return before, after


@pytest.mark.parametrize(
    ("before", "after", "difference"),
    [
        ("the cat sat", "the dog sat", "the [-cat-]{+dog+} sat"),
        ("the cat sat", "the cat", "the cat[- sat-]"),
        ("refund", "a refund", "{+a +}refund"),
        ("same", "same", "same"),
        ("", "new", "{+new+}"),
        ("", "", ""),
        ("within 3 days.", "within 30 days.", "within [-3-]{+30+} days."),
        ("sorry, Ana", "sorry: Ana", "sorry[-,-]{+:+} Ana"),
        ("a b", "a  b", "a {+ +}b"),
        ("naïve café", "naïve cafe\u0301s", "naïve [-café-]{+cafe\u0301s+}"),
        ("Hallo {name}, Gruß", "Hallo {first_name}, Gruß", "Hallo [-{name}-]{+{first_name}+}, Gruß"),
        ("by mail, today", "by mail,\ntoday", "by mail,[- -]{+\n+}today"),
        ("今日は雨です", "今日は晴れです", "今日は[-雨-]{+晴れ+}です"),
        (
            "hi \U0001f469\u200d\U0001f469\u200d\U0001f467!",
            "hi \U0001f469\u200d\U0001f469\u200d\U0001f466!",
            "hi [-\U0001f469\u200d\U0001f469\u200d\U0001f467-]{+\U0001f469\u200d\U0001f469\u200d\U0001f466+}!",
        ),
        ("می\u200cروم خانه", "می\u200cروی خانه", "[-می\u200cروم-]{+می\u200cروی+} خانه"),
        ("ok \U0001f600 now", "ok \U0001f603 now", "ok [-\U0001f600-]{+\U0001f603+} now"),
    ],
)
def test_words_that_differ_are_marked(before, after, difference, word_diff) -> None:
    assert marked(word_diff(before, after)) == difference


def test_two_changes_with_little_between_them_read_as_one(word_diff) -> None:
    before = "We have refunded the second charge, and it will arrive within three days."
    after = "Please contact our billing department, or reply to this mail."
    assert marked(word_diff(before, after)) == f"[-{before[:-1]}-]{{+{after[:-1]}+}}."


def test_a_line_that_stays_parts_two_changes(word_diff) -> None:
    segments = word_diff("one two three\n\nfour five six", "seven eight nine\n\nten eleven twelve")
    kinds = [segment["kind"] for segment in segments]
    assert kinds == ["delete", "insert", "equal", "delete", "insert"]
    assert segments[2]["text"] == "\n\n"


def assert_difference(segments: Segments, before: str, after: str) -> None:
    """Assert that both texts can be read from segments, and that neighbours are of different kinds."""
    assert sides(segments) == (before, after)
    assert all(segment["text"] for segment in segments)
    for first, second in pairwise(segment["kind"] for segment in segments):
        assert first != second
        assert (first, second) != ("insert", "delete")


def test_both_texts_can_be_read_from_any_difference(diff_page) -> None:
    signs = ["a", "cat", "refund", " ", "  ", "\n", ".", "{x}", "漢", "\U0001f600", "\x00", "</script>"]
    words = random.Random(7)
    pairs = []
    for _ in range(300):
        pairs.append(["".join(words.choices(signs, k=words.randrange(15))) for _ in range(2)])
    differences = diff_page.evaluate("pairs => pairs.map((texts) => wordDiff(...texts))", pairs)
    for (before, after), segments in zip(pairs, differences, strict=True):
        assert_difference(segments, before, after)


def test_a_word_in_a_text_of_megabytes_is_found(diff_page) -> None:
    size, differing = diff_page.evaluate(
        """() => {
            // made in the page: megabytes take longer to send than to compare
            const filler = "the order was sent on time and nobody complained\\n".repeat(100_000);
            const segments = wordDiff(`${filler}refund\\n${filler}`, `${filler}credit\\n${filler}`);
            const differing = segments.filter(({ kind }) => kind !== "equal").map(({ text }) => text);
            return [filler.length, differing];
        }"""
    )
    assert size > 4_000_000
    assert differing == ["refund", "credit"]


def test_lines_are_compared_by_words_in_long_texts(word_diff) -> None:
    lines = [f"line {number} says nothing new today" for number in range(2000)]
    changed = [line.replace("nothing", "much") if "00" in line else line for line in lines]
    before, after = "\n".join(lines), "\n".join(changed)
    segments = word_diff(before, after)
    assert_difference(segments, before, after)
    differing = [segment["text"] for segment in segments if segment["kind"] != "equal"]
    assert differing == ["nothing", "much"] * (len(differing) // 2)
    assert len(differing) == 2 * sum("00" in line for line in lines)


def test_unlike_texts_are_shown_whole_rather_than_compared_for_long(word_diff) -> None:
    words = random.Random(7)
    vocabulary = [f"word{number}" for number in range(300)]
    before = " ".join(words.choices(vocabulary, k=200_000))
    after = " ".join(words.choices(vocabulary, k=200_000))
    segments = word_diff(before, after)
    assert sides(segments) == (before, after)
    # more would mean that it went on comparing
    assert len(segments) <= 4
