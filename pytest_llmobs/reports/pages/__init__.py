"""What single commands print (``llmobs compare``, ``experiments``, ``judge``), and the detail of a failed assertion.

The section of an experiment is in ``terminal``.
"""
