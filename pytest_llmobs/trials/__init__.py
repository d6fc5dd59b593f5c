"""Running a trial: its target ahead of the test, its evaluators after it, within budget, rate and time limit.

No pytest here: ``plugin`` says which trials there are. What a trial scored is judged in ``gate``.
"""
