from pathlib import Path

import pytest

from pytest_llmobs.datasets import DatasetWarning, Row
from pytest_llmobs.datasets.finding import find_file
from pytest_llmobs.errors import DatasetError

ONE = '{"id": "x", "inputs": {"q": "Hi"}}'


def test_names_the_dataset_after_the_file_and_its_path_from_rootdir(load):
    dataset = load("tests/golden.jsonl", ONE)
    assert (dataset.name, dataset.source) == ("golden", "tests/golden.jsonl")


def test_the_first_folder_that_has_the_file_wins(load):
    load("golden.jsonl", ONE)
    Path("tests/golden.jsonl").write_text(ONE.replace('"x"', '"beside"'))
    assert [example.id for example in load("golden.jsonl")] == ["beside"]


def test_takes_an_absolute_path(load, tmp_path):
    load("golden.jsonl", ONE)
    assert load(tmp_path / "golden.jsonl", base_dirs=[]).source == "golden.jsonl"


def test_writes_a_source_outside_rootdir_relative_to_it(load, tmp_path):
    outside = tmp_path.parent / f"{tmp_path.name}-golden.jsonl"
    outside.write_text(ONE)
    assert load(outside).source == f"../{outside.name}"


def test_takes_suffixes_in_capitals(load):
    assert load("GOLDEN.JSONL", ONE).name == "GOLDEN"


def test_a_format_of_ones_own_is_a_few_lines(load):
    class Lines:
        suffixes = (".txt",)

        def rows(self, path):
            return [Row({"inputs": {"q": line}}, f"{path}: {line}") for line in path.read_text().split()]

    assert [example.inputs["q"] for example in load("a.txt", "one two", formats=[Lines()])] == ["one", "two"]


def test_names_the_near_matches_and_the_folders_of_a_missing_file(refuse):
    Path("tests/support_golden.jsonl").write_text(ONE)
    Path("tests/notes.md").touch()
    assert refuse("suport_golden.jsonl") == (
        "No dataset 'suport_golden.jsonl'. Did you mean 'support_golden.jsonl'? Looked in: tests, ."
    )


def test_names_what_lies_there_where_nothing_is_near(refuse):
    Path("tests/support_golden.jsonl").write_text(ONE)
    assert (
        refuse("x.yaml") == "No dataset 'x.yaml'. Datasets there: support_golden.jsonl. Looked in: tests, ."
    )


def test_names_the_folders_of_a_path_with_folders(refuse):
    Path("tests/data").mkdir()
    Path("tests/data/golden.jsonl").write_text(ONE)
    assert refuse("data/golden.json") == (
        "No dataset 'data/golden.json'. Did you mean 'data/golden.jsonl'? Looked in: tests/data, data"
    )


def test_names_the_near_match_of_an_unknown_suffix(refuse, known_suffixes):
    assert refuse("golden.jsn", ONE) == (
        f"golden.jsn: unknown suffix '.jsn'. Did you mean '.json'? {known_suffixes} "
        "Another format is a few lines: see the hook pytest_llmobs_datasets."
    )


def test_refuses_a_folder(refuse, known_suffixes):
    assert refuse("tests") == f"tests is a folder. Name a file in it. {known_suffixes}"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("a.jsonl", ""),
        ("a.jsonl", "\n \n"),
        ("a.csv", "inputs.q\n"),
        ("a.csv", ""),
        ("a.yaml", "# none\n"),
        ("a.yaml", "[]"),
    ],
)
def test_refuses_an_empty_file(refuse, file, content):
    assert refuse(file, content) == (
        f'{file} holds no example. Add at least one, such as {{"inputs": {{"query": "Hello"}}}}: '
        "a test without examples would pass without testing anything."
    )


def test_refuses_an_empty_list(refuse):
    assert refuse([]).startswith("list holds no example.")


def test_says_why_a_file_cannot_be_read(refuse):
    class Locked:
        suffixes = (".txt",)

        def rows(self, path):
            raise PermissionError(13, "Permission denied")

    assert refuse("a.txt", "x", formats=[Locked()]) == "a.txt can't be read: Permission denied."


EQUAL = '{"id": "a", "inputs": {"q": "Hi", "n": 1}}\n{"id": "b", "inputs": {"q": "Ho"}}\n' + (
    '{"id": "c", "inputs": {"n": 1, "q": "Hi"}, "outputs": {"x": 1}}\n'
)


def test_warns_once_of_examples_with_equal_inputs(load):
    with pytest.warns(DatasetWarning) as warned:
        dataset = load("a.jsonl", EQUAL)
    assert len(dataset) == 3
    (warning,) = warned
    assert str(warning.message) == (
        "a.jsonl: examples have equal inputs: 'a', 'c' (a.jsonl:1 and a.jsonl:3). Each counts on its own in every "
        "mean and in the gate. Keep one of them, or say what tells them apart in its inputs; to run an example "
        "several times, use repeat=."
    )


def test_a_warning_turned_into_an_error_is_a_message(refuse):
    message = refuse("a.jsonl", EQUAL)  # this project's own tests have `filterwarnings = error`
    assert message.endswith("use repeat=. (A DatasetWarning, which a warnings filter makes an error.)")


def test_names_few_of_many_equal_examples(load):
    rows = [{"id": f"{group}-{number}", "inputs": {"q": group}} for group in range(9) for number in range(9)]
    with pytest.warns(DatasetWarning) as warned:
        load(rows)
    message = str(warned[0].message)
    assert "'0-0', '0-1', '0-2', '0-3' and 5 more (list, example 1 and list, example 2); '1-0', " in message
    assert "; and 6 more groups. Each counts" in message


def test_numbers_and_booleans_that_python_calls_equal_are_different_inputs(load):
    assert len(load([{"inputs": {"q": 1}}, {"inputs": {"q": True}}, {"inputs": {"q": 1.0}}])) == 3


def test_a_name_is_enough_where_the_client_keeps_datasets(tmp_path):
    for name in ("support.csv", "support.jsonl", "other.csv"):
        (tmp_path / name).touch()
    suffixes = [".csv", ".jsonl"]
    assert find_file(Path("support"), [tmp_path], suffixes, tmp_path).name == "support.jsonl"
    assert find_file(Path("other"), [tmp_path], suffixes, tmp_path).name == "other.csv"
    with pytest.raises(
        DatasetError, match=r"No dataset 'suport'\. Did you mean 'support\.csv' or 'support\.jsonl'"
    ):
        find_file(Path("suport"), [tmp_path], suffixes, tmp_path)
    with pytest.raises(DatasetError, match="No dataset 'support'"):
        find_file(Path("support"), [tmp_path], suffixes)


@pytest.mark.parametrize(
    ("name", "before"),
    [("a.jsonl", f"{ONE}\n"), ("a.csv", "id,inputs.q\nx,Hi\n"), ("a.yaml", "- inputs: {q: Hi}\n  id: x\n")],
)
def test_a_conflict_that_a_merge_left_is_named_by_its_line(refuse, name, before):
    conflict = "<<<<<<< HEAD\n=======\n>>>>>>> topic\n"
    line = before.count("\n") + 1
    assert f" Line {line} begins a conflict that a merge left" in refuse(name, before + conflict)
    assert " Line 1 begins a conflict" in refuse(name, conflict + before)
    assert "conflict" not in refuse(name, before.replace("i", "@"))
