"""From the arguments of ``evaluate()`` to an evaluation that is ready to be carried out, with its progress bar.

What carries it out is in ``experiments.evaluation``.
"""
