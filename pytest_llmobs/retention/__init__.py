"""What is to be forgotten: everything about a person, or what is older than it may be, wherever it lies.

How rows are taken out of the store's files is ``storage.erasure``'s; here is decided what goes, and shown that it went.
"""
