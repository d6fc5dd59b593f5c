from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from pytest_llmobs.errors import FilterError, LlmobsError
from pytest_llmobs.records.conditions import Conjunction, FieldCondition, SameRecord, TextSearch
from pytest_llmobs.storage.filtering.language import parse
from pytest_llmobs.storage.filtering.language_text import written


def complaint(text: str) -> tuple[str, str]:
    """Return what is said of a filter, and what stands from the caret on."""
    with pytest.raises(FilterError) as caught:
        parse(text)
    message, line, caret = str(caught.value).rsplit("\n", 2)
    return message, line[caret.index("^") :]


@pytest.mark.parametrize(
    "text",
    [
        'and(eq(name,"x"),gt(latency,2))',
        "and ( eq ( name , 'x' ) ,\n\t gt( latency ,2.0 ) )",
        'AND(eq("name", "x"), gt("latency", "2s"))',
        'and(eq(name, "\\u0078"), gt(latency_seconds, 2s))',
        'and(eq(name, "x"), gt(latency, "2000 ms"))',
    ],
)
def test_blanks_quotes_and_case_make_no_difference(text: str) -> None:
    name, latency = FieldCondition("name", "eq", "x"), FieldCondition("latency", "gt", 2)
    assert parse(text) == Conjunction((name, latency))


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r'"say \"hi\""', 'say "hi"'),
        (r"'it\'s'", "it's"),
        (r'"a\nb\t\\"', "a\nb\t\\"),
        (r'"C:\dir"', r"C:\dir"),
        ('"日本"', "日本"),
        ("null", None),
    ],
)
def test_texts_have_escapes(literal: str, value: str | None) -> None:
    assert parse(f"eq(name, {literal})") == FieldCondition("name", "eq", value)


@pytest.mark.parametrize(
    ("literal", "seconds"),
    [("5", 5), ('"300ms"', 0.3), ('"1m"', 60), ("1.5h", 5400), ("1e1", 10), ('"2"', 2)],
)
def test_latency_takes_units(literal: str, seconds: float) -> None:
    assert parse(f"lt(latency, {literal})") == FieldCondition("latency", "lt", seconds)


