"""What an evaluation came to: rows, a data frame, summaries, a notebook's table, the gate; and what a pair came to.

How it is started is told in the room beside it, and what carries it out is in ``experiments.evaluation``.
"""
