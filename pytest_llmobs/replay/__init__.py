"""Cassettes: model replies that are recorded once, one small file a call, and replayed for nothing.

What is asked for and handed out are plain requests and replies (``records.http_calls``): no SDK is known here, no
tracer but what the seam ``tracing.model_calls.recordings`` says, and no socket.
"""
