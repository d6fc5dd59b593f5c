"""Clients that can't be had, and models that are another provider's."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_llmobs.experiments.replays.calling import check_model, open_client
from pytest_llmobs.experiments.replays.requests import ModelCall, ReplayError, model_call_of
from pytest_llmobs.records.runs import Run

ID = "01a22fd0-ccd0-7551-851e-948c92690e6b"


def call_of(name: str, provider: str) -> ModelCall:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    run = Run(
        id=ID,
        trace_id="the-trace",
        parent_id=None,
        name=name,
        run_type="llm",
        project="p",
        start_time=now,
        end_time=now,
        provider=provider,
    )
    return model_call_of(run, Path())


def test_a_client_of_a_cloud_is_made_by_the_users_code() -> None:
    with pytest.raises(
        ReplayError, match=r"served by 'aws\.bedrock', whose client is made by code of yours alone"
    ) as caught:
        open_client(call_of("anthropic.messages", "aws.bedrock"))
    assert str(caught.value).endswith("llmobs replay the-trace")


def test_an_sdk_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(
        ReplayError, match=r"the openai SDK, which isn't installed here: pip install openai\."
    ):
        open_client(call_of("openai.responses", "openai"))


def test_azures_client_is_configured_by_its_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    call = call_of("openai.chat.completions", "azure.ai.openai")
    monkeypatch.delenv("AZURE_OPENAI_API_KEY", raising=False)
    with pytest.raises(ReplayError, match="AZURE_OPENAI_API_KEY isn't set"):
        open_client(call)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "test-key")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://acme.openai.azure.com")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    assert "acme.openai.azure.com" in str(open_client(call).base_url)


def test_a_model_that_no_list_knows_is_nobodys() -> None:
    call = call_of("openai.chat.completions", "openai")
    for model in ("gpt-4o", "my-own-model", None):
        check_model(call, model)
    with pytest.raises(ReplayError, match="is a model of anthropic"):
        check_model(call, "claude-opus-4-6")
    check_model(call_of("openai.chat.completions", "groq"), "claude-opus-4-6")
