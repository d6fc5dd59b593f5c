"""Tracing: runs, how they nest, and what is kept of them."""

from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.parent import get_current_run_tree
from pytest_llmobs.tracing.redaction.redactors import Redactor
from pytest_llmobs.tracing.run_tree import RunTree
from pytest_llmobs.tracing.trace import trace, tracing_context
from pytest_llmobs.tracing.traceable import traceable
from pytest_llmobs.tracing.tracer import Sink, Tracer

__all__ = [
    "Redactor",
    "RunTree",
    "Sink",
    "Tracer",
    "get_current_run_tree",
    "install",
    "trace",
    "traceable",
    "tracing_context",
    "uninstall",
]
