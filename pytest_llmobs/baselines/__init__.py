"""The accepted scores of a suite: their records, their committed files, and how fresh trials renew them.

Comparing with them is the work of ``gate``; finding which baseline a session uses is that of ``experiments``.
"""
