"""The gate under replay: on the recordings of the baseline one look decides, without noise and without a call."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpcore2  # noqa: F401 - see test_openai
import openai  # noqa: F401
import pytest

from pytest_llmobs.experiments.documents import experiment_from_dict
from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.records.experiments import Experiment
from tests.anthropic_server import Answer, Request, Server
from tests.openai_server import chat, serve
from tests.plugin.conftest import Project

APP = """
from pathlib import Path
import openai

client = openai.OpenAI(max_retries=0)

def tidy(text):
    return text.strip()

def answer(name, query):
    prompt = Path(__file__).with_name("prompt.txt").read_text()
    messages = [{"role": "system", "content": prompt.format(name=name)}, {"role": "user", "content": query}]
    reply = client.chat.completions.create(model="gpt-5-mini", messages=messages)
    return tidy(reply.choices[0].message.content)
"""
TIDY = "return text.strip()"
NAMES = ("Ada", "Grace", "Edsger", "Alan", "Barbara", "Donald", "Tony", "Leslie", "Niklaus", "Robin")


class Model:
    """A server whose replies differ from call to call, and of which every seventh is bad."""

    def __init__(self, first: int = 1) -> None:
        self.numbers = count(first)
        self.is_down = False
        """True where every reply is bad."""

    def __call__(self, request: Request) -> Answer:
        number, system = next(self.numbers), request.body["messages"][0]["content"]
        greeting = "Sorry" if self.is_down or number % 7 == 0 else "Dear"
        return chat({"content": f" {greeting} {system} ({number})"})


class Recorded:
    """A project with its baseline and the recordings of its five passes, committed."""

    def __init__(self, project: Project, server: Server, model: Model) -> None:
        self.project = project
        self.server = server
        self.model = model

    @property
    def calls(self) -> int:
        return len(self.server.requests)

    def git(self, *words: str) -> None:
        owner = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        subprocess.run(["git", "-C", str(self.project.path), *owner, *words], check=True, capture_output=True)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "a change")

    @property
    def experiment(self) -> Experiment:
        return experiment_from_dict(self.project.summary)

    def row(self, metric: str = "pass") -> MetricRow:
        return next(row for row in self.experiment.decision.metrics if row.metric == metric)

    @property
    def baseline(self) -> dict[str, Any]:
        (path,) = self.project.path.glob("llm-baselines/*test_answer.json")
        loaded: dict[str, Any] = json.loads(path.read_text())
        return loaded


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test leaves its recorded project for the others."""
    return tmp_path_factory.mktemp("kept") / "project"


