"""What many runs come to: how many, how fast, how often wrong, what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class RunStats:
    """Figures of some runs. None where there is nothing to speak of: no runs, or none whose value is known."""

    run_count: int = 0
    error_rate: float | None = None
    """The share of runs whose status is ``error``, from 0 to 1."""
    latency_p50: float | None = None
    """Seconds: the median of the runs that have ended. Exact, as ``latency_p99``: of all latencies, sorted, the value
    at that share of the way from the first to the last, between two neighbours in proportion."""
    latency_p99: float | None = None
    """Seconds within which 99 of 100 runs ended."""
    first_token_p50: float | None = None
    """Seconds until the first chunk came: the median of the streams among them. None where traces are counted."""
    first_token_p99: float | None = None
    """Seconds within which it came in 99 of 100 streams."""
    cost_p50: float | None = None
    """USD: the median of the model calls whose price is known. None where traces are counted."""
    cost_p99: float | None = None
    """USD that 99 of 100 model calls don't exceed."""
    first_start_time: datetime | None = None
    """When the first of them started (UTC)."""
    last_start_time: datetime | None = None
    """When the last of them started (UTC)."""
    total_tokens: int | None = None
    """Input plus output tokens of the model calls among them. A chain has none of its own: none count twice."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_cost: float | None = None
    """USD of those whose price is known."""
    input_cost: float | None = None
    """USD of the input, of those of which it is known."""
    output_cost: float | None = None
    """USD of the output, of those of which it is known."""
