"""Tracing: runs, how they nest, and what is kept of them, up to the spool line that a sink is handed.

Not here: what a provider's SDK says (``providers``), spans (``spans``), where lines and files lie (``storage``).

::

    calls/     the decorator, and what it does        trace      the ``with`` blocks
    binding    which argument is which                parent     what a run is nested in
    run_tree   a run while it is going on             open_run   its fields
    told_run   what it logs, and its code may change  model_calls/  what is special about calls of models
    context    which run is the current one           threads    carries it along
    active     the process's tracer, kept here alone  tracer     samples, redacts, writes
    capture    values as JSON, by way of snapshot/    redaction/ what must not be kept
    run_line   how a run is written and read back     sampling   which traces are kept
    headers    to other processes                     queues     and to the workers behind them
    first_use  by one thread at a time                ids, failure, environment
"""

from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.calls.traceable import traceable
from pytest_llmobs.tracing.parent import get_current_run_tree
from pytest_llmobs.tracing.redaction.redactors import Redactor
from pytest_llmobs.tracing.run_tree import RunTree
from pytest_llmobs.tracing.trace import trace, tracing_context
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
