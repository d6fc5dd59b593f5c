"""What a provider's error says of the calls to come: refused for good, or too many for now."""

from __future__ import annotations

REFUSALS = (401, 403, 404)
"""HTTP statuses that no further call of the suite would survive."""
REJECTIONS = (429, 529)
"""HTTP statuses of a server that has enough for now."""


def is_rejection(error: BaseException) -> bool:
    """Return True where the server has enough for now, or has no money left for us (see ``is_refusal``)."""
    return getattr(error, "status_code", None) in REJECTIONS


def is_refusal(error: BaseException) -> bool:
    """Return True where the provider refuses for good: no further call of the suite would survive."""
    # OpenAI answers 429 as well where no money is left, which waiting doesn't mend.
    quota = getattr(error, "code", None) == "insufficient_quota"
    return quota or getattr(error, "status_code", None) in REFUSALS


def retry_after(error: BaseException) -> float:
    """Return the seconds that the server asked to wait, 0 where it said nothing."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return max(0.0, float(headers.get("retry-after", 0)))
    except (TypeError, ValueError):  # a date: the rate alone has to do
        return 0.0
