"""What pytest shows and counts of tests that failed: the detail of a comparison, no secrets, one cause told once.

What becomes of a trial is decided in ``outcome``; which verdicts fail tests is told by ``reporting``.
"""