def test_a_time_without_a_zone_is_local(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC-5")
    time.tzset()
    try:
        naive, aware = (parse(f'gt(start_time, "2026-03-01T12:00:00{zone}")') for zone in ("", "Z"))
    finally:
        monkeypatch.undo()
        time.tzset()
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert aware == FieldCondition("start_time", "gt", noon)
    assert naive == FieldCondition("start_time", "gt", noon - timedelta(hours=5))
    assert parse('eq(start_time, "2026-03-01T12:00+05:00")') == FieldCondition(
        "start_time", "eq", noon.astimezone(UTC) - timedelta(hours=5)
    )


def test_json_within_a_filter_may_have_escapes_of_its_own() -> None:
    wanted = FieldCondition("metadata", "has", {"say": 'a "b"'})
    assert parse(r"""has(metadata, '{"say": "a \"b\""}')""") == wanted
    assert parse(r"""has(metadata, "{\"say\": \"a \\\"b\\\"\"}")""") == wanted


def test_words_of_status_are_known_in_either_case() -> None:
    assert parse('eq(status, "SUCCESS")') == FieldCondition("status", "eq", "success")
    assert parse('in(status, ["PENDING", "error"])') == FieldCondition("status", "in", ("pending", "error"))


def test_search_takes_a_text_or_a_field_and_a_text() -> None:
    assert parse('search("refund")') == TextSearch("refund")
    assert parse('search(error, "Timeout")') == FieldCondition("error", "search", "Timeout")


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        (
            "eq(latencyy, 2)",
            "Unknown field 'latencyy'. Did you mean 'latency'? Known: end_time, ",
            "latencyy, 2)",
        ),
        (
            "gtt(latency, 2)",
            "Unknown comparator 'gtt'. Did you mean 'gt'? Known: and, eq, ",
            "gtt(latency, 2)",
        ),
        ('eq(status, "eror")', "Unknown status 'eror'. Did you mean 'error'? Known: abandoned, ", '"eror")'),
        ('eq(run_type, "lm")', "Unknown run_type 'lm'. Did you mean 'llm'? Known: chain, ", '"lm")'),
        (
            'gt(latency, "fast")',
            "'fast' is no value for latency: latency takes seconds such as 2.5, or a text",
            '"fast")',
        ),
        ("gt(latency, 5parsecs)", "Unknown unit 'parsecs'. Known: d, h, m, min, ms, s, sec.", "5parsecs)"),
        (
            'gt(total_tokens, "many")',
            "'many' is no value for total_tokens: total_tokens takes a number",
            '"many")',
        ),
        ("eq(name, 5)", "5 is no value for name: name takes a text in quotes, or null.", "5)"),
        ("eq(name, extractor)", "'extractor' is no value: name takes a text in quotes", "extractor)"),
        (
            'gt(start_time, "soon")',
            "'soon' is no value for start_time: start_time takes a time such as",
            '"soon")',
        ),
        ('eq(id, "1")', "'1' is no value for id: id takes a UUID in quotes", '"1")'),
        ("eq(is_root, 2)", "2 is no value for is_root: is_root takes true or false.", "2)"),
        ("gt(latency, 1e999)", "1e999 is no value for latency", "1e999)"),
        (
            "eq(execution_order, 2)",
            "2 is no value for execution_order: execution_order takes 1, which means",
            "2)",
        ),
        ("gt(error, null)", "error can't be compared with null by 'gt'.", "null)"),
        ("eq(feedback_score, null)", 'Runs without it are not(eq(feedback_key, "…")).', "null)"),
        (
            'eq(tags, "beta")',
            "tags can't be compared by 'eq'. It can by: has, in. Write has(tags, \"beta\")",
            'eq(tags, "beta")',
        ),
        (
            'eq(metadata, "a")',
            "metadata can't be compared by 'eq'. It can by: has, exists, search.",
            'eq(metadata, "a")',
        ),
        (
            'has(metadata, "env")',
            "'env' is no value for metadata: metadata takes a JSON object in quotes",
            '"env")',
        ),
        ('in(name, "a")', 'in takes a list in brackets: in(name, ["a", "b"]).', '"a")'),
        ('eq(name, ["a"])', "A list stands in in(…) alone: in(name, […]).", '["a"])'),
        ("eq(name)", "eq takes a field and a value: eq(latency, 2).", ")"),
        ('eq(name, "a", "b")', "eq takes a field and a value: eq(latency, 2).", '"b")'),
        ("search(refund)", 'search takes a text in quotes: search("refund").', "refund)"),
        ("and()", 'and(…) is empty. Expected a condition, such as eq(status, "error").', ")"),
        ('not(eq(name, "a"), eq(name, "b"))', "not(…) takes one condition.", 'eq(name, "b"))'),
        ('and(eq(name, "a"), name)', "Expected a condition, such as", "name)"),
        ('"error"', "A condition is a call. Expected a condition such as", '"error"'),
        ("", "The filter is empty. Expected a condition such as", ""),
        ("  ", "The filter is empty.", ""),
        (
            'and(eq(run_type, "llm"), gt(latency, 2)',
            "The filter ends in the middle. Expected ',' or ')'.",
            "",
        ),
        ("eq(name, ", "The filter ends in the middle. Expected a value or a condition.", ""),
        ('in(name, ["a"', "The filter ends in the middle. Expected ',' or ']'.", ""),
        ('eq(name, "a', 'This quote is never closed. Expected " at the end of the text.', '"a'),
        ('eq(name, "a") eq(name, "b")', "Unexpected 'eq' behind the end of the condition.", 'eq(name, "b")'),
        ('eq(name, "a"))', "It closes nothing: eq(…) is closed already.", ")"),
        ("latency == 2", "Operators such as '==' have no meaning in a filter. Write eq(latency, …).", "== 2"),
        ("and(latency > 2)", "Write gt(latency, …).", "> 2)"),
        (
            'eq(name, "a") and eq(name, "b")',
            "'and' doesn't stand between conditions. Write and(…, …).",
            'and eq(name, "b")',
        ),
        (
            "gt(metadata_value, true)",
            "true and false have no order: metadata_value takes them by eq and neq.",
            "true)",
        ),
        ("eq(metadata_value, null)", 'Write exists(metadata, "key"), or not(exists(…)).', "null)"),
        ("eq(name; 2)", "';' has no meaning in a filter.", "; 2)"),
        (
            'eq(metadata.plan, "pro")',
            'An entry is asked for so: and(eq(metadata_key, "plan"), eq(metadata_value, …)).',
            '.plan, "pro")',
        ),
        (
            'eq(inputs.question, "Hi")',
            'An entry is asked for so: and(eq(input_key, "question"), eq(input_value, …)).',
            '.question, "Hi")',
        ),
        (
            'has(metadata, {"env": "prod"})',
            """A JSON object stands in quotes: has(metadata, '{"env": "prod"}').""",
            '{"env": "prod"})',
        ),
        (
            "neq(error, None)",
            "'None' is no value: error takes a text in quotes, or null. Write null.",
            "None)",
        ),
        (
            'contains(name, "agent")',
            "Unknown comparator 'contains'. A part of a text is found by search(name, \"refund\").",
            'contains(name, "agent")',
        ),
        ("eq(scores, 1)", "Trials' scores count as feedback: and(eq(feedback_key, …)", "scores, 1)"),
    ],
)
def test_a_mistake_is_shown_where_it_is(text: str, message: str, place: str) -> None:
    said, rest = complaint(text)
    assert message in said
    assert rest == place


