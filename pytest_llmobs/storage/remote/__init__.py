"""Stores beyond this machine: an object store or a mounted folder, uploading to it, reading from it."""
