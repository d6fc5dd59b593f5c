"""The section at the end of an experiment session, which ``llmobs show`` and ``llmobs merge`` print too.

What single commands print besides is in ``pages``.
"""
