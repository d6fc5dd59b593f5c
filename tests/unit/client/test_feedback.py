"""Feedback under LangSmith's names."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from pytest_llmobs.client.base import ClientWarning
from pytest_llmobs.client.client import Client
from pytest_llmobs.errors import ArgumentError, NotFoundError, NotSupported
from tests.unit.client.conftest import Write, run_id


def test_feedback_is_read_back_at_once(client: Client) -> None:
    given = client.create_feedback(
        run_id(1),
        "user_rating",
        score=0.123456789,
        comment="fine",
        correction="better",
        feedback_source_type="model",
        source_info={"user": "u"},
        feedback_group_id=uuid4(),
        session_id="production",
        stop_after_attempt=1,
        feedback_config=None,
    )
    assert client.read_feedback(given.id) == given
    (listed,) = client.list_feedback(run_ids=[run_id(1)], feedback_key=["user_rating"])
    assert listed == given
    assert (given.score, given.comment, given.correction, given.project) == (
        0.123456789,
        "fine",
        "better",
        "production",
    )
    assert (given.feedback_source.type, given.feedback_source.metadata) == ("model", {"user": "u"})
    assert given.feedback_group_id is not None


def test_feedback_is_changed_and_taken_back(client: Client) -> None:
    id = client.create_feedback(run_id(1), "tone", score=1, comment="c").id
    assert client.update_feedback(id, score=0, comment=None).comment is None
    client.delete_feedback(id)
    assert list(client.list_feedback()) == []
    with pytest.raises(NotFoundError):
        client.read_feedback(id)


def test_a_project_may_be_what_it_is_about(client: Client) -> None:
    client.create_feedback(key="quality", project_id="nightly", value="good")
    (said,) = client.list_feedback(project="nightly")
    assert (said.run_id, said.value) == (None, "good")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, "One of run_id, trace_id or project_id is needed"),
        ({"run_id": run_id(1), "project_id": "p"}, "can't be given together"),
        ({"run_id": "run-1"}, "run_id='run-1' is no id"),
    ],
)
def test_it_must_be_about_something(client: Client, said: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        client.create_feedback(**said)


def test_an_unknown_keyword_loses_no_feedback(client: Client) -> None:
    with pytest.warns(
        ClientWarning, match="ignores the unknown keyword 'scor'. Did you mean 'score'"
    ) as caught:
        client.create_feedback(run_id(1), "tone", scor=1)  # type: ignore[call-arg]
    assert caught[0].filename == __file__  # the line that is wrong
    (said,) = client.list_feedback()
    assert said.score is None


def test_keywords_of_reading_and_changing_are_strict(client: Client) -> None:
    with pytest.raises(ArgumentError, match=r"list_feedback\(\) got an unknown keyword 'key'"):
        client.list_feedback(key="tone")  # type: ignore[call-arg]
    with pytest.raises(
        ArgumentError, match=r"update_feedback\(\) got an unknown keyword 'coment'. Did you mean 'comment'"
    ):
        client.update_feedback(run_id(1), coment="c")
    with pytest.raises(ArgumentError, match=r"feedback_id='zz' is no id: .* what create_feedback\(\)"):
        client.update_feedback("zz", score=1)
    with pytest.raises(NotSupported, match="there are no agents to address"):
        client.create_feedback(run_id(1), "tone", address={"agent": "a"})  # type: ignore[call-arg]


def test_what_is_written_is_redacted(client: Client, monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    monkeypatch.setenv("LLMOBS_REDACT", "pii")
    write(1)
    said = client.create_feedback(run_id(1), "tone", comment="ask jo@example.org", extra={"api_key": "sk-1"})
    assert "jo@example.org" not in (said.comment or "")
    assert "sk-1" not in str(said.extra)
