"""What every registered redactor must do, and the hook that offers one."""

from __future__ import annotations

import json
import re
import time
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_llmobs import hookimpl, hookspecs
from pytest_llmobs.extensions import Extensions, standalone_manager
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.redaction.redactors import Redactor, choose_redactors

REDACTORS = Extensions(standalone_manager()).redactors


@pytest.fixture(params=REDACTORS, ids=lambda redactor: redactor.name)
def redactor(request: pytest.FixtureRequest) -> Redactor:
    return request.param  # type: ignore[no-any-return]


def test_it_says_who_it_is(redactor: Redactor) -> None:
    assert re.fullmatch(r"[a-z_]+", redactor.name)
    assert type(redactor).__doc__
    assert choose_redactors([redactor.name], REDACTORS, "x")[0].name == redactor.name


def test_its_prefilters_stop_at_what_it_takes_out(redactor: Redactor) -> None:
    text = redactor.sample
    assert redactor.redact(text) != text
    assert Redaction([redactor]).suspects(json.dumps({"deep": [{"down": text}]}).encode())


def test_it_takes_out_everything_at_once(redactor: Redactor) -> None:
    cleaned = redactor.redact(redactor.sample)
    assert redactor.redact(cleaned) == cleaned


def test_it_leaves_clean_and_empty_texts_alone(redactor: Redactor) -> None:
    for text in ("", "We are happy to help.", "ünïcödé 🙂"):
        assert redactor.redact(text) == text


@pytest.mark.parametrize(
    "text",
    ["@" * 50_000, "sk-" * 20_000, "1-" * 30_000, "a:" * 30_000, "://" * 20_000, "cookie: a=b;" * 4_000],
)
def test_hostile_texts_take_no_time(redactor: Redactor, text: str) -> None:
    began = time.process_time()
    redactor.redact(text)
    assert time.process_time() - began < 0.5


def test_the_example_in_the_hooks_docstring_works() -> None:
    documented = hookspecs.pytest_llmobs_redact.__doc__
    assert documented is not None
    _, example = documented.split("Example::\n")
    plugin: dict[str, Any] = {}
    exec("\n".join(line.removeprefix("        ") for line in example.splitlines()), plugin)

    manager = standalone_manager()
    manager.register(SimpleNamespace(pytest_llmobs_redact=hookimpl(plugin["pytest_llmobs_redact"])))
    offered = Extensions(manager).redactors
    assert [getattr(one, "name", None) for one in offered] == [None, "secrets", "pii"]
    redaction = Redaction(choose_redactors([], offered, "llm_redact"))
    said = redaction.clean_value(
        {"ORD-123456": "ORD-123456 of ann@example.com, sk-ant-api03-AbCdEfGhIjKlMnOp"}
    )
    assert said == {"[redacted: order]": "[redacted: order] of ann@example.com, [redacted: anthropic key]"}
