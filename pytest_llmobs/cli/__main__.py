"""``python -m pytest_llmobs.cli``: the same as ``llmobs``."""

from __future__ import annotations

import sys

from pytest_llmobs.cli import main

if __name__ == "__main__":
    sys.exit(main())
