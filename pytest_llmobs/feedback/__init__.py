"""Feedback on runs: what is written is checked here, and what is read is summed and sorted here.

Its files are the store's: see ``storage/feedback``.
"""
