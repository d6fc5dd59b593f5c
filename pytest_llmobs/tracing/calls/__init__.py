"""What ``@traceable`` does at each call: start a run, follow what is yielded, end it.

The decorator itself is in ``traceable``.
"""
