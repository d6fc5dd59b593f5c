"""The client that scripts written for LangSmith know, and ``evaluate()``: thin methods over the floors below.

What they do is done in ``experiments``, ``storage``, ``feedback``, ``datasets``, ``prompts`` and ``review``.
"""
