"""Recorded replies below an SDK's retries and above the socket: its HTTP client's ``send`` is where both meet.

Above it the SDK does what it always does: it builds the request, reads the response, streams it. Imported with the
first call while recordings are in use. What is recorded, and where, is the business of ``replay``.
"""
