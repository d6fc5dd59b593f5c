"""Further sessions: the same pytest command again, as a subprocess, over just what the gate asks for.

``further_sessions`` runs them, ``plan`` is what the two tell each other, and ``answers`` what came of it;
``written_files`` and ``child`` keep them away from what the user's session writes. What is in doubt, and what an answer
means, is the gate's.
"""
