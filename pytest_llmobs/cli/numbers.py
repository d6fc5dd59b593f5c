"""Numbers among a command's options; what is none is a mistake in the command."""

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


def coefficient(text: str) -> float:
    """Return a bar for kappa or alpha.

    Raises:
        argparse.ArgumentTypeError: It isn't between -1 and 1.
        ValueError: It is no number.
    """
    number = float(text)
    # put so that NaN is refused as well
    if not -1 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} isn't between -1 and 1")
    return number


# what argparse calls the types in its own messages
positive.__name__ = limit.__name__ = "whole number"
coefficient.__name__ = "number"
