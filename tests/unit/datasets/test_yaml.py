import pytest

from pytest_llmobs.datasets import DatasetWarning


def test_reads_a_list_of_examples(load):
    first, second = load(
        "a.yaml",
        "- id: greeting\n"
        "  inputs:\n"
        "    query: |\n"
        "      Hi,\n"
        "      all\n"
        "  outputs: {required_keywords: [hello], min_length: 3}\n"
        "- inputs: &base {query: Bye}\n"
        "  metadata: {<<: *base, due: 2026-01-31}\n",
    )
    assert first.inputs == {"query": "Hi,\nall\n"}
    assert first.outputs == {"required_keywords": ["hello"], "min_length": 3}
    assert second.metadata == {"query": "Bye", "due": "2026-01-31"}


def test_names_the_line_of_an_item(refuse):
    message = refuse("a.yml", "# a comment\n- inputs: {q: Hi}\n\n- outputs: {a: b}\n")
    assert message.startswith("a.yml:4: 'inputs' is missing (it has outputs).")


def test_names_line_and_column_of_broken_yaml(refuse):
    assert refuse("a.yaml", "- inputs:\n    a: b\n   c: d\n") == (
        "a.yaml:3:4: broken YAML: did not find expected key. "
        "Write a list of examples, each beginning with '- inputs:'."
    )


def test_refuses_a_top_that_is_no_list(refuse):
    assert refuse("a.yaml", "\ninputs: {q: Hi}\n") == (
        "a.yaml:2: the top is no list. Write a list of examples, each beginning with '- inputs:'."
    )


def test_refuses_python_tags(refuse):
    message = refuse("a.yaml", "- inputs: {q: !!python/object/apply:os.getcwd []}\n")
    assert message.startswith("a.yaml:1:15: broken YAML: could not determine a constructor for the tag")


def test_refuses_control_characters(refuse):
    assert refuse("a.yaml", "- inputs: {q: '\x07'}\n").startswith("a.yaml: broken YAML: ")


def test_refuses_an_example_that_holds_itself(refuse):
    message = refuse("a.yaml", "- inputs: &self {q: *self}\n")
    assert message.startswith("a.yaml:1:11: broken YAML: found unconstructable recursive node.")


def test_refuses_a_tag_that_its_value_denies(refuse):
    assert refuse("a.yaml", "- inputs: {q: !!int many}\n").startswith(
        "a.yaml:1: broken YAML: invalid literal"
    )


def test_refuses_keys_that_are_no_strings(refuse):
    assert refuse("a.yaml", "- inputs: {yes: no}\n") == (
        "a.yaml:1: the key True in inputs is no string. Put quotes around it."
    )


def test_refuses_what_json_has_no_form_for(refuse):
    assert refuse("a.yaml", "- inputs: {q: [!!binary aGVsbG8=]}\n") == (
        "a.yaml:1: inputs.q[0] is b'hello', of type bytes, which JSON has no form for. "
        "Give text, numbers, true, false, null, lists or dicts, and build the rest in the target."
    )


def test_refuses_numbers_that_are_none(refuse):
    assert refuse("a.yaml", "- inputs: {q: .nan}\n") == (
        "a.yaml:1: inputs.q is nan, which JSON has no form for (a number beyond 1.8e308 becomes inf). "
        "Leave the key out."
    )


def test_warns_of_what_is_not_read_as_it_looks_line_by_line(load):
    content = (
        "- id: 010\n"
        "  inputs:\n"
        "    answer: no\n"
        "    time: 12:30:45\n"
        "    count: 1_000\n"
        "    size: 1e3\n"
        "    mode: 0o10\n"
        "    none: ~\n"
        "    mask: 0x1F\n"
        "    phone: +4915112345\n"
    )
    with pytest.warns(DatasetWarning) as warned:
        (example,) = load("a.yaml", content)
    assert (example.id, example.inputs["answer"], example.inputs["size"]) == ("8", False, "1e3")
    (warning,) = warned
    assert str(warning.message) == (
        "a.yaml: YAML reads 9 values without quotes otherwise than it may look: line 1: '010' is the number 8; "
        "line 3: 'no' is the boolean false; line 4: '12:30:45' is the number 45045; line 5: '1_000' is the number "
        "1000; line 6: '1e3' is text, no number; and 4 more. Put quotes around what is meant as text; write true, "
        "false, null and plain numbers where they are meant."
    )


def test_does_not_warn_of_what_is_read_as_it_looks(load):
    (example,) = load(
        "a.yaml",
        "- inputs: {a: 'no', b: \"010\", c: true, d: null, e: -5, f: 1.5, g: 2026-01-31, h: yesterday, i: , j: 0}\n"
        "  outputs:\n    text: |\n      no\n",
    )
    assert example.inputs["g"] == "2026-01-31"


@pytest.mark.parametrize(
    ("content", "line", "key", "first"),
    [
        ("- inputs: {q: Hi}\n  inputs: {q: Ho}\n", 2, "inputs", 1),
        ("- inputs:\n    q: Hi\n    deep: [{a: 1,\n      a: 2}]\n", 4, "a", 3),
        ("- inputs: {q: Hi, 'q': Ho}\n", 1, "q", 1),
        ("- inputs: &base {q: Hi}\n- inputs: {<<: *base, <<: *base}\n", 2, "<<", 2),
    ],
)
def test_refuses_a_key_that_is_given_twice(refuse, content, line, key, first):
    assert refuse("a.yaml", content) == (
        f"a.yaml:{line}: the key {key!r} is given twice in one mapping, first in line {first}. Rename one."
    )


def test_a_merged_key_may_be_overridden(load):
    _, second = load("a.yaml", "- inputs: &base {q: Hi, n: 1}\n- inputs: {<<: *base, q: Ho}\n")
    assert second.inputs == {"q": "Ho", "n": 1}


@pytest.mark.parametrize("value", ["!!timestamp x", "!!bool maybe", "!!int ''", "!!float ''"])
def test_refuses_a_tag_that_pyyaml_fails_at(refuse, value):
    assert refuse("a.yaml", f"- inputs: {{q: {value}}}\n").startswith("a.yaml:1: broken YAML: ")


def test_refuses_aliases_that_multiply(refuse):
    lines = ["- inputs:", "    a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for number in range(1, 20):
        lines.append(f"    a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]")
    message = refuse("a.yaml", "\n".join(lines))
    assert message.startswith("a.yaml:8: its aliases stand for more than 8,000,000 values when written out.")


def test_names_the_line_of_a_number_that_is_too_long(refuse):
    message = refuse("a.yaml", f"- inputs: {{q: Hi}}\n- inputs: {{q: {'1' * 5000}}}\n")
    assert message.startswith("a.yaml:2: broken YAML: Exceeds the limit")
    hexadecimal = refuse("a.yaml", f"- inputs: {{q: 0x{'f' * 5000}}}\n")
    assert hexadecimal.startswith("a.yaml:1: inputs.q is a whole number of more than 4,200 digits")
