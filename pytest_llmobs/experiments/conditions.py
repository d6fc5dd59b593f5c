"""What latencies depend on beside the code: kept with an experiment and its baselines, so that like meets like."""

from __future__ import annotations

import os
import platform

from pytest_llmobs.settings import Settings
from pytest_llmobs.wording import count


def conditions(settings: Settings) -> dict[str, str]:
    """Return how many targets run at once, what kind of machine this is, and whether replies may be recorded ones."""
    machine = f"{platform.system()} {platform.machine()}, {count(os.cpu_count() or 1, 'CPU')}"
    under = {"concurrency": str(settings.concurrency), "machine": machine}
    if settings.cassettes != "off":  # left out elsewhere: the committed files say nothing new of it
        under["cassettes"] = settings.cassettes
    return under
