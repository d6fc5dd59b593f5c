"""``llmobs comment``: one comment, edited in place, only where something changed, against a server on this machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmobs.records.decisions import Decision, PromptChange
from pytest_llmobs.storage.store import Store
from tests.comment_server import Answer, Service
from tests.unit.cli.comment.conftest import COMMENTS, NOTES, TOKEN, event, keep
from tests.unit.cli.conftest import Outcome, make_experiment

Command = Callable[..., Outcome]


def test_a_red_experiment_is_posted_once(store: Store, llmobs: Command, github: Service):
    done = llmobs("comment")
    assert (done.returncode, done.stdout) == (0, "comment created: https://github.example/c/100\n")
    (comment,) = github.comments
    first, title, *_ = comment["body"].split("\n")
    assert first.startswith("<!-- pytest-llmobs ")
    assert title.startswith("### 🔴 RED: pass regressed, 1 example broke")
    assert github.headers["authorization"] == f"Bearer {TOKEN}"
    # then it looks whether another job did the same meanwhile
    assert github.asked == [("GET", COMMENTS), ("POST", COMMENTS), ("GET", COMMENTS)]


def test_the_same_again_sends_nothing(store: Store, llmobs: Command, github: Service):
    llmobs("comment")
    github.comments[0]["body"] = github.comments[0]["body"].replace("\n", "\r\n")
    done = llmobs("comment")
    assert (done.returncode, done.stdout) == (0, "comment unchanged: https://github.example/c/100\n")
    assert github.methods == ["GET", "POST", "GET", "GET"]


def test_the_next_experiment_edits_it_even_where_all_is_well(store: Store, llmobs: Command, github: Service):
    llmobs("comment", "brave-otter")
    done = llmobs("comment", "calm-heron")
    assert done.stdout == "comment edited: https://github.example/c/100\n"
    assert "🟢 GREEN: nothing regressed" in github.comments[0]["body"]
    assert github.asked[-1] == ("PATCH", "/repos/acme/bot/issues/comments/100")
    assert len(github.comments) == 1


def test_where_nothing_changed_nothing_is_posted(store: Store, llmobs: Command, github: Service):
    done = llmobs("comment", "calm-heron")
    assert (done.returncode, done.stdout) == (
        0,
        "comment nothing to tell: GREEN: nothing regressed, and there is no comment yet\n",
    )
    assert github.comments == []


def news() -> dict[str, Decision]:
    green = make_experiment("news", "2026-11-24T00:00:00+00:00").decision
    (row,) = green.metrics
    (example,) = make_experiment("x", "2026-11-24T00:00:00+00:00", red=True).decision.examples
    change = PromptChange(suite=row.suite, name="support", before="0123456789abcdef")
    return {
        "improved": Decision(metrics=(replace(row, verdict="IMPROVED"),)),
        "a warning": Decision(metrics=(replace(row, verdict="INCONCLUSIVE"),)),
        "a prompt": replace(green, prompts=(change,)),
        "a new example": replace(green, examples=(replace(example, red=False, state="new"),)),
        "an edited example": replace(green, examples=(replace(example, red=False, state="edited"),)),
    }


@pytest.mark.parametrize("what", news())
def test_green_news_are_posted(store: Store, llmobs: Command, github: Service, what: str):
    keep(store, replace(make_experiment("news", "2026-11-24T00:00:00+00:00"), decision=news()[what]))
    assert llmobs("comment", "news").stdout.startswith("comment created: ")


def test_each_set_of_suites_has_its_own_and_the_oldest_counts(store: Store, llmobs: Command, github: Service):
    llmobs("comment")
    red = make_experiment("other", "2026-11-24T00:00:00+00:00", red=True)
    (suite,) = red.suites
    keep(store, replace(red, suites=(replace(suite, name="tests/test_b.py::test_b"),)))
    assert llmobs("comment", "other").stdout == "comment created: https://github.example/c/101\n"
    github.add(github.comments[0]["body"])
    assert llmobs("comment", "calm-heron").stdout == "comment edited: https://github.example/c/100\n"


def test_a_comment_that_quotes_it_or_was_written_by_hand_is_left_alone(
    store: Store, llmobs: Command, github: Service
):
    llmobs("comment")
    body = github.comments.pop()["body"]
    for others in (f"> {body}", "LGTM", "", f"look:\n{body}"):
        github.add(others)
    assert llmobs("comment").stdout.startswith("comment created: ")
    assert len(github.comments) == 5


def test_it_is_found_among_hundreds(store: Store, llmobs: Command, github: Service):
    for number in range(250):
        github.add(f"comment {number}")
    llmobs("comment", "brave-otter")
    done = llmobs("comment", "calm-heron")
    assert done.stdout == "comment edited: https://github.example/c/350\n"
    assert len(github.comments) == 251


@pytest.mark.parametrize(
    "started_by",
    [
        {"pull_request": {"number": 12}},
        {"workflow_run": {"pull_requests": [{"number": 12}]}},
        {"issue": {"number": 12, "pull_request": {"url": "https://github.example/pulls/12"}}},
    ],
)
def test_the_number_is_that_of_the_event(
    store: Store, llmobs: Command, github: Service, tmp_path: Path, monkeypatch, started_by
):
    event(tmp_path, monkeypatch, **started_by)
    assert llmobs("comment").returncode == 0
    assert github.asked[0] == ("GET", COMMENTS)


def test_the_number_may_be_that_of_the_ref_or_be_named(
    store: Store, llmobs: Command, github: Service, monkeypatch
):
    monkeypatch.delenv("GITHUB_EVENT_PATH")
    monkeypatch.setenv("GITHUB_REF", "refs/pull/34/merge")
    llmobs("comment")
    llmobs("comment", "--number", "56")
    assert {path.split("/")[5] for _, path in github.asked} == {"34", "56"}


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5"])
def test_what_is_no_number_is_refused(store: Store, llmobs: Command, github: Service, number: str):
    done = llmobs("comment", f"--number={number}")
    assert done.returncode == 2
    assert f"{number!r} is no number of a pull request; write 12" in done.stderr


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"GITHUB_TOKEN": None}, "there is no token, as in a fork's pull request; GITHUB_TOKEN: ${{"),
        ({"GITHUB_TOKEN": ""}, "there is no token, as in a fork's pull request; GITHUB_TOKEN: ${{"),
        ({"GITHUB_EVENT_PATH": None}, "this job runs for no pull request (--number names one)"),
        ({"GITHUB_EVENT_PATH": "missing.json"}, "this job runs for no pull request (--number names one)"),
    ],
)
def test_where_nothing_can_be_posted_a_line_says_so_and_the_job_goes_on(
    store: Store, llmobs: Command, github: Service, monkeypatch, variables, reason
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value or "")
        if value is None:
            monkeypatch.delenv(name)
    done = llmobs("comment")
    assert done.returncode == 0
    assert done.stdout.startswith(f"comment skipped: {reason}")
    assert done.stdout.count("\n") == 1
    assert github.asked == []


def test_a_fork_may_have_a_token_that_only_reads(
    store: Store, llmobs: Command, github: Service, tmp_path: Path, monkeypatch
):
    event(tmp_path, monkeypatch, head="stranger/bot")
    github.refusals["POST"] = Answer(403, {"message": "Resource not accessible by integration"})
    done = llmobs("comment")
    assert (done.returncode, done.stdout) == (
        0,
        "comment skipped: the token of a fork's pull request can't write\n",
    )


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            Answer(403, {"message": "Resource not accessible by integration"}),
            "403 (Resource not accessible by integration). Give the job `permissions: pull-requests: write`.",
        ),
        (Answer(401, {"message": "Bad credentials"}), "401 (Bad credentials). GITHUB_TOKEN isn't valid"),
        (Answer(404, {"message": "Not Found"}), "404 (Not Found). There is no such pull request, or the"),
        (
            Answer(403, {"message": "rate limit"}, {"x-ratelimit-remaining": "0"}),
            "403 (rate limit). Those were too many requests: run the job again later.",
        ),
        (Answer(429, b"slow down"), "429 (Too Many Requests). Those were too many requests"),
        (Answer(502, b"<html>"), "502 (Bad Gateway). The service has trouble: run the job again."),
        (Answer(422, {"message": "body is\ntoo long"}), "422 (body is too long). Nothing was posted."),
        (Answer(301, {}, {"Location": "http://127.0.0.1:9/"}), "301 (Moved Permanently). It has moved"),
        (Answer(200, b"<html>"), "answered with what is no JSON: is 'http://127.0.0.1:"),
        (Answer(200, ["x"]), "GitHub answered with what is no comment: is GITHUB_API_URL its API?"),
    ],
)
def test_what_the_service_refuses_is_one_line_with_its_status_and_the_remedy(
    store: Store, llmobs: Command, github: Service, answer: Answer, message: str
):
    github.refusals["POST"] = answer
    done = llmobs("comment")
    assert done.returncode == 1
    assert done.stderr.startswith("comment failed: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert TOKEN not in done.stdout + done.stderr


def test_a_service_that_is_down_is_one_line(store: Store, llmobs: Command, github: Service, monkeypatch):
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    done = llmobs("comment")
    assert done.returncode == 1
    assert done.stderr.startswith(f"comment failed: GET http://127.0.0.1:9{COMMENTS}: can't be reached (")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("GITHUB_REPOSITORY", "acme", "GITHUB_REPOSITORY 'acme' names no repository; it is OWNER/NAME."),
        ("GITHUB_REPOSITORY", "a/b/../../c", "names no repository; it is OWNER/NAME."),
        (
            "GITHUB_API_URL",
            "file:///etc",
            "GITHUB_API_URL 'file:///etc' is no address of an API; it begins with https://.",
        ),
    ],
)
def test_variables_that_make_no_sense_are_named(
    store: Store, llmobs: Command, github: Service, monkeypatch, name: str, value: str, message: str
):
    monkeypatch.setenv(name, value)
    done = llmobs("comment")
    assert done.returncode == 2
    assert message in done.stderr


def test_outside_a_job_it_says_what_is_missing(store: Store, llmobs: Command):
    done = llmobs("comment")
    assert done.returncode == 2
    assert "neither GITHUB_REPOSITORY nor CI_PROJECT_ID is set." in done.stderr
    assert "--dry-run prints the comment" in done.stderr


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({"GITHUB_RUN_ID": "4711"}, "https://github.com/acme/bot/actions/runs/4711"),
        (
            {"GITHUB_RUN_ID": "4711", "GITHUB_SERVER_URL": "https://git.acme.example"},
            "https://git.acme.example/acme/bot/actions/runs/4711",
        ),
        (
            {"CI_JOB_URL": "https://gitlab.example/acme/bot/-/jobs/8"},
            "https://gitlab.example/acme/bot/-/jobs/8",
        ),
        ({"GITHUB_RUN_ID": "1) [x](javascript:alert(1)"}, ""),
        ({}, ""),
    ],
)
def test_it_leads_to_the_job(store: Store, llmobs: Command, github: Service, monkeypatch, variables, address):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    body = llmobs("comment", "--dry-run").stdout
    assert body.count("](") == (1 if address else 0)
    assert f"[The job]({address}) has the log" in body or not address


def test_a_dry_run_prints_the_comment_and_needs_no_job(store: Store, llmobs: Command):
    done = llmobs("comment", "--dry-run")
    assert done.returncode == 0
    assert done.stdout.startswith("<!-- pytest-llmobs ")
    document = json.loads(llmobs("comment", "calm-heron", "--dry-run", "--json").stdout)
    assert (document["action"], document["news"]) == ("dry run", False)


def test_machines_get_what_was_done(store: Store, llmobs: Command, github: Service):
    assert json.loads(llmobs("comment", "--json").stdout) == {
        "experiment": "brave-otter",
        "action": "created",
        "url": "https://github.example/c/100",
        "reason": None,
    }


def test_an_unknown_experiment_is_not_found(store: Store, llmobs: Command, github: Service):
    done = llmobs("comment", "brave-oter")
    assert done.returncode == 1
    assert "Did you mean 'brave-otter'?" in done.stderr


def test_it_is_the_same_on_gitlab(store: Store, llmobs: Command, gitlab: Service):
    page = "https://gitlab.example/acme/bot/-/merge_requests/3#note_"
    gitlab.add("assigned to @ana", system=True)
    assert llmobs("comment").stdout == f"comment created: {page}101\n"
    assert llmobs("comment").stdout == f"comment unchanged: {page}101\n"
    gitlab.add(gitlab.comments[1]["body"])
    assert llmobs("comment", "calm-heron").stdout == f"comment edited: {page}101\n"
    assert gitlab.asked[-1] == ("PUT", f"{NOTES}/101")
    assert gitlab.headers["private-token"] == "glpat"


def test_a_forks_merge_request_lies_in_the_project_it_is_for(
    store: Store, llmobs: Command, gitlab: Service, monkeypatch
):
    monkeypatch.setenv("CI_PROJECT_ID", "99")
    monkeypatch.setenv("CI_MERGE_REQUEST_PROJECT_ID", "7")
    llmobs("comment")
    assert gitlab.asked[0] == ("GET", NOTES)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("GITLAB_TOKEN", "there is no token, as in a fork's merge request."),
        ("CI_MERGE_REQUEST_IID", "this job runs for no merge request (--number names one)"),
    ],
)
def test_without_a_token_or_a_merge_request_gitlab_gets_nothing(
    store: Store, llmobs: Command, gitlab: Service, monkeypatch, name: str, reason: str
):
    monkeypatch.delenv(name)
    done = llmobs("comment")
    assert (done.returncode, gitlab.asked) == (0, [])
    assert done.stdout.startswith(f"comment skipped: {reason}")


def test_gitlabs_refusals_say_which_token_it_takes(store: Store, llmobs: Command, gitlab: Service):
    gitlab.refusals["POST"] = Answer(403, {"message": "403 Forbidden"})
    done = llmobs("comment")
    assert done.returncode == 1
    assert "403 (403 Forbidden). A project access token with the scope `api`" in done.stderr