@pytest.fixture
def recorded(
    project: Project, kept: Path, monkeypatch: pytest.MonkeyPatch, openai_key: None
) -> Iterator[Recorded]:
    if not kept.exists():
        _record(project, monkeypatch)
        shutil.copytree(project.path, kept, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copytree(kept, project.path, dirs_exist_ok=True)
    model = Model(5 * len(NAMES) + 1)
    with serve(model) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield Recorded(project, server, model)


def _record(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(app=APP)
    project.prompt("{name}")
    rows = [json.dumps({"id": name, "inputs": {"name": name, "query": "Well?"}}) for name in NAMES]
    project.path.joinpath("golden.jsonl").write_text("\n".join(rows))
    project.path.joinpath(".gitignore").write_text("__pycache__/\n.llmobs/\n.pytest_cache/\n")
    model = Model()
    with serve(model) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        made = Recorded(project, server, model)
        made.git("init", "-q")
        made.commit()
        project.record("-q", "--llm-cassettes=reuse")
        assert made.calls == 5 * len(NAMES)
        made.commit()


def test_broken_code_is_red_in_one_look_and_without_a_call(recorded: Recorded) -> None:
    recorded.project.write(app=APP.replace(TIDY, 'return text.strip().replace("Dear", "")'))
    recorded.commit()
    before = recorded.calls
    result = recorded.project.experiment("--llm-cassettes=only")
    assert result.ret == 1
    assert recorded.calls == before
    row = recorded.row()
    assert (row.verdict, row.same_recordings, row.p, row.control_note) == ("REGRESSED", True, None, "")
    assert recorded.experiment.looks == ()
    text = " ".join(result.stdout.str().split())
    assert "pp, same recordings, no noise" in text
    assert "fails on the recording on which it passed in the baseline: no noise" in text
    assert "code: " in text
    assert "fresh" not in text
    assert "one look only" not in text
    (accept,) = [line for line in result.outlines if line.startswith("  accept ")]
    assert "--llm-cassettes=reuse --llm-experiment --llm-update-baseline" in accept
    assert "only" not in accept


def test_unchanged_code_is_green_without_a_call(recorded: Recorded) -> None:
    before = recorded.calls
    assert recorded.project.experiment("--llm-cassettes=only", "-n1").ret == 0
    assert recorded.calls == before
    rows = recorded.experiment.decision.metrics
    assert [(row.verdict, row.same_recordings) for row in rows] == [("NEUTRAL", True)] * 2


def test_a_recorded_baseline_is_committed_with_its_recordings(recorded: Recorded) -> None:
    result = recorded.project.record("--llm-cassettes=reuse")
    text = " ".join(result.stdout.str().split())
    assert "recording a baseline: 10 examples x 5 repeats = 50 trials" in text
    assert "50 of 50 trials replayed what was recorded before; --llm-cassettes=refresh records new" in text
    assert "git add -A llm-baselines llm-cassettes" in text
    assert all(len(set(row["recordings"])) == 5 for row in recorded.baseline["examples"].values())
    assert recorded.baseline["metadata"]["cassettes"] == "reuse"


def test_a_baseline_of_too_few_recordings_is_not_recorded(recorded: Recorded) -> None:
    before = recorded.baseline
    result = recorded.project.record("--llm-cassettes=only", "-o", "llm_baseline_repeat=6")
    assert result.ret == 1
    text = " ".join(result.stdout.str().split())
    assert "not recorded, because not every repeat was run: Ada, " in text
    assert "With --llm-cassettes=reuse the missing replies are asked for." in text
    assert recorded.baseline == before
    assert recorded.calls == 0


def test_passes_that_are_added_have_new_replies(recorded: Recorded) -> None:
    before = recorded.calls
    nodeid = "test_app.py::test_answer[Ada]"
    assert recorded.project.experiment("--llm-update-baseline=add", "--llm-cassettes=reuse", nodeid).ret == 0
    assert recorded.calls == before + 5
    rows = recorded.baseline["examples"]
    assert len(set(rows["Ada"]["recordings"])) == 10
    assert len(set(rows["Grace"]["recordings"])) == 5
    assert max(session["last_repeat"] for session in recorded.baseline["sessions"].values()) == 10
    assert recorded.project.experiment("--llm-cassettes=only").ret == 0
    result = recorded.project.experiment("--llm-update-baseline=add", "--llm-cassettes=only")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--llm-update-baseline=add needs replies that the baseline doesn't have*"])


def test_a_further_pass_replays_no_later_pass_of_the_baseline(recorded: Recorded) -> None:
    for path in recorded.project.path.glob("llm-cassettes/openai/*/*-1.json"):
        path.unlink()
    recorded.model.is_down = True
    before = recorded.calls
    recorded.project.experiment("--llm-cassettes=reuse", "-o", "llm_control=off")
    assert recorded.row().red
    assert [look.purpose for look in recorded.experiment.looks] == ["passes"]
    assert {trial.repeat for trial in recorded.experiment.looks[0].trials} == {6}
    assert recorded.calls == before + 2 * len(NAMES)


def test_what_the_prompt_s_edit_asks_for_is_recorded_and_the_accepted_code_never_replays(
    recorded: Recorded,
) -> None:
    recorded.project.prompt("Hello {name}")
    recorded.project.write(app=APP.replace(TIDY, 'return "Hello"'))
    recorded.commit()
    before = recorded.calls
    assert recorded.project.experiment("--llm-cassettes=reuse").ret == 1
    looks = {look.purpose: look for look in recorded.experiment.looks}
    assert looks["control"].error is None
    assert {trial.recording for trial in looks["control"].trials} == {None}
    assert None not in {trial.recording for trial in looks["passes"].trials}
    assert recorded.calls == before + len(NAMES) * (1 + 1 + 3)
