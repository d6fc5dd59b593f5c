"""Targets running ahead share one pace: a server that allows twenty requests a second is used, not fought."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from tests.anthropic_server import Answer, Request, failure, serve, text
from tests.e2e.here import pytest_here
from tests.e2e.test_main_job import Folder

SUITE = """
import pytest
from support_bot import support_agent

@pytest.mark.llm_dataset("support_golden.jsonl", target=support_agent)
def test_support_agent(example, llm_run):
    assert llm_run.outputs["output"]
"""
COUNT = 80
"""Beyond what may be on its way at once."""


class Bucket:
    """Allows ``rate`` requests a second, and refuses the others with 429."""

    def __init__(self, rate: float) -> None:
        self._rate = self._tokens = rate
        self._then = time.monotonic()
        self._lock = threading.Lock()
        self.refused = 0

    def __call__(self, request: Request) -> Answer:
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self._rate, self._tokens + (now - self._then) * self._rate)
            self._then = now
            if self._tokens < 1:
                self.refused += 1
                return failure(429, "rate_limit_error", "too many requests")
            self._tokens -= 1
        return text("Dear customer")


def test_sixty_four_at_once_against_twenty_a_second_finish_without_a_failure(tmp_path: Path) -> None:
    bucket = Bucket(20.0)
    with serve(bucket) as server:
        folder = Folder(tmp_path, server)
        rows = ({"id": f"e{n:03}", "inputs": {"customer_name": "Ada", "query": "?"}} for n in range(COUNT))
        tmp_path.joinpath("support_golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        tmp_path.joinpath("test_support.py").write_text(SUITE)
        result = pytest_here(tmp_path, "--llm-experiment", "--llm-concurrency", "64", **folder.environment)
    assert f"{COUNT} passed" in result.stdout, result.stdout[-3000:]
    assert result.returncode == 0
    assert bucket.refused > 0  # else it proved nothing
