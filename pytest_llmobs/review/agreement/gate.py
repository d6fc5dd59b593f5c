"""Whether reviewers agree enough for what they said to be exported."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_llmobs.measures.agreement.coefficient import Coefficient
from pytest_llmobs.review.agreement.measuring import Measured, QueueAgreement
from pytest_llmobs.review.agreement.tables import VERDICT

_ROUNDING = 1e-9
"""What sums of shares may lack by rounding."""


@dataclass(frozen=True)
class AgreementGate:
    """What comes of it."""

    passes: bool
    sentence: str
    """The figure and what it is held against: ``κ 0.62 [0.48, 0.76]: below 0.70, not exported``."""


def gate(agreement: QueueAgreement, least: float | None = None) -> AgreementGate:
    """Hold the reviewers' agreement against the least that will do.

    Args:
        agreement: Measured.
        least: The least kappa or alpha, as somebody stated it: then unknown agreement doesn't pass. None for that of
            the queue: then it does, because a queue of one reviewer has none.
    """
    bar = agreement.least if least is None else least
    overall = agreement.overall
    if not overall.n:
        return _unknown(least)
    coefficient = overall.deciding
    subject = "" if overall.name == VERDICT else f"{overall.name}: "
    if coefficient.value is None:
        return _undefined(overall, subject)
    figure = f"{subject}{overall.sign} {figures(coefficient, bar)}"
    if is_below(coefficient.value, bar):
        return AgreementGate(False, f"{figure}: below {bar:.2f}, not exported")
    return AgreementGate(True, f"{figure}: not below {bar:.2f}")


def figures(coefficient: Coefficient, bar: float | None = None) -> str:
    """Return a coefficient with its interval, ``0.62 [0.48, 0.76]``.

    Args:
        coefficient: Whose value is defined.
        bar: What it is held against: a value that is below it isn't shown as the same.
    """
    value = coefficient.value or 0.0
    shown = f"{value:.2f}"
    if bar is not None and is_below(value, bar) and shown == f"{bar:.2f}":
        shown = f"{value:.4g}"
    if coefficient.low is None or coefficient.high is None:
        return shown
    return f"{shown} [{coefficient.low:.2f}, {coefficient.high:.2f}]"


def is_below(value: float, bar: float) -> bool:
    """Tell whether a coefficient misses a bar; one that reaches it but for a last digit doesn't."""
    return value < bar - _ROUNDING


def _unknown(least: float | None) -> AgreementGate:
    sentence = "agreement unknown: no two reviewers judged the same item"
    if least is None:
        return AgreementGate(True, sentence)
    return AgreementGate(False, f"{sentence}; at least {least:.2f} is asked for, not exported")


def _undefined(overall: Measured, subject: str) -> AgreementGate:
    """Let full agreement on one class pass: there was nothing that reviewers could have told apart."""
    return AgreementGate(
        True,
        f"{subject}{overall.sign} undefined ({overall.deciding.reason}), raw agreement {overall.raw.value:.2f}",
    )
