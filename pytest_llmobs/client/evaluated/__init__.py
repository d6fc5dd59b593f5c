"""What an evaluation came to, as its results hand it out: a data frame, summaries, a notebook's table, the gate.

How it is run is told in the room beside it.
"""
