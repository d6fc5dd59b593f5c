"""Runs as OpenTelemetry spans, and spans as runs. OpenTelemetry is imported when there is something to do."""

INSTALL = "Install it: pip install 'pytest-llmobs[otel]'"
"""What to do where OpenTelemetry is missing."""
