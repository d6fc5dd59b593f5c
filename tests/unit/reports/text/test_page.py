import pytest

from pytest_llmobs.reports.text.page import ASCII, Page, Signs, indent


def test_signs_fall_back_to_ascii_where_the_stream_cannot_take_them():
    assert Page().signs == Signs()
    assert Page(encoding="cp1252").signs == ASCII
    assert Page(encoding="no-such-codec").signs == ASCII
    "".join(vars(ASCII).values()).encode("ascii")


def test_colour_only_on_a_page_with_colour():
    assert Page().paint("x", "red") == "x"
    assert Page(color=True).paint("x", "red", "bold") == "\x1b[31;1mx\x1b[0m"
    assert Page(color=True).paint("", "red") == ""
    assert Page(color=True).paint("x") == "x"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\tb\r\nc", "a    b\nc"),
        ("\x1b[2J\x07", r"\x1b[2J\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("abc\u202edef\u2066", r"abc\u202edef\u2066"),
        ("👨\u200d👩", "👨\u200d👩"),
        ("lone \ud800", r"lone \ud800"),
        (7, "7"),
    ],
)
def test_foreign_text_is_made_harmless(raw, shown):
    assert Page().text(raw) == shown


def test_what_the_stream_cannot_take_is_escaped():
    assert Page(encoding="latin-1").text("é日") == "é\\u65e5"
    assert Page(encoding="no-such-codec").text("é") == "\\xe9"


def test_one_line_has_no_breaks():
    assert Page().line(" a \n\t b\u00a0c ") == "a b c"


def test_payloads_are_text_short_json_or_indented_json():
    assert Page().value("as it is\n") == "as it is\n"
    assert Page().value({"ü": [1, 2]}) == '{"ü": [1, 2]}'
    assert Page().value(list(range(40))).startswith("[\n  0,\n  1,")
    cyclic: list[object] = []
    cyclic.append(cyclic)
    assert Page().value(cyclic) == "[[...]]"


def test_items_are_wrapped_behind_their_mark():
    assert Page(width=20).item("one two three four five", mark="!", style="red") == [
        "! one two three four",
        "  five",
    ]


def test_parts_flow_over_lines():
    page = Page(width=20)
    assert page.flow(["one two", "three", "four five", "six"]) == ["one two · three", "  four five · six"]
    assert page.flow([]) == []
    assert page.flow(["a part that is too long for it"]) == ["a part that is too", "long for it"]


def test_empty_lines_are_not_indented():
    assert indent(["a", "", "b"]) == ["  a", "", "  b"]
