"""The digest: everything a report tells of a finished experiment, computed once, without page and colour.

What depends on a page (which lines are cut, how wide a table is) lives with the format that draws it.
"""
