"""The commands of ``llmobs``: a module each, and beside it what only that one command needs.

What several commands share, such as finding the store, lives in ``cli``.
"""
