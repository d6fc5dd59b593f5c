"""What else is to be read: notes, what further looks said, remarks. Errors are among the reasons of the verdict."""

from __future__ import annotations

from pytest_llmobs.reports.digest.experiment import Digest


def messages(digest: Digest) -> list[list[str]]:
    """Return each message with its standing in front, the gravest first."""
    told = [["warning", note] for note in digest.notes]
    for look in digest.experiment.looks:
        if look.error:
            told.append(["warning", f"{look.purpose}: {look.error}"])
        told += [["", note] for note in look.notes]
    told += [["", remark] for remark in digest.remarks]
    return told
