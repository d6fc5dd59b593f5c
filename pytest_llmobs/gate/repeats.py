"""What repeats tell that a mean does not: how many examples pass every time."""

from __future__ import annotations

from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.measures.gate_rules import PASS


def every_time(suite: SuitePair) -> str:
    """Return pass^k, the share of examples that pass all of k repeats (Yao et al. 2024, arXiv 2406.12045), in words.

    An empty string where nothing was repeated, or no example has all its repeats.
    """
    k = suite.plan.repeat
    whole = [found for found in suite.measured.values.get(PASS, {}).values() if len(found) == k]
    if k < 2 or not whole:
        return ""
    always = sum(min(found) == 1 for found in whole)
    return f"pass^{k} {always / len(whole):.3f} ({always} of {len(whole)} examples passed all {k} repeats)"
