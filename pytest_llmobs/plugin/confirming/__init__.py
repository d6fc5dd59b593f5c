"""The confirming session: the same pytest command again, as a subprocess, over just what is in doubt.

``second_session`` runs it and ``plan`` is what the two tell each other; ``written_files`` and ``child`` keep it away
from what the user's session writes. What is in doubt, and what the answer means, is the gate's.
"""
