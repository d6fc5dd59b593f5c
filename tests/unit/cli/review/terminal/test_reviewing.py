"""What keys do to the item under way."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_llmobs.cli.commands.review.terminal.key_reader import PASTE, Key, KeyReader
from pytest_llmobs.cli.commands.review.terminal.reviewing import Reviewing
from tests.unit.cli.review.terminal.engine import RUBRIC, Engine, make_current, make_queue


def reviewing(count: int = 3, rubric: Any = (), **item: Any) -> tuple[Reviewing, Engine]:
    engine = Engine(make_queue(rubric), [make_current(number, **item) for number in range(1, count + 1)])
    return Reviewing(engine), engine  # type: ignore[arg-type]


def press(one: Reviewing, keys: str) -> bool:
    """Type, and tell whether the last key made sense."""
    is_understood = True
    for key in KeyReader().feed(keys.encode()):
        is_understood = one.press(key)
    return is_understood


def test_one_hundred_one_key_verdicts_are_one_hundred_keys() -> None:
    one, engine = reviewing(100)
    press(one, "aaft" * 25)
    assert len(engine.saved) == 100
    assert engine.saved[:4] == [
        ("run-1", "accept", None),
        ("run-2", "accept", None),
        ("run-3", "reject", "wrong fact"),
        ("run-4", "reject", "wrong tone"),
    ]
    assert engine.renewals == 100


def test_three_answers_and_next_are_four_keys() -> None:
    one, engine = reviewing(rubric=RUBRIC)
    item = engine.items[0]
    press(one, "142\r")
    assert engine.saved == [("run-1", None, None)]
    assert item.answers == {"correct": 1, "tone": 4, "effort": "some"}
    assert one.shown().focus == "correct"


def test_a_number_outside_is_asked_again_with_its_range() -> None:
    one, engine = reviewing(rubric=RUBRIC)
    assert not press(one, "19")
    assert one.message == "'tone' has no answer '9'. It takes 1 to 5."
    assert engine.items[0].answers == {"correct": 1}
    assert one.shown().focus == "tone"
    press(one, "5")
    assert engine.items[0].answers["tone"] == 5


def test_what_is_required_is_asked_for_and_the_verdict_waits() -> None:
    one, engine = reviewing(rubric=RUBRIC)
    press(one, "\t")
    assert one.shown().focus == "tone"
    assert not press(one, "a")
    assert engine.saved == []
    assert one.shown().focus == "correct"
    press(one, "1a")
    assert engine.saved == [("run-1", "accept", None)]


def test_a_number_is_written_and_checked() -> None:
    one, engine = reviewing(rubric=[{"feedback_key": "share", "range": [0, 100]}])
    assert not press(one, "850\r")
    assert "100" in one.message
    assert one.is_writing
    press(one, "\x7f\r")
    assert engine.items[0].answers == {"share": 85}
    assert not one.is_writing


def test_a_text_is_written_and_taken_back() -> None:
    one, engine = reviewing(rubric=[{"feedback_key": "why", "text": True}])
    press(one, "=all of q, a and s\r")
    assert engine.items[0].answers == {"why": "all of q, a and s"}
    press(one, "\t\x7f")
    assert engine.items[0].answers == {}
    assert engine.saved == []


def test_undo_goes_back_answer_by_answer_and_decision_by_decision() -> None:
    one, engine = reviewing(rubric=RUBRIC)
    press(one, "14a03a1")
    assert len(engine.saved) == 2
    # the answer of the third item, then two decisions: an item that comes back has its answers, none of them a step
    for _ in range(3):
        assert press(one, "u")
    assert not press(one, "u")
    assert one.message == "There is nothing left to undo."
    assert engine.saved == []
    assert engine.items[0].item.run_id == "run-1"
    assert engine.items[0].answers == {"correct": 1, "tone": 4}
    assert [done.do for done in one.done] == ["accept", "accept", "undo", "undo"]


def test_enter_saves_nothing_where_nothing_was_said() -> None:
    one, engine = reviewing()
    assert not press(one, "\r")
    assert one.message.startswith("Nothing is said of this item yet")
    press(one, "cslow\r\r")
    assert engine.saved == [("run-1", None, None)]


def test_a_comment_is_kept_at_every_key_and_escape_brings_the_old_one_back() -> None:
    one, engine = reviewing()
    press(one, "cfirst\r")
    press(one, "c, aqs")
    assert engine.items[0].comment == "first, aqs"
    assert one.is_writing
    one.press(Key("Escape"))
    assert engine.items[0].comment == "first"
    assert press(one, "u")
    assert engine.items[0].comment is None
    assert engine.saved == []


def test_skip_jump_help_and_quit() -> None:
    one, engine = reviewing()
    press(one, "s")
    assert engine.skipped == ["run-1"]
    press(one, "/3\r")
    assert engine.items[0].number == 3
    assert not press(one, "/nowhere\r")
    assert one.is_writing
    one.press(Key("Escape"))
    press(one, "?")
    assert one.shown().current is None
    press(one, "?")
    assert one.shown().current is not None
    press(one, "q")
    assert one.quits


def test_a_verdict_from_the_help_counts() -> None:
    one, engine = reviewing()
    press(one, "?a")
    assert engine.saved == [("run-1", "accept", None)]


def test_pasted_text_decides_nothing() -> None:
    one, engine = reviewing()
    assert not one.press(Key(PASTE, "aaaa"))
    assert engine.saved == []
    press(one, "c")
    one.press(Key(PASTE, "two\nlines"))
    assert engine.items[0].comment == "two lines"


def test_keys_without_a_meaning_are_named() -> None:
    one, _ = reviewing()
    assert not press(one, "Z")
    assert one.message == "The key 'Z' does nothing here. ? shows those that do."
    assert not press(one, "4")
    assert "rubric asks nothing" in one.message


def test_after_the_last_item_undo_still_works() -> None:
    one, engine = reviewing(1)
    press(one, "a")
    assert not press(one, "a")
    assert one.message == "Everything in 'support' is reviewed."
    press(one, "u")
    assert engine.saved == []
    assert one.current is not None


def test_a_text_is_edited_as_it_is() -> None:
    one, engine = reviewing(outputs={"answer": "Wrong."})
    press(one, "e")
    assert one.take_edit()
    assert not one.take_edit()
    assert one.text_to_edit() == ("Wrong.", ".md")
    one.take_text("Right.")
    assert engine.items[0].correction == {"answer": "Right."}
    assert one.text_to_edit() == ("Right.", ".md")
    one.take_text("Right.")
    assert one.message == "The text is unchanged."
    one.take_text("Wrong.")
    assert engine.items[0].correction is None


def test_a_reply_of_a_model_is_edited_as_its_text() -> None:
    call = {"type": "tool_use", "name": "refund", "input": {}}
    blocks = {"role": "assistant", "content": [{"type": "text", "text": "Wrong."}], "model": "m"}
    one, engine = reviewing(outputs={"choices": [{"message": {"role": "assistant", "content": "No."}}]})
    assert one.text_to_edit() == ("No.", ".md")
    one.take_text("Yes.")
    assert engine.items[0].correction == {"output": "Yes."}
    assert one.text_to_edit() == ("Yes.", ".md")
    one, _ = reviewing(outputs=blocks)
    assert one.text_to_edit() == ("Wrong.", ".md")
    one, _ = reviewing(outputs={"role": "assistant", "content": [call]})
    assert one.text_to_edit()[1] == ".json"


def test_several_outputs_are_json_and_a_broken_edit_is_kept() -> None:
    one, engine = reviewing(outputs={"answer": "Wrong.", "tier": "gold"})
    text, suffix = one.text_to_edit()
    assert suffix == ".json"
    with pytest.raises(ValueError, match=r"no JSON: Expecting.*line 3.*e goes on with it"):
        one.take_text(text.replace(",", ""))
    assert one.text_to_edit()[0] == text.replace(",", "")
    assert not press(one, "f")
    assert engine.saved == []
    assert one.message == "The correction is no JSON yet: e goes on with it, u drops it."
    one.take_text(text.replace("Wrong", "Right"))
    assert engine.items[0].correction == {"answer": "Right.", "tier": "gold"}
    with pytest.raises(ValueError, match="no object"):
        one.take_text("[1]")
    press(one, "uf")
    assert engine.saved == [("run-1", "reject", "wrong fact")]


def test_an_emptied_text_is_no_correction() -> None:
    one, engine = reviewing()
    with pytest.raises(ValueError, match="No text was left"):
        one.take_text(" \n")
    assert engine.items[0].correction is None
    press(one, "a")
    assert len(engine.saved) == 1


def test_the_answer_is_edited_in_a_line_where_there_is_no_editor() -> None:
    one, engine = reviewing(outputs={"output": "one\ntwo"})
    one.edit_here()
    press(one, "!\n?\r")
    assert engine.items[0].correction == {"output": "one\ntwo!\n?"}


def test_notices_of_the_engine_are_shown() -> None:
    one, engine = reviewing()
    engine.notices.append("bob has had this item since 10:02.")
    press(one, "c")
    assert one.message == "bob has had this item since 10:02."


def test_reading_on_stops_at_the_end_and_begins_anew_with_each_item() -> None:
    one, _ = reviewing(outputs={"output": "\n".join(map(str, range(100)))})
    one.reading.room = 10
    press(one, " ")
    assert one.shown().top == 9
    press(one, "\x1b[F")
    end = one.shown().top
    press(one, " \x1b[B")
    assert one.shown().top == end
    press(one, "b\x1b[A\x1b[H")
    assert one.shown().top == 0
    press(one, " a")
    assert one.shown().top == 0


def test_what_was_purged_on_the_screen_isnt_told_as_done() -> None:
    one, engine = reviewing(2)
    engine.purged = {"run-1"}
    press(one, "aa")
    assert [done.run_id for done in one.done] == ["run-2"]
    assert one.notices == ["run-1 was purged."]
