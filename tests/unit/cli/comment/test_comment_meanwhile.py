"""``llmobs comment`` beside others: jobs at the same moment, people who delete or copy, odd tokens and event files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.storage.store import Store
from tests.comment_server import Answer, Service, serving
from tests.unit.cli.comment.conftest import TOKEN
from tests.unit.cli.conftest import Outcome

Command = Callable[..., Outcome]


class Busy(Service):
    """A service at which something else happens just before a request of one method."""

    def __init__(self, method: str, happens: Callable[[Service], None]) -> None:
        super().__init__()
        self._method, self._happens, self._over = method, happens, False

    def answer(self, method: str, url: str, body: Any) -> Answer:
        if method == self._method and not self._over:
            self._over = True
            self._happens(self)
        return super().answer(method, url, body)


def body_of(llmobs: Command) -> str:
    return llmobs("comment", "--dry-run").stdout.rstrip("\n")


def test_two_jobs_of_a_matrix_at_once_leave_one_comment(
    store: Store, llmobs: Command, github: Service, monkeypatch: pytest.MonkeyPatch
):
    other = body_of(llmobs) + "\nof another job"
    with serving(Busy("POST", lambda service: service.add(other))) as busy:
        monkeypatch.setenv("GITHUB_API_URL", busy.address)
        done = llmobs("comment")
    assert (done.returncode, done.stdout) == (0, "comment edited: https://github.example/c/100\n")
    (comment,) = busy.comments
    assert comment["id"] == 100
    assert "of another job" not in comment["body"]


def test_where_the_second_one_can_not_be_taken_away_it_stays(
    store: Store, llmobs: Command, github: Service, monkeypatch
):
    other = body_of(llmobs) + "\nof another job"
    with serving(Busy("POST", lambda service: service.add(other))) as busy:
        monkeypatch.setenv("GITHUB_API_URL", busy.address)
        busy.refusals["PATCH"] = Answer(502, b"")
        done = llmobs("comment")
    assert (done.returncode, done.stdout) == (0, "comment created: https://github.example/c/101\n")


def test_a_comment_that_is_deleted_meanwhile_is_made_anew(
    store: Store, llmobs: Command, github: Service, monkeypatch: pytest.MonkeyPatch
):
    with serving(Busy("PATCH", lambda service: service.comments.clear())) as busy:
        busy.add(body_of(llmobs) + "\nof yesterday")
        monkeypatch.setenv("GITHUB_API_URL", busy.address)
        done = llmobs("comment")
    assert (done.returncode, done.stdout) == (0, "comment created: https://github.example/c/101\n")
    assert len(busy.comments) == 1


def test_what_another_account_wrote_stays_and_the_own_one_is_edited(
    store: Store, llmobs: Command, gitlab: Service
):
    class Shared(Service):
        def answer(self, method: str, url: str, body: Any) -> Answer:
            if method == "PUT" and url.endswith("/100"):
                return Answer(403, {"message": "403 Forbidden"})
            return super().answer(method, url, body)

    gitlab.__class__ = Shared
    gitlab.add(body_of(llmobs) + "\nof another account")
    assert llmobs("comment").stdout.startswith("comment created: ")
    gitlab.comments[1]["body"] += "\nof yesterday"
    done = llmobs("comment")
    assert (done.returncode, done.stdout.strip().endswith("#note_101")) == (0, True)
    assert len(gitlab.comments) == 2
    assert gitlab.comments[0]["body"].endswith("of another account")


@pytest.mark.parametrize(
    ("user", "association", "is_ours"),
    [
        ("User", "NONE", False),
        ("User", "FIRST_TIME_CONTRIBUTOR", False),
        ("User", "COLLABORATOR", True),
        ("Bot", "NONE", True),
    ],
)
def test_a_stranger_who_copies_the_marker_does_not_get_the_verdict_to_word(
    store: Store, llmobs: Command, github: Service, user: str, association: str, is_ours: bool
):
    copied = body_of(llmobs) + "\nall is green"
    github.add(copied, user={"type": user}, author_association=association)
    assert llmobs("comment").returncode == 0
    assert (github.comments[0]["body"] == copied) is not is_ours
    assert len(github.comments) == (1 if is_ours else 2)


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", " {} "])
def test_the_line_break_at_the_end_of_a_secret_is_no_part_of_it(
    store: Store, llmobs: Command, github: Service, monkeypatch: pytest.MonkeyPatch, around: str
):
    monkeypatch.setenv("GITHUB_TOKEN", around.format(TOKEN))
    assert llmobs("comment").returncode == 0
    assert github.headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("token", ["ghs_one\nghs_two", "ghs_one\r\nX-Other: 1", "ghs_ö", "a token"])
def test_what_is_no_token_is_said_without_showing_it(
    store: Store, llmobs: Command, github: Service, monkeypatch: pytest.MonkeyPatch, token: str
):
    monkeypatch.setenv("GITHUB_TOKEN", token)
    done = llmobs("comment")
    assert done.returncode == 2
    assert "GITHUB_TOKEN is no token: it holds a blank, a line break, or what is no ASCII." in done.stderr
    assert "ghs_" not in done.stdout + done.stderr
    assert github.asked == []


@pytest.mark.parametrize(
    "event",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        '"\\ud800"',
        json.dumps({"pull_request": {"number": "12", "base": "main", "head": ["x"]}}),
        json.dumps({"pull_request": {"number": -1, "base": {"repo": "x"}, "head": None}}),
        json.dumps({"issue": 3, "workflow_run": {"pull_requests": ["x"]}}),
        json.dumps({"pull_request": [], "workflow_run": []}),
    ],
)
def test_a_strange_event_leaves_the_ref(
    store: Store,
    llmobs: Command,
    github: Service,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    event: str,
):
    (tmp_path / "event.json").write_text(event)
    monkeypatch.setenv("GITHUB_REF", "refs/pull/12/merge")
    done = llmobs("comment")
    assert (done.returncode, done.stdout) == (0, "comment created: https://github.example/c/100\n")


@pytest.mark.parametrize("address", ["http://[half", "http://127.0.0.1:port", "https://"])
def test_an_address_that_is_none_is_named(
    store: Store, llmobs: Command, github: Service, monkeypatch: pytest.MonkeyPatch, address: str
):
    monkeypatch.setenv("GITHUB_API_URL", address)
    done = llmobs("comment")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"{address.rstrip('/')!r} is no address of an API" in done.stderr


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "http://[half", "127.0.0.1:port"])
def test_a_proxy_that_can_not_be_used_is_one_line(
    store: Store, llmobs: Command, github: Service, monkeypatch: pytest.MonkeyPatch, proxy: str
):
    monkeypatch.setenv("http_proxy", proxy)
    done = llmobs("comment")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "can't be reached (" in done.stderr
    assert TOKEN not in done.stdout + done.stderr
    assert github.asked == []


def test_an_answer_that_breaks_off_is_one_line(store: Store, llmobs: Command, github: Service):
    for answer in (Answer(200, b'[{"id": 1, "bo'), Answer(200, b"[" * 100_000), Answer(200, b"")):
        github.refusals["GET"] = answer
        done = llmobs("comment")
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
