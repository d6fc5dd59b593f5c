"""``llmobs review QUEUE`` on a terminal: real sessions, killed and begun again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.review.conftest import RUBRIC, command, terminal_environment
from tests.unit.cli.review.terminal.pty_session import PtySession


def start(folder: Path, *words: str, size: tuple[int, int] = (80, 24), **more: str) -> PtySession:
    return PtySession(command(*words), folder, terminal_environment(**more), size)


def test_one_hundred_keys_are_one_hundred_verdicts(queued, standing, tmp_path: Path) -> None:
    queued(100)
    with start(tmp_path) as session:
        session.expect("item 1 ")
        session.type("afta" * 25)
        session.expect("100 of 100 done")
        session.type("q")
        assert session.end() == 0
        assert session.terminal_settings() == session.settings
    modes = [decision.mode for decision in standing()]
    assert modes == [None, "wrong fact", "wrong tone", None] * 25


def test_a_session_goes_on_in_the_middle_of_an_item_after_it_was_killed(
    queued, standing, tmp_path: Path
) -> None:
    queued(3, RUBRIC)
    with start(tmp_path) as session:
        session.expect("item 1", "> correct")
        session.type("14cThe fee is mis")
        session.expect("comment: The fee is mis")
        asked = session.lines[3]
        session.kill()
    with start(tmp_path) as session:
        session.expect("item 1", "> effort", "comment: The fee is mis", asked)
        session.type("3csing\r\r")
        session.expect("1 of 3 done")
    [decision] = standing()
    assert dict(decision.answers) == {"correct": 1, "tone": 4, "effort": "much"}
    assert decision.comment == "The fee is missing"


def test_undo_goes_back_into_earlier_sessions(queued, standing, tmp_path: Path) -> None:
    queued(3)
    for done in (1, 2):
        with start(tmp_path) as session:
            session.expect(f"{done - 1} of 3 done")
            session.type("f")
            session.expect(f"{done} of 3 done")
            session.type("q")
            assert session.end() == 0
    with start(tmp_path) as session:
        session.expect("2 of 3 done")
        session.type("u")
        session.expect("1 of 3 done")
        session.type("u")
        session.expect("0 of 3 done")
        session.type("u")
        session.expect("There is nothing left to undo.")
        session.type("\x03")
        assert session.end() == 130
        assert session.terminal_settings() == session.settings
    assert list(standing()) == []


def test_an_editor_corrects_the_answer(queued, standing, tmp_path: Path) -> None:
    queued(1)
    editor = "sed -i 's/on its way/lost/' --"
    with start(tmp_path, EDITOR=editor) as session:
        session.expect("item 1")
        session.type("e")
        session.expect("Corrected.", "It is lost, number 1.")
        session.type("f")
        session.expect("1 of 1 done")
    assert standing()[0].correction == {"output": "It is lost, number 1."}


def test_a_second_terminal_of_one_reviewer_gets_a_sentence(queued, review, tmp_path: Path) -> None:
    queued(2)
    with start(tmp_path) as session:
        session.expect("item 1")
        outcome = review("a")
        assert outcome.returncode == 2
        assert "in another terminal already" in outcome.stderr
        session.type("a")
        session.expect("1 of 2 done")


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_without_a_screen_gets_a_sentence_and_lines(
    queued, standing, tmp_path: Path, term: str
) -> None:
    queued(2, RUBRIC)
    with start(tmp_path, TERM=term) as session:
        session.expect("This terminal has no screen", "Where is refund")
        session.type("19a\n")
        session.expect("It takes 1 to 5.")
        session.type("42\n\n")
        session.expect("save  ")
        session.type("q\n")
        assert session.end() == 0
        assert b"\x1b" not in session.sent
    assert dict(standing()[0].answers) == {"correct": 1, "tone": 4, "effort": "some"}


def test_without_a_screen_keys_are_shown_and_the_end_is_told(queued, tmp_path: Path) -> None:
    queued(1)
    with start(tmp_path, TERM="dumb") as session:
        session.expect("Where is refund 1?")
        session.type("?\n")
        session.expect_sent("Leave the item for later")
        session.type("a\n")
        session.expect_sent("All done: 1 item of 'support'. u takes back, q quits.")
        session.type("q\n")
        assert session.end() == 0


def test_colours_follow_no_color(queued, tmp_path: Path) -> None:
    queued(1)
    with start(tmp_path) as session:
        session.expect("item 1", "q quit")
        assert b"\x1b[1m" in session.sent
    with start(tmp_path, NO_COLOR="1") as session:
        session.expect("item 1", "q quit")
        assert b"\x1b[1m" not in session.sent


def test_the_model_is_shown_only_where_it_is_asked_for(queued, tmp_path: Path) -> None:
    queued(1)
    with start(tmp_path) as session:
        session.expect("item 1", "q quit")
        assert "About the run" not in session.text
    with start(tmp_path, "--open") as session:
        session.expect("About the run", "support_agent")
