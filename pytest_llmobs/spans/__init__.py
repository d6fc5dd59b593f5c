"""Runs as OpenTelemetry spans, and spans as runs. OpenTelemetry is imported when there is something to do.

What users import of it is in ``pytest_llmobs.otel``; calls of SDKs that no other tool traces are in ``providers``.
"""

INSTALL = "Install it: pip install 'pytest-llmobs[otel]'"
"""What to do where OpenTelemetry is missing."""
