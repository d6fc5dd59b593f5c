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


@pytest.mark.parametrize("text", ['[\n  {"inputs": {"q": "Hi"}}\n]\n', '\n[{"inputs": {"q": "Hi"}}]'])
def test_says_that_a_list_is_json_and_not_json_lines(refuse, text):
    line = 1 + text.startswith("\n")
    assert refuse("tests/a.jsonl", text) == (
        f"tests/a.jsonl:{line}: this is one JSON list, not one JSON object a line. Rename the file to a.json, or put "
        "each object on a line of its own without a list around them."
    )


def test_says_that_a_spread_object_belongs_on_one_line(refuse):
    message = refuse("a.jsonl", '{\n  "inputs": {"q": "Hi"}\n}\n')
    assert message.startswith("a.jsonl:1:")
    assert message.endswith(f"{ONE_A_LINE} Put each object on one line.")


@pytest.mark.parametrize(
    ("value", "column", "reason"),
    [
        ("NaN", 18, "JSON has no NaN"),
        ("-Infinity", 19, "JSON has no -Infinity"),
        ('"\\ud800"', 25, "\\ud800 is half of a character"),
        ("[" * 100_000, 1, "nested too deeply"),
        ("[" * 300 + "]" * 300, 1, "recursion limit exceeded"),
        ("1" * 5000, 1, "a number of more than 4,300 digits"),
    ],
    ids=["nan", "infinity", "half-a-surrogate", "unclosed", "deep", "long"],
)
def test_refuses_what_could_not_be_stored(refuse, value, column, reason):
    message = refuse("a.jsonl", f'{{"inputs": {{"q": {value}}}}}')
    assert message.startswith("a.jsonl:1:")
    assert f"broken JSON: {reason}" in message
    if column > 1:
        assert message.startswith(f"a.jsonl:1:{column}:")


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1E+400", f"1{'0' * 400}.5"])
@pytest.mark.parametrize("shape", ["{}", "[{}]", '{{"deep": [1, {}]}}'])
def test_refuses_a_number_that_would_become_infinity(refuse, shape, number):
    value = shape.format(number)
    message = refuse("a.jsonl", f'{{"inputs": {{"q": 1}}}}\n{{"inputs": {{"q": {value}}}}}')
    assert message.startswith("a.jsonl:2: the number '")
    assert message.endswith("is too large: it would become infinity.")


def test_a_text_may_say_infinity(load):
    (example,) = load("a.jsonl", '{"inputs": {"q": "Infinity and 1e999"}}')
    assert example.inputs == {"q": "Infinity and 1e999"}


@pytest.mark.parametrize(
    "row",
    [
        '{"inputs": {"q": 1, "q": 2}}',
        '{"inputs": {"q": 1}, "inputs": {"q" :2}}',
        '{"inputs" : {"q" :1, "q":\t2}}',
        '{"inputs": {"deep": [{"q": 1, "q": 1}]}}',
        '{"inputs": {"q": "\\u003a", "q": ":"}}',
        '{"inputs": {"q": 1, "\\u0071": ": :"}}',
    ],
)
def test_refuses_a_key_that_is_given_twice(refuse, row):
    message = refuse("a.jsonl", f'{{"inputs": {{"text": "a: b: c"}}}}\n\n{row}\n')
    assert message.startswith("a.jsonl:3: the key '")
    assert message.endswith("is given twice in one object. Rename one.")


def test_colons_of_any_spelling_are_no_repeated_keys(load):
    row = '{"inputs" : {"q": "a: \\u003a \\" : \\u003A", ":": {"a" :\t1}}}'
    (example,) = load("a.jsonl", row)
    assert example.inputs == {"q": 'a: : " : :', ":": {"a": 1}}


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
