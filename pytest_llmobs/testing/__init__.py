"""What scripts import from LangSmith's module of that name: what a test logs of its trial.

No work is done here: see ``trials/log_functions.py``.
"""

from __future__ import annotations

from pytest_llmobs.testing.feedback import log_feedback, trace_feedback
from pytest_llmobs.trials.log_functions import log_inputs, log_outputs, log_reference_outputs

__all__ = ["log_feedback", "log_inputs", "log_outputs", "log_reference_outputs", "trace_feedback"]
