"""Markdown as the two services show it: CommonMark with tables and HTML, then a look at texts for references."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it import MarkdownIt

OURS = {"code", "details", "summary"}
"""HTML that the report writes itself."""
_PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_LAYOUT = {"table", "thead", "tbody", "tr", "th", "td", "h3", "p", "ul", "li", "strong", "pre", "br"}
_LIVE = re.compile(
    r"(?<![\w`])@\w|(?<!\w)[#!~%&$]\d|(?<!\w)[#~%&]\w|://|\bwww\.|mailto:|\bGH-\d|:\w+:|\w@\w+\.\w|\{\+|\[-",
    re.IGNORECASE,
)
"""What GitHub or GitLab make something of in a text that isn't code."""
_ADDRESS = re.compile(r"@\w|://|\bwww\.", re.IGNORECASE)


@dataclass
class Rendered(HTMLParser):
    """A rendered report."""

    markdown: str
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str | None]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    """Those that aren't code."""
    codes: list[str] = field(default_factory=list)

    names: list[str] = field(default_factory=list)
    """Code within lines."""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self.feed(_PARSER.render(self.markdown))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        if "code" not in self._open:
            self.texts.append(data)
            return
        self.codes.append(data)
        if "pre" not in self._open:
            self.names.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data!r}")

    def handle_decl(self, decl):
        raise AssertionError(f"a declaration: {decl!r}")

    @property
    def text(self) -> str:
        """Everything that is read, without what keeps references from being some."""
        return " ".join([*self.texts, *self.codes]).replace("\u200b", "")

    @property
    def rows(self) -> list[int]:
        """The number of cells of each row of the table."""
        numbers: list[int] = []
        for tag in self.tags:
            if tag == "tr":
                numbers.append(0)
            elif tag in ("td", "th"):
                numbers[-1] += 1
        return numbers

    def assert_inert(self) -> None:
        """Check that there is no image, link, reference, nor HTML but ours, and one table at most."""
        assert set(self.tags) <= OURS | _LAYOUT, sorted(set(self.tags) - OURS - _LAYOUT)
        assert {name for name, _ in self.attributes} <= {"style", "class"}
        assert self.tags.count("table") <= 1
        assert len(set(self.rows)) <= 1, "a torn table"
        assert self._open == []
        assert [text for text in self.texts if _LIVE.search(text)] == []
        # GitHub's parser links addresses before it knows that <code> is code; in a fence it doesn't
        assert [name for name in self.names if _ADDRESS.search(name)] == []
