"""The accepted code, today: a worktree of its commit, and a session whose imports come from there and nowhere else.

What such a session runs is the plan's (``plugin.confirming``), and what its answer means is the gate's.
"""
