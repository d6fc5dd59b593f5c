"""What happened to a prompt from commit to commit: how two versions differ, and which commit a line came with.

Works on contents in memory; where commits lie and how they are read is the business of the room above.
"""
