"""What happens to a whole experiment: its one ending, its document, shards, history, comparison, references.

The verdict itself is made in ``gate``; what is printed of it in ``reports``.
"""
