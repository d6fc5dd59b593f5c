"""The rule that turns plans, trials and baselines into a decision. No files, no clock, no chance.

Tests of significance are in ``measures``; what happens before and after a decision is in ``experiments.conclude``.
"""
