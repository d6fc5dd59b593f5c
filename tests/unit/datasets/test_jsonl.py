import json

import pytest

ONE_A_LINE = 'Every line is one JSON object, such as {"inputs": {"query": "Hello"}}.'


def test_reads_one_example_a_line_and_skips_blank_ones(load):
    dataset = load(
        "golden.jsonl",
        '{"id": "a", "inputs": {"query": "Hi"}, "outputs": {"min_length": 3}, "metadata": {"tier": 1}, '
        '"split": "hard"}\n\n  \r\n{"id": "b", "inputs": {}}\r\n',
    )
    first, second = dataset
    assert (first.id, first.inputs, first.outputs, first.metadata, first.split) == (
        "a", {"query": "Hi"}, {"min_length": 3}, {"tier": 1}, "hard",
    )  # fmt: skip
    assert (second.id, second.inputs, second.outputs, second.metadata, second.split) == (
        "b",
        {},
        {},
        {},
        None,
    )


def test_takes_nulls_as_left_out(load):
    (example,) = load("a.jsonl", '{"id": null, "inputs": {"q": "Hi"}, "outputs": null, "split": null}')
    assert example.outputs == {}
    assert example.split is None
    assert example.id.startswith("hi-")


def test_keeps_unicode_line_separators_inside_a_string(load):
    text = "one\u2028two\x85three"
    (example,) = load("a.jsonl", json.dumps({"inputs": {"q": text}}, ensure_ascii=False))
    assert example.inputs == {"q": text}


def test_takes_the_byte_order_mark_of_utf8(load):
    assert load("a.jsonl", b'\xef\xbb\xbf{"inputs": {"q": "caf\xc3\xa9"}}').examples[0].inputs == {
        "q": "café"
    }


def test_names_line_and_column_of_broken_json(refuse):
    assert refuse("a.jsonl", '{"inputs": {"q": "Hi"}}\n\n{"inputs": {"q": "Hi"},}\n') == (
        "a.jsonl:3:24: broken JSON: Expecting property name enclosed in double quotes "
        f'near \'puts": {{"q": "Hi"}},}}\'. {ONE_A_LINE}'
    )


def test_says_that_a_spread_list_belongs_on_lines(refuse):
    message = refuse("a.jsonl", '[\n  {"inputs": {"q": "Hi"}}\n]\n')
    assert message.startswith("a.jsonl:1:")
    assert message.endswith(f"{ONE_A_LINE} Put each object on one line, without a list around them.")


@pytest.mark.parametrize(
    ("value", "column", "reason"),
    [
        ("NaN", 18, "expected value"),
        ('"\\ud800"', 25, "unexpected end of hex escape"),
        ("[" * 100_000, 1, "nested too deeply"),
    ],
    ids=["nan", "half-a-surrogate", "deep"],
)
def test_refuses_what_could_not_be_stored(refuse, value, column, reason):
    message = refuse("a.jsonl", f'{{"inputs": {{"q": {value}}}}}')
    assert message.startswith("a.jsonl:1:")
    assert f"broken JSON: {reason}" in message
    if column > 1:
        assert message.startswith(f"a.jsonl:1:{column}:")


def test_names_the_line_in_another_encoding_and_the_command_that_converts(refuse):
    assert refuse("a.jsonl", '{"inputs": {"q": "x"}}\n{"inputs": {"q": "é"}}'.encode("cp1252")) == (
        "a.jsonl:2: byte 0xe9 is not UTF-8. Save it as UTF-8 in your editor, or, if it is WINDOWS-1252: "
        "iconv -f WINDOWS-1252 -t UTF-8 a.jsonl > a.jsonl.new && mv a.jsonl.new a.jsonl"
    )


@pytest.mark.parametrize(("codec", "name"), [("utf-16", "UTF-16"), ("utf-32", "UTF-32")])
def test_names_the_encoding_of_a_foreign_byte_order_mark(refuse, codec, name):
    message = refuse("a.jsonl", '{"inputs": {}}'.encode(codec))
    assert message.startswith(f"a.jsonl is encoded in {name}. Save it as UTF-8")
    assert f"iconv -f {name} -t UTF-8 a.jsonl" in message
