"""From the arguments of ``evaluate()`` to an evaluation that is ready to be carried out, and the results of a pair.

What carries it out is in ``experiments.evaluation``.
"""
