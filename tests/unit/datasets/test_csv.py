import csv

import pytest


def test_builds_inputs_outputs_and_metadata_from_column_names(load):
    dataset = load(
        "golden.csv",
        "id,split,inputs.query,outputs.answer,metadata.tier\n"
        'double-charge,hard,"Charged twice, ""help""",refund,critical\n'
        "\n"
        "007,,Seats,,\n",
    )
    first, second = dataset
    assert first.id == "double-charge"
    assert first.split == "hard"
    assert first.inputs == {"query": 'Charged twice, "help"'}
    assert first.outputs == {"answer": "refund"}
    assert first.metadata == {"tier": "critical"}
    assert (second.id, second.split, second.outputs, second.metadata) == ("007", None, {}, {})


def test_reads_lists_and_objects_written_as_json(load):
    (example,) = load(
        "a.csv",
        'inputs.q,outputs.required_keywords,outputs.limits\nHi,"[""refund"", ""sorry""]","{""words"": 40}"\n',
    )
    assert example.outputs == {"required_keywords": ["refund", "sorry"], "limits": {"words": 40}}


def test_types_a_column_only_where_every_filled_cell_agrees(load):
    first, second, third = load(
        "a.csv", "inputs.q,outputs.n,outputs.ok,outputs.mixed\n42,40,true,1\nHi,1.5,false,true\nYo,,,\n"
    )
    assert first.inputs == {"q": "42"}
    assert first.outputs == {"n": 40, "ok": True, "mixed": "1"}
    assert second.outputs == {"n": 1.5, "ok": False, "mixed": "true"}
    assert third.outputs == {}


def test_keeps_digits_as_text_when_written_as_a_json_string(load):
    (example,) = load("a.csv", 'inputs.order\n"""0042"""\n')
    assert example.inputs == {"order": "0042"}


def test_reads_tabs_from_tsv(load):
    (example,) = load("a.tsv", "inputs.q\toutputs.a\nHi, there\tyes\n")
    assert (example.inputs, example.outputs) == ({"q": "Hi, there"}, {"a": "yes"})


def test_maps_the_columns_that_the_user_names(load):
    dataset = load(
        "a.csv", "id,question,answer,tier,owner\nx,Hi,Hello,1,Ann\n",
        inputs=["question"], outputs=["answer"], metadata=["tier"],
    )  # fmt: skip
    (example,) = dataset
    assert (example.id, example.inputs, example.outputs, example.metadata) == (
        "x", {"question": "Hi"}, {"answer": "Hello"}, {"tier": 1},
    )  # fmt: skip


def test_a_cell_past_the_standard_librarys_limit_is_read_and_the_limit_kept(load):
    usual = csv.field_size_limit()
    (example,) = load("a.csv", f"inputs.q\n{'x' * 200_000}\n")
    assert len(example.inputs["q"]) == 200_000
    assert csv.field_size_limit() == usual


def test_names_the_near_column_of_a_mapping(refuse):
    assert refuse("a.csv", "id,question\n1,Hi\n", inputs=["qestion"]) == (
        "a.csv has no column 'qestion', named in inputs=['qestion']. Did you mean 'question'? "
        "Known: id, question."
    )


def test_refuses_a_mapping_that_is_one_string(refuse):
    assert refuse("a.csv", "question\nHi\n", inputs="question") == (
        "inputs='question' must be a list of column names, such as inputs=['query']."
    )


def test_counts_lines_and_not_records(refuse):
    assert refuse("a.csv", 'inputs.q,outputs.a\n"two\nlines",x\nyes, please,x\n') == (
        "a.csv:4: 3 cells under 2 columns. A cell that holds a separator or a quote needs quotes around it: "
        '"yes, ""please"""'
    )


def test_names_the_row_whose_quotes_never_close(refuse):
    assert refuse("a.csv", 'inputs.q\nfine\n"open\nand\nopen\n') == (
        "a.csv:3: broken CSV: unexpected end of data. A quote inside a quoted cell is doubled, "
        "and each cell that opens with a quote must close with one."
    )


