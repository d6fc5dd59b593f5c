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
    assert refuse("a.yaml", "- inputs: {q: !!int many}\n").startswith("a.yaml: broken YAML: invalid literal")


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
        "a.yaml:1: inputs.q is nan, which JSON has no form for. Leave the key out."
    )
