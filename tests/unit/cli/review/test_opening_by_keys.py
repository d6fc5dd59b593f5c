"""``printf 'aaq' | llmobs review QUEUE``: keys of a script, a line a verdict."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.unit.cli.conftest import clean_environment
from tests.unit.cli.review.conftest import RUBRIC, as_json, command


def test_keys_of_a_script_are_verdicts(queued, piped, standing) -> None:
    queued(4)
    outcome = piped("aftq")
    assert outcome.returncode == 0
    lines = outcome.stdout.splitlines()
    assert [line.split("  ")[0].strip() for line in lines] == ["accept", "wrong fact", "wrong tone"] or len(
        lines
    ) == 3
    assert re.fullmatch(r"accept       [0-9a-f-]{36}  Where is refund \d\?", lines[0])
    assert [(one.verdict, one.mode, one.reviewer) for one in standing()] == [
        ("accept", None, "ada"),
        ("reject", "wrong fact", "ada"),
        ("reject", "wrong tone", "ada"),
    ]
    assert "3 decisions in 'support', 1 left." in outcome.stderr


def test_three_answers_and_next_are_four_keys(queued, review, standing) -> None:
    queued(2, RUBRIC)
    assert review("142\n").returncode == 0
    [decision] = standing()
    assert (decision.verdict, dict(decision.answers)) == (None, {"correct": 1, "tone": 4, "effort": "some"})


def test_what_is_written_takes_the_rest_of_its_line(queued, review, piped, standing) -> None:
    queued(3)
    outcome = piped("cToo slow, aqs\neIt arrives on Monday.\nfccut off", "--json")
    assert outcome.returncode == 0
    [decision] = standing()
    assert decision.comment == "Too slow, aqs"
    assert decision.correction == {"output": "It arrives on Monday."}
    assert decision.mode == "wrong fact"
    told = as_json(outcome)
    assert (told["queue"], told["reviewer"], told["left"]) == ("support", "ada", 2)
    assert [(done["do"], done["mode"], done["correction"]) for done in told["done"]] == [
        ("reject", "wrong fact", {"output": "It arrives on Monday."})
    ]
    assert "is kept for next time" in outcome.stderr
    review("a")
    assert standing()[-1].comment == "cut off"


def test_outputs_of_several_keys_are_corrected_by_json(queued, review, standing) -> None:
    queued(1, outputs={"answer": "No.", "tier": "gold"})
    broken = review('e{"answer": }\nf')
    assert broken.returncode == 2
    assert "That is no JSON" in broken.stderr
    assert list(standing()) == []
    assert review('e{"answer": "Yes.", "tier": "gold"}\nf').returncode == 0
    assert standing()[0].correction == {"answer": "Yes.", "tier": "gold"}


def test_the_first_key_that_makes_no_sense_ends_it(queued, review, standing) -> None:
    queued(4, RUBRIC)
    outcome = review("142\n19\na")
    assert outcome.returncode == 2
    assert "Key 6 ('9'): 'tone' has no answer '9'. It takes 1 to 5. Nothing after it was done." in " ".join(
        outcome.stderr.split()
    )
    assert len(standing()) == 1


def test_a_line_that_makes_no_sense_is_told_by_its_end(queued, review) -> None:
    queued(2)
    outcome = review("/invoce\n")
    assert outcome.returncode == 2
    assert "Key 8 (the line's end): No item of the queue has 'invoce'" in " ".join(outcome.stderr.split())


def test_the_help_is_no_obstacle_to_a_script(queued, review, standing) -> None:
    queued(2)
    assert review("?qa").returncode == 0
    assert standing() == []


def test_keys_beyond_the_last_item_are_told_of(queued, review, standing) -> None:
    queued(2)
    outcome = review("aaaa")
    assert outcome.returncode == 0
    assert "Key 3 and those after it were left" in outcome.stderr
    assert len(standing()) == 2
    assert review("u").returncode == 0
    assert len(standing()) == 1


def test_ends_of_lines_are_no_keys(queued, review, standing) -> None:
    queued(3)
    assert review("a\n\ns\n").returncode == 0
    assert len(standing()) == 1


def test_who_reviews_is_named(queued, review, standing) -> None:
    queued(2)
    review("a", "--reviewer", "bob")
    review("a")
    assert [one.reviewer for one in standing()] == ["bob", "ada"]
    assert review("a", "--reviewer", " ").returncode == 2


def test_an_unknown_queue_is_named_with_the_nearest(queued, llmobs) -> None:
    queued(1)
    outcome = llmobs("review", "suport")
    assert outcome.returncode == 1
    assert "Did you mean 'support'?" in outcome.stderr


def test_a_queue_without_items_says_so(queued, review) -> None:
    queued(0)
    outcome = review("q")
    assert outcome.returncode == 0
    assert "empty" in outcome.stderr


def test_what_is_decided_is_feedback_on_the_run_until_it_is_taken_back(queued, review) -> None:
    client = queued(1, RUBRIC)
    review("14cToo slow\neOn Monday.\nf")
    told = {one.key: one for one in client.list_feedback()}
    assert told.keys() == {"review", "correct", "tone"}
    assert (told["review"].score, told["review"].value, told["review"].comment) == (
        0,
        "wrong fact",
        "Too slow",
    )
    assert told["review"].correction == {"output": "On Monday."}
    assert (told["correct"].score, told["tone"].score) == (1, 4)
    review("u")
    assert list(client.list_feedback()) == []


@pytest.mark.parametrize(("closed", "decisions"), [("<&-", 0), (">&-", 1)])
def test_streams_that_a_shell_has_closed_are_empty(
    queued, standing, tmp_path: Path, closed: str, decisions: int
) -> None:
    queued(2)
    done = subprocess.run(
        ["sh", "-c", f"{shlex.join(command())} {closed}"],
        cwd=tmp_path,
        env=clean_environment(LLMOBS_REVIEWER="ada"),
        input=b"a",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, len(standing())) == (0, decisions)
    assert b"left." in done.stderr


def test_a_secret_in_a_comment_is_kept_nowhere(queued, review, standing, tmp_path: Path) -> None:
    queued(1)
    secret = "AKIAIOSFODNN7EXAMPLE"
    assert review(f"cIt shows {secret}\nx").returncode == 0
    [decision] = standing()
    assert decision.comment is not None
    assert decision.comment.startswith("It shows ")
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert secret.encode() not in file.read_bytes()
