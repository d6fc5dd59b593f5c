"""What is known of a request that has no recording: the nearest one that has, and where the two differ.

How that is told, and which command mends it, is said in ``reports.pages.recordings.unrecorded``.
"""
