"""The bodies of replies as cassettes hold them: JSON as values, text as text, streams as their events.

What came is replayed: what JSON can't hold exactly stays text or base64. Nothing here knows what is sensitive.
"""