@pytest.mark.parametrize("cell", ['"[""refund"", ""sorry"', "['refund']", '"{""words"": 40"'])
def test_refuses_a_list_that_is_no_json(refuse, cell):
    message = refuse("a.csv", f"inputs.q,outputs.words\nHi,{cell}\n")
    assert message.startswith("a.csv:2: outputs.words looks like a list or object but is no JSON: ")
    assert 'Write ["refund", "invoice"] with double quotes' in message


def test_reads_semicolons_where_the_header_has_no_comma(load):
    first, second = load("a.csv", "\ufeffinputs.q;outputs.price;outputs.n\r\nHi, all;1,50;3\r\nHo;2,75;4\r\n")
    assert (first.inputs, first.outputs) == ({"q": "Hi, all"}, {"price": "1,50", "n": 3})
    assert second.outputs == {"price": "2,75", "n": 4}


def test_reads_tabs_where_the_header_has_nothing_else(load):
    (example,) = load("a.csv", "inputs.q\toutputs.a\nHi, there\tyes\n")
    assert (example.inputs, example.outputs) == ({"q": "Hi, there"}, {"a": "yes"})


@pytest.mark.parametrize("stated", ["sep=;\r\n", '"sep=;"\n', "SEP=;\n"])
def test_the_line_for_excel_says_what_separates(load, refuse, stated):
    (example,) = load("a.csv", f"{stated}inputs.q;outputs.a,b\nHi;1\n")
    assert (example.inputs, example.outputs) == ({"q": "Hi"}, {"a,b": 1})
    assert refuse("a.csv", f"{stated}inputs.q;outputs.a\nHi\n").startswith(
        "a.csv:3: 1 cells under 2 columns."
    )


def test_does_not_guess_between_semicolons_and_tabs(refuse):
    assert refuse("a.csv", "inputs.q;x\toutputs.a\nHi;1\t2\n") == (
        "a.csv:1: the header 'inputs.q;x\\toutputs.a' has semicolons and tabs. Say what separates the cells in a "
        "first line: sep=;"
    )


def test_a_semicolon_beside_commas_is_part_of_a_cell(load):
    (example,) = load("a.csv", "inputs.q,inputs.a;b\nHi;Ho,x\n")
    assert example.inputs == {"q": "Hi;Ho", "a;b": "x"}


def test_a_cell_of_several_lines_is_the_same_text_on_every_checkout(load):
    (ours,) = load("a.csv", 'inputs.q\n"two\nlines"\n')
    (theirs,) = load("a.csv", 'inputs.q\r\n"two\r\nlines"\r\n')
    assert theirs == ours
    assert theirs.hash == ours.hash


def test_refuses_a_key_that_a_cell_gives_twice(refuse):
    message = refuse("a.csv", 'inputs.q,outputs.limits\nHi,"{ ""a"": 1, ""a"": 2}"\n')
    assert message == "a.csv:2: outputs.limits: the key 'a' is given twice in one object. Rename one."


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_refuses_a_number_that_would_become_infinity(refuse, number):
    alone = refuse("a.csv", f"inputs.q,outputs.n\nHi,1\nHo,{number}\n")
    assert alone.startswith(f"a.csv:3: outputs.n is {float(number)}, which JSON has no form for")
    nested = refuse("a.csv", f"inputs.q,outputs.n\nHi,[{number}]\n")
    assert nested.startswith(f"a.csv:2: outputs.n: the number '{number}' is too large")


def test_refuses_half_a_character(refuse):
    message = refuse("a.csv", 'id,inputs.q\na,x\nb,"""\\ud83d"""\n')
    assert message.startswith("a.csv:3: inputs.q holds \\ud83d, half of a character")


def test_refuses_two_columns_of_one_name(refuse):
    message = "a.csv:1: the column 'inputs.q' stands twice in the header. Rename one."
    assert refuse("a.csv", "inputs.q,inputs.q\nHi,Ho\n") == message
