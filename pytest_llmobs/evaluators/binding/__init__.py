"""How an evaluator is declared, named, versioned and called, whatever it computes.

What it computes is in ``rules`` and ``judging``.
"""
