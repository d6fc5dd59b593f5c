import json


def test_a_word_is_explained_with_what_to_do(llmobs):
    done = llmobs("explain", "mde")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("MDE\n  Minimum detectable effect:")
    assert "--llm-repeat 3" in done.stdout


def test_several_words_are_one_where_they_are_written_so(llmobs):
    assert llmobs("explain", "no", "baseline").stdout.startswith("NO BASELINE")
    both = llmobs("explain", "edited", "flaky").stdout
    assert both.startswith("edited\n")
    assert "\nflaky\n" in both


def test_without_a_word_all_are_listed(llmobs):
    done = llmobs("explain")
    assert "REBASELINE" in done.stdout
    assert "https://" in done.stdout
    assert max(map(len, done.stdout.split("\n\n")[0].splitlines())) <= 80


def test_an_unknown_word_says_which_was_meant(llmobs):
    done = llmobs("explain", "rebaselined")
    assert done.returncode == 1
    assert "'rebaselined' is no word of the output. Did you mean 'rebaseline'?" in done.stderr


def test_for_machines_it_is_json(llmobs):
    (entry,) = json.loads(llmobs("explain", "UNPAIRED", "--json").stdout)
    assert entry["words"] == ["UNPAIRED"]
