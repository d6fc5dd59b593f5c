import pytest

A_LIST = 'Write one list of examples, [{"inputs": {"query": "Hello"}}, …], or one such object a line.'


@pytest.mark.parametrize(
    "text",
    [
        '[{"inputs": {"q": 1}}, {"inputs": {"q": 2}}]',
        '[\n  {\n    "inputs": {"q": 1}\n  },\n  {"inputs": {"q": 2}}\n]\n',
        '{"inputs": {"q": 1}}\n{"inputs": {"q": 2}}\n',
        '{"inputs":\n{"q": 1}}\n\n{"inputs": {"q": 2}}',
    ],
    ids=["one-line", "spread", "lines", "spread-objects"],
)
def test_reads_a_list_and_loose_objects(load, text):
    assert [example.inputs for example in load("a.json", text)] == [{"q": 1}, {"q": 2}]


def test_names_the_line_on_which_an_example_begins(refuse):
    message = refuse("a.json", '[\n  {"inputs": {"q": 1}},\n\n  {\n    "outputs": {"a": 1}\n  }\n]')
    assert message.startswith("a.json:4: 'inputs' is missing (it has outputs).")


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ('[{"inputs": {}},]', "1:17", "Expecting value"),
        ('[{"inputs": {}}\n{"inputs": {}}]', "2", "Expecting ',' or ']' behind an example"),
        ('[{"inputs": {}}', "1", "Expecting ',' or ']' behind an example"),
        ('[{"inputs": {}}]\nx', "2", "there is more behind the list"),
        ("[" * 100_000, "1", "nested too deeply"),
        (f'[{{"inputs": {{"q": {"1" * 5000}}}}}]', "1", "a number of more than 4,300 digits"),
    ],
    ids=["comma", "no-comma", "open", "more", "deep", "long"],
)
def test_names_the_place_of_broken_json(refuse, text, place, reason):
    assert refuse("a.json", text) == f"a.json:{place}: broken JSON: {reason}. {A_LIST}"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ('{"a": 1, "a": 2}', "the key 'a' is given twice in one object. Rename one."),
        ("1e999", "the number '1e999' is too large: it would become infinity."),
        ("NaN", "JSON has no NaN. Leave the key out, or write it as text."),
        ('"\\ud83d"', "inputs.q holds \\ud83d, half of a character, "),
        ("[" * 250 + "]" * 250, "nested too deeply, or it holds itself: 200 lists "),
    ],
    ids=["twice", "infinity", "nan", "half", "deep"],
)
def test_refuses_what_parsers_read_differently(refuse, value, reason):
    message = refuse("a.json", f'[{{"inputs": {{"q": 1}}}},\n{{"inputs": {{"q": {value}}}}}]')
    assert message.startswith(f"a.json:2: {reason}")


def test_refuses_what_is_no_object(refuse):
    assert refuse("a.json", '"golden"') == f"a.json:1: 'golden' is no object. {A_LIST}"
    assert refuse("a.json", "[3]").startswith("a.json:1: 3 is a number, not an object.")