def test_a_caret_stands_below_wide_characters_and_in_the_right_line() -> None:
    with pytest.raises(LlmobsError) as caught:
        parse('and(eq(name, "日本"), eq(nam, 1))')
    assert str(caught.value).splitlines()[-2:] == ['  and(eq(name, "日本"), eq(nam, 1))', " " * 27 + "^"]
    with pytest.raises(FilterError) as caught:
        parse('and(eq(name, "a"),\n  gt(latncy, 2),\n  eq(name, "b"))')
    assert str(caught.value).splitlines()[-2:] == ["    gt(latncy, 2),", "       ^"]


def test_of_a_long_filter_the_part_around_the_mistake_is_shown() -> None:
    many = ", ".join(f'eq(name, "{number:010}")' for number in range(40))
    said, rest = complaint(f'or({many}, eq(nam, "a"), {many})')
    assert "Did you mean 'name'?" in said
    assert rest == 'nam, "a"), eq(name, "0000000000"), eq(na...'


def test_what_no_terminal_should_see_is_escaped() -> None:
    said, rest = complaint("eq(name, \x1b[31m)")
    assert "\x1b" not in said + rest


def test_conditions_are_nested_sixty_four_deep_at_most() -> None:
    deep = "not(" * 63 + 'eq(name, "a")' + ")" * 63
    assert written(parse(deep)) == deep
    said, _ = complaint(f"not({deep})")
    assert "nested more than 64 deep" in said


def test_conditions_of_feedback_side_by_side_are_of_one_feedback() -> None:
    parsed = parse(
        'and(eq(feedback_key, "tone"), eq(status, "error"), or(lt(feedback_score, 1), gt(feedback_score, 2)))'
    )
    assert isinstance(parsed, Conjunction)
    assert [type(part) for part in parsed.parts] == [SameRecord, FieldCondition]


def test_two_keys_of_one_feedback_are_refused() -> None:
    said, rest = complaint('and(eq(feedback_key, "tone"), lt(feedback_score, 1), eq(feedback_key, "facts"))')
    assert "No feedback has the keys 'tone' and 'facts' at once." in said
    assert 'and(and(eq(feedback_key, "tone"), …), and(eq(feedback_key, "facts"), …)).' in said
    assert rest == 'eq(feedback_key, "facts"))'
    said, _ = complaint('and(eq(metadata_key, "a"), eq(metadata_key, "b"))')
    assert "No entry of the metadata has the keys 'a' and 'b' at once." in said
    parse('and(and(eq(feedback_key, "tone")), and(eq(feedback_key, "facts")))')


@pytest.mark.parametrize(
    "text",
    [
        'and(eq(feedback_key, "tone"), lt(feedback_score, 0.4), not(has(tags, "beta")))',
        'or(eq(error, null), in(name, ["a", "b\\"c"]), search("x"), search(outputs, "y"))',
        'has(metadata, "{\\"a\\": 1}")',
        'gt(start_time, "2026-03-01T12:00:00+00:00")',
    ],
)
def test_conditions_are_written_as_a_filter_that_means_them(text: str) -> None:
    assert written(parse(text)) == text
    assert parse(written(parse(text))) == parse(text)


def test_a_filter_is_a_text() -> None:
    with pytest.raises(FilterError, match=r"A filter is a text such as .* not \['a'\]"):
        parse(["a"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "condition",
    [
        'eq(name, "f")',
        "eq(total_tokens, 1)",
        'search("refund")',
        'in(tags, ["a", "b", "c"])',
        "in(latency, [1, 2])",
    ],
)
def test_a_filter_of_thousands_of_comparisons_is_refused_instead_of_ending_python(condition: str) -> None:
    for joint in ("and", "or"):
        message, place = complaint(f"{joint}({', '.join([condition] * 501)})")
        assert "more than 500 comparisons" in message
        assert "one in(…, […])" in message
        assert place.startswith(condition)


@pytest.mark.parametrize("values", [range(501), [f'"tag {number}"' for number in range(501)]])
def test_a_list_of_hundreds_of_numbers_or_tags_is_refused(values: Sequence[object]) -> None:
    field = "total_tokens" if isinstance(values, range) else "tags"
    message, _ = complaint(f"in({field}, [{', '.join(map(str, values))}])")
    assert "more than 500 comparisons" in message


def test_a_list_of_texts_has_any_length() -> None:
    names = [f'"{number}"' for number in range(5000)]
    assert parse(f"in(name, [{', '.join(names)}])")


@pytest.mark.parametrize("digits", [20, 400, 5000])
def test_a_number_of_many_digits_is_refused(digits: int) -> None:
    _, place = complaint(f"gt(total_tokens, {'9' * digits})")
    assert place.startswith("999")


def test_a_time_without_end_is_no_duration() -> None:
    message, _ = complaint('gt(latency, "1e308h")')
    assert message.startswith("'1e308h' is no value for latency")
