"""Starts the scripted stand-in for the model, unless --live asks for the real one, or recorded replies take its place.

The tests try the prompt that its file holds now. What is in production stays there until it is promoted.
"""

import os

import pytest
from stand_in import StandIn

server = pytest.StashKey[StandIn]()


def pytest_addoption(parser):
    parser.addoption(
        "--live", action="store_true", help="support_bot: ask the real model (needs ANTHROPIC_API_KEY)"
    )


def pytest_configure(config):
    os.environ.setdefault("SUPPORT_PROMPT", "support")
    if config.getoption("--live"):
        if not os.environ.get("ANTHROPIC_API_KEY"):
            raise pytest.UsageError("--live asks the real model: set ANTHROPIC_API_KEY first.")
        if config.getoption("--llm-experiment") and config.getini("llm_baseline_dir") == "llm-baselines":
            raise pytest.UsageError(
                "The committed baseline is the stand-in's. For one of the real model, "
                "add -o llm_baseline_dir=llm-baselines-live"
            )
        return
    os.environ["ANTHROPIC_API_KEY"] = "the-stand-in-asks-for-none"
    os.environ["ANTHROPIC_BASE_URL"] = "http://localhost"
    if config.getoption("--llm-cassettes") != "only":
        config.stash[server] = StandIn().start()
        os.environ["ANTHROPIC_BASE_URL"] = config.stash[server].url


def pytest_unconfigure(config):
    if server in config.stash:
        config.stash[server].stop()


def pytest_report_header(config):
    if config.getoption("--live"):
        return "support_bot: LIVE, asking the real model"
    if server not in config.stash:
        return "support_bot: replies come from llm-cassettes; nothing is asked, and no stand-in runs"
    return "support_bot: a scripted STAND-IN answers from replies.jsonl; no model is asked (--live asks one)"
