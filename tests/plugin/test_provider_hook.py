"""A provider of a third party: the very example of the hook's documentation, in a user's project."""

from __future__ import annotations

import base64
import inspect
import json
from collections.abc import Callable
from typing import Any

from pytest_llmobs import hookspecs
from tests.plugin.conftest import Project

SDK = """
class Client:
    def ask(self, prompt):
        if prompt == "fail":
            raise ConnectionError("acme is down")
        return prompt.upper()
"""

SUITE = """
import pytest
from acme._http import Client

def test_answer(llm_run):
    assert Client().ask("hello") == "HELLO"
    with pytest.raises(ConnectionError):
        Client().ask("fail")
    Client().ask("data:image/png;base64,{picture}")
    assert [call.provider for call in llm_run.llm_calls] == ["acme"] * 3
"""


def test_the_documented_example_traces_an_sdk_nobody_has_heard_of(
    project: Project, parquet: Callable[[Project, str], list[tuple[Any, ...]]]
) -> None:
    documentation = inspect.getdoc(hookspecs.pytest_llmobs_providers) or ""
    example = inspect.cleandoc("\n" + documentation.partition("Example::")[2])
    picture = base64.b64encode(b"picture").decode()
    project.write(conftest=example, test_app=SUITE.replace("{picture}", picture))
    project.path.joinpath("acme").mkdir()
    project.path.joinpath("acme", "__init__.py").touch()
    project.path.joinpath("acme", "_http.py").write_text(SDK)
    project.experiment("-o", "llm_keep_media=true").assert_outcomes(passed=1)

    rows = parquet(
        project, "select name, status, inputs, outputs from RUNS where provider = 'acme' order by start_time"
    )
    assert [(name, status) for name, status, *_ in rows] == [
        ("acme.ask", "success"),
        ("acme.ask", "error"),
        ("acme.ask", "success"),
    ]
    assert [json.loads(payload) for payload in rows[0][2:]] == [{"prompt": "hello"}, {"text": "HELLO"}]
    kept = json.loads(rows[2][2])["prompt"]["file"]
    assert project.path.joinpath(".llmobs", kept).read_bytes() == b"picture"
