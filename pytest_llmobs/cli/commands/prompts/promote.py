"""``llmobs prompts promote``: a tag stands for a commit that a green experiment used."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.prompts.tag import was
from pytest_llmobs.cli.commands.prompts.versions import (
    Verdicts,
    Versions,
    line_as_json,
    open_prompt,
    verdicts_of,
)
from pytest_llmobs.committed import check_tag
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS
from pytest_llmobs.reports.pages.prompts.versions import minute
from pytest_llmobs.wording import listed, shell_line

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.experiments.prompt_verdicts import PromptVerdict

_NAMED = 5
"""Experiments that a refusal names."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("name", metavar="NAME:VERSION", help="the prompt and the commit, or a tag of it")
    parser.add_argument("tag", metavar="TAG", help="what is to stand for it, such as production")
    parser.add_argument(
        "--force", action="store_true", help="also where no green experiment used it; needs --reason"
    )
    parser.add_argument("--reason", metavar="TEXT", help="why; it is kept in the tag's file")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Set the tag, or refuse to.

    Returns 1 where no green experiment used the commit.

    Raises:
        NotFoundError: There is no such prompt or commit.
        ArgumentError: No commit is named, or ``--force`` has no reason.
        StoreError: The commit is damaged, the disk refuses, or a store was named that isn't there.
    """
    tag = check_tag(arguments.tag)
    versions, version = open_prompt(arguments, arguments.name)
    if version is None:
        raise ArgumentError(_which(versions, tag))
    if arguments.force and not (arguments.reason or "").strip():
        raise ArgumentError("--force needs --reason TEXT: whoever reads the tag's file should know why.")
    hash = versions.find(version)
    versions.check_served(hash)
    verdicts = verdicts_of(arguments, versions.name, console)
    of_commit = verdicts.get(hash, ())
    green = [verdict for verdict in of_commit if verdict.is_green]
    if green or arguments.force:
        status = _promote(versions, hash, green, arguments, console)
        if green and not of_commit[0].is_green:
            newest = of_commit[0]
            console.note(
                f"The newest experiment that used it isn't green: {newest.verdict} in {newest.experiment}."
            )
        return status
    if arguments.json:
        console.json({**_as_json(versions, hash, tag, of_commit), "is_promoted": False})
    else:
        console.note("\n".join(_refusal(versions, hash, tag, verdicts)))
    return 1


def _which(versions: Versions, tag: str) -> str:
    example = (versions.newest or "HASH")[:SHOWN_DIGITS]
    return (
        f"Name the commit that {tag!r} is to stand for: `llmobs prompts promote {versions.name}:{example} {tag}`. "
        f"`llmobs prompts log {versions.name}` lists them."
    )


def _promote(
    versions: Versions,
    hash: str,
    green: Sequence[PromptVerdict],
    arguments: argparse.Namespace,
    console: Console,
) -> int:
    tag = arguments.tag
    before = versions.set_tag(tag, hash, _note(versions, green, arguments.reason))
    if arguments.json:
        console.json({**_as_json(versions, hash, tag, green), "before": before, "is_promoted": True})
        return 0
    console.say(f"{versions.name}:{tag} is {hash[:SHOWN_DIGITS]}{was(before, hash)}")
    if green:
        console.say("\n".join(console.page.wrapped(f"green in {_experiments(green)}")))
    else:
        console.note(
            f"No green experiment used it. The tag's file says so, with the reason: {arguments.reason}"
        )
    return 0


def _note(versions: Versions, green: Sequence[PromptVerdict], reason: str | None) -> Iterator[str]:
    """Yield the lines of the tag's file that say who promoted it, when and why."""
    from pytest_llmobs.prompts.authors import author_of

    author = author_of(versions.folder.folder)
    evidence = f"green in {_experiments(green)}" if green else "forced: no green experiment used it"
    yield _one_line(f"# {minute(versions.folder.now())} UTC, {author}: {evidence}")
    if reason:
        yield _one_line(f"# {reason}")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _experiments(verdicts: Iterable[PromptVerdict]) -> str:
    names = dict.fromkeys(verdict.experiment for verdict in verdicts)
    return listed(list(names), _NAMED)


def _refusal(versions: Versions, hash: str, tag: str, verdicts: Verdicts) -> Iterator[str]:
    name, short = versions.name, hash[:SHOWN_DIGITS]
    of_commit = verdicts.get(hash, ())
    yield f"No green experiment used {name}:{short}, so {tag!r} {_now(versions, tag)}."
    for verdict in of_commit[:_NAMED]:
        yield f"  {verdict.verdict}: {verdict.experiment}, {verdict.suite}"
    if not of_commit:
        yield "  No experiment of this store used it at all."
    yield f"This gives it a verdict: {shell_line(['pytest', *_suites(verdicts), '--llm-experiment'])}"
    if versions.current != hash:
        yield f"  where the test pulls it: pull_prompt({f'{name}:{short}'!r})"
    yield f"This sets the tag without: {_forced(name, short, tag)}"


def _now(versions: Versions, tag: str) -> str:
    hash = versions.tags.get(tag)
    return "is not set" if hash is None else f"stays {hash[:SHOWN_DIGITS]}"


def _forced(name: str, short: str, tag: str) -> str:
    words = ["llmobs", "prompts", "promote", f"{name}:{short}", tag, "--force", "--reason"]
    return f"{shell_line(words)} TEXT"


def _suites(verdicts: Verdicts) -> list[str]:
    """Return the tests that used any commit of the prompt, as pytest takes them."""
    suites: dict[str, None] = {}
    for of_commit in verdicts.values():
        for verdict in of_commit:
            if ".py" in verdict.suite:  # an evaluation's suite is no test
                suites[verdict.suite.partition("[")[0]] = None
    return sorted(suites)


def _as_json(versions: Versions, hash: str, tag: str, verdicts: Sequence[PromptVerdict]) -> dict[str, object]:
    return {
        "name": versions.name,
        "tag": tag,
        "hash": hash,
        "before": versions.tags.get(tag),
        "verdicts": line_as_json(versions.line(hash, {hash: verdicts}))["verdicts"],
    }
