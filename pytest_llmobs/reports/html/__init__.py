"""The report as a page for a browser: the data that it carries, how they are packed, and the viewer that shows them.

What is told is computed in ``reports.digest``, pictures in ``reports.plots``; nothing here makes HTML out of texts.
"""
