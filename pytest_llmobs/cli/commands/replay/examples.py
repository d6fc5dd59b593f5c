"""``llmobs replay --dataset``: the source run of every example, old against new."""

from __future__ import annotations

import argparse

from pytest_llmobs.cli.console import Console


def replay(arguments: argparse.Namespace, console: Console) -> int:
    """Replay and compare."""
    raise NotImplementedError
