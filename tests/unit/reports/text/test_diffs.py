import difflib

from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.diffs import change_lines
from pytest_llmobs.reports.text.page import Page

PAGE = Page()


def diff(old: str, new: str, title: str = "system prompt") -> str:
    lines = difflib.unified_diff(old.split("\n"), new.split("\n"), "baseline", "now", lineterm="", n=1)
    return "\n".join([title, *lines])


def test_a_diff_loses_its_coordinates_and_keeps_its_title():
    block = diff("keep\nold\nkeep", "keep\nnew\nkeep")
    assert change_lines(block, PAGE, 60, 14) == ["system prompt", "  keep", "- old", "+ new", "  keep"]


def test_hunks_are_parted():
    old = "\n".join(["a", *"123456", "b"])
    block = diff(old, old.replace("a", "A").replace("b", "B"))
    assert change_lines(block, PAGE, 60, 14)[1:] == ["- a", "+ A", "  1", "…", "  6", "- b", "+ B"]


def test_a_plain_change_is_wrapped():
    assert change_lines("model: claude-a -> claude-b", PAGE, 60, 14) == ["model: claude-a -> claude-b"]
    assert change_lines("params: max_tokens 100 -> 200", PAGE, 20, 14) == ["params: max_tokens", "100 -> 200"]


def test_lines_of_text_that_begin_like_a_file_header_are_kept():
    assert "- -- old" in change_lines(diff("-- old", "-- new"), PAGE, 60, 14)


def test_long_lines_show_the_difference_only():
    words = " ".join(f"word{number}" for number in range(100))
    block = diff(words, words.replace("word50", "WORD50"))
    lines = change_lines(block, PAGE, 60, 14)[1:]
    assert lines == [
        "- …46 word47 word48 word49 word50 word51 word52 word53 …",
        "+ …46 word47 word48 word49 WORD50 word51 word52 word53 …",
    ]


def test_lines_that_fit_in_three_are_shown_whole():
    text = "please answer in a friendly way and never promise a refund, whatever the customer says"
    lines = change_lines(diff(text, text + " today"), PAGE, 40, 14)[1:]
    assert " ".join(line[2:] for line in lines if not line.startswith("+ ")).count("never promise") == 2


def test_a_long_added_line_is_cut_after_three():
    lines = change_lines(diff("a", "a\n" + "word " * 100), PAGE, 40, 14)[2:]
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(cells.width(line) <= 40 for line in lines)


def test_many_lines_are_counted():
    block = diff("\n".join("abcdefghij"), "\n".join("ABCDEFGHIJ"))
    lines = change_lines(block, PAGE, 40, 14)
    assert len(lines) == 15
    assert lines[-1] == "… 7 more lines"


def test_everything_cuts_nothing():
    old = "\n".join(str(number) * 200 for number in range(10))
    lines = change_lines(diff(old, ""), PAGE, 40)
    assert "…" not in "".join(lines)
    assert sum(line.count("7") for line in lines) == 200


def test_colours_follow_the_sign():
    lines = change_lines(diff("old", "new"), Page(color=True), 40, 14)
    assert lines[1:] == ["\x1b[31m- old\x1b[0m", "\x1b[32m+ new\x1b[0m"]
