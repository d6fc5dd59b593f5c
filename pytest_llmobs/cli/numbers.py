"""Whole numbers among a command's options; what is none is a mistake in the command."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """Return a number from 1 on.

    Raises:
        argparse.ArgumentTypeError: It is less.
        ValueError: It is none.
    """
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not above 0")
    return number


def limit(text: str) -> int:
    """Return how many are shown; 0 for all.

    Raises:
        argparse.ArgumentTypeError: It is less.
        ValueError: It is none.
    """
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is below 0; 0 shows all")
    return number


positive.__name__ = limit.__name__ = "whole number"  # what argparse calls the type in its own messages
