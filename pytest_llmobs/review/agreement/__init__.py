"""How far the reviewers of a queue agree, and whether that is enough to train on what they said.

The formulas are in ``measures.agreement``; here decisions become its ``tables``, ``measuring`` fills them in, ``gate``
says whether it is enough.
"""
