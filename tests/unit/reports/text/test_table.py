from hypothesis import given
from hypothesis import strategies as st

from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import TextColumn, draw, drop, fitted, squeeze, swap, total_width

PAGE = Page()


def test_columns_line_up_whatever_their_characters():
    table = [
        TextColumn("id", "id", ["abc", "日本語テスト", "e\u0301te\u0301", "  lead", "👨\u200d👩\u200d👧!"]),
        TextColumn("score", "値", ["0.1", "−0.123", "", "1", "2"], right=True),
    ]
    lines = draw(table, PAGE)
    assert lines == [
        "id                値",
        "────────────────────",
        "abc              0.1",
        "日本語テスト  −0.123",
        "e\u0301te\u0301",
        "  lead             1",
        "👨\u200d👩\u200d👧!                2",
    ]
    assert {cells.width(line) for line in lines if not line.startswith("e")} == {total_width(table)}


def test_text_that_looks_like_a_number_stays_as_it_is():
    assert draw([TextColumn("x", "x", ["1e5", "0x10", "1,000", "nan"])], PAGE)[2:] == [
        "1e5",
        "0x10",
        "1,000",
        "nan",
    ]


def test_columns_without_a_value_fall_out():
    table = [TextColumn("a", "a", ["1"]), TextColumn("b", "b", [""])]
    assert [column.key for column in fitted(table, 80, [])] == ["a"]


def test_steps_are_taken_in_order_until_it_fits():
    table = [
        TextColumn("name", "name", ["x" * 20]),
        TextColumn("p", "p", ["0.5"]),
        TextColumn("n", "n", ["100"]),
    ]
    steps = [drop("p"), swap(TextColumn("n", "n", ["9"])), squeeze("name", 8, 15, PAGE)]
    assert total_width(fitted(table, 30, steps)) == 30
    assert [column.key for column in fitted(table, 29, steps)] == ["name", "n"]
    assert draw(fitted(table, 23, steps), PAGE)[2] == "x" * 20 + "  9"
    assert draw(fitted(table, 15, steps), PAGE)[2] == "xxxxxx…xxxxx  9"


def test_squeezing_stops_at_the_least_width():
    table = squeeze("name", 8, 5, PAGE)([TextColumn("name", "name", ["x" * 20])])
    assert table[0].cells == ["xxxx…xxx"]


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Co"]), max_size=8), min_size=1
    )
)
def test_any_text_keeps_the_right_column_straight(texts):
    table = [
        TextColumn("text", "text", [PAGE.line(text) for text in texts]),
        TextColumn("n", "n", ["7"] * len(texts), right=True),
    ]
    for line in draw(table, PAGE)[2:]:
        assert line.endswith("7")
        assert cells.width(line) == total_width(table)
