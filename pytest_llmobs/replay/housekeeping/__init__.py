"""Keeping the folder of cassettes in order: what lies in it, what nobody uses any more, and what can't be relied on.

Nothing is deleted that wasn't listed first. When recordings are used and made is ``replay.recorder``'s.
"""
