"""What latencies depend on beside the code: kept with an experiment and its baselines, so that like meets like."""

from __future__ import annotations

import os
import platform

from pytest_llmobs.settings import Settings
from pytest_llmobs.wording import count


def conditions(settings: Settings) -> dict[str, str]:
    """Return how many targets run at once, and what kind of machine this is."""
    machine = f"{platform.system()} {platform.machine()}, {count(os.cpu_count() or 1, 'CPU')}"
    return {"concurrency": str(settings.concurrency), "machine": machine}
