"""What an evaluation came to, as it is handed out: rows, a data frame, summaries, a notebook's table, the gate; and a pair's.

How it is started is told in the room beside it, and what carries it out is in ``experiments.evaluation``.
"""
