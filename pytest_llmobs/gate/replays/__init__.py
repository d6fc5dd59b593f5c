"""Both sides on the same recordings: which trials pair with which passes of the baseline, and what that says for sure.

What the gate says of fresh trials lies in the rooms around.
"""
