"""What a row must be, in whatever format it came."""

import pytest

SAMPLE = 'An example looks like {"inputs": {"query": "Hello"}}'


def test_names_both_lines_of_a_duplicate_id(refuse):
    rows = '{"id": "a", "inputs": {"q": 1}}\n{"id": "b", "inputs": {"q": 2}}\n{"id": "a", "inputs": {"q": 3}}'
    assert refuse("a.jsonl", rows) == (
        "a.jsonl:3: the id 'a' is taken already, by a.jsonl:1. "
        "Rename one, or leave the id out: it is then derived from the inputs."
    )


def test_a_number_and_its_text_are_the_same_id(refuse):
    message = refuse("a.jsonl", '{"id": 7, "inputs": {"q": 1}}\n{"id": "7", "inputs": {"q": 2}}')
    assert message.startswith("a.jsonl:2: the id '7' is taken already, by a.jsonl:1.")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"outputs": {"a": 1}}', f"'inputs' is missing (it has outputs). {SAMPLE}"),
        ('{"inputs": null}', f"'inputs' is missing (it is empty). {SAMPLE}"),
        ('"inputs"', f"'inputs' is a string, not an object. {SAMPLE}"),
        ("null", f"None is null, not an object. {SAMPLE}"),
        (
            '{"inputs": "Hi"}',
            """'inputs' is 'Hi', not an object. Give it a name, such as {"inputs": {"query": …}}""",
        ),
        (
            '{"inputs": {}, "outputs": ["Hi"]}',
            """'outputs' is ['Hi'], not an object. Give it a name, such as {"outputs": {"answer": …}}""",
        ),
        (
            '{"inputs": {}, "metadata": 3}',
            """'metadata' is 3, not an object. Give it a name, such as {"metadata": {"tier": …}}""",
        ),
        ('{"inputs": {}, "id": ["a"]}', "the id is ['a'], a list. It must be a string."),
        ('{"inputs": {}, "id": true}', "the id is True, of type bool. It must be a string."),
        ('{"inputs": {}, "id": " "}', "the id is empty. Give it a name, or leave the key out."),
        ('{"inputs": {}, "split": 3}', "the split is 3, a number. It must be a string."),
        ('{"inputs": {}, "split": ""}', "the split is empty. Give it a name, or leave the key out."),
    ],
)
def test_names_line_and_remedy_of_a_row_that_is_no_example(refuse, row, message):
    assert refuse("a.jsonl", row) == f"a.jsonl:1: {message}"


@pytest.mark.parametrize(
    ("key", "meant"),
    [("input", "inputs"), ("reference_outputs", "outputs"), ("expected", "outputs"), ("owner", "")],
)
def test_names_the_near_match_of_an_unknown_key(refuse, key, meant):
    hint = f" Did you mean {meant!r}?" if meant else ""
    assert refuse("a.jsonl", f'{{"inputs": {{}}, "{key}": {{}}}}') == (
        f"a.jsonl:1: unknown key {key!r}.{hint} Known: id, inputs, metadata, outputs, split. "
        "Put other facts into 'metadata', write flat columns as 'inputs.x' and 'outputs.y', or name them: "
        "load_dataset(path, inputs=[…], outputs=[…])"
    )


def test_a_part_given_whole_and_by_flat_columns_is_refused(refuse):
    assert refuse("a.jsonl", '{"inputs": "Hi", "inputs.q": "Hi"}') == (
        "a.jsonl:1: both 'inputs' and 'inputs.q' are given. Give the one or the other."
    )


def test_cuts_a_long_value(refuse):
    message = refuse("a.jsonl", f'"{"x" * 500}"')
    assert len(message) < 200
