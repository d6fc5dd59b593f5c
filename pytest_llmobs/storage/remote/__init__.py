"""Stores beyond this machine: an object store or a mounted folder, uploading to it, reading from it.

Nothing is traced into one: a session writes to a local store, and what was sealed there is uploaded.

::

    filesystem  the files below one URI      uploads  each sealed file once
    store       reading it where it lies
"""
