"""A/B tests of prompts, read from the store: who was given which arm, and how the arms compare.

``assignments`` finds the runs, ``users`` whom they served, ``values`` what they came to; ``metrics`` and ``comparison``
lay the arms side by side. Who gets which arm is decided in ``prompts.splitting``; the statistics are in ``measures``.
"""
