"""One browser for all tests of this folder that a worker runs one after another, and pages that they take in turns.

A page costs a process of the browser's own, which is most of what a short test would cost.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

DESKTOP = {"width": 1280, "height": 800}
EMPTY = "about:blank"


class Chromium:
    """Debian's chromium, without a network, from the first test that asks for it until it is closed."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._pages: dict[str, Page] = {}

    def started(self) -> Browser:
        """Return the browser.

        ``LLMOBS_EXPECT_BROWSER`` makes a missing one a failure.
        """
        if self._browser is None:
            program = shutil.which("chromium")
            if program is None:
                if os.environ.get("LLMOBS_EXPECT_BROWSER"):
                    pytest.fail("there is no chromium")
                pytest.skip("needs chromium, `apt-get install chromium`")
            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        return self._browser

    def close(self) -> None:
        """End the browser, if one runs; whoever asks later gets another."""
        browser, playwright = self._browser, self._playwright
        self._browser = self._playwright = None
        self._pages.clear()
        if browser is not None:
            browser.close()
        if playwright is not None:
            playwright.stop()

    def page(
        self, viewport: dict[str, int] | None = None, color_scheme: str = "light", **options: object
    ) -> Page:
        """Return an empty page as a new one would be; the same options give the same page again.

        Args:
            viewport: Its size.
            color_scheme: ``light`` or ``dark``.
            options: Others of ``Browser.new_context``.
        """
        key = repr(sorted(options.items()))
        if key not in self._pages:
            self._pages[key] = self._new_page(**options)
        page = self._pages[key]
        page.goto(EMPTY)
        page.set_viewport_size(viewport or DESKTOP)
        page.emulate_media(media="null", color_scheme=color_scheme)
        page.mouse.move(0, 0)
        return page

    def _new_page(self, **options: object) -> Page:
        page = self.started().new_context(**{"offline": True, **options}).new_page()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def leave(self) -> None:
        """Leave what the pages show, after which they tell nothing more, and close all other pages."""
        for page in self._pages.values():
            if page.url != EMPTY:
                page.goto(EMPTY)
        kept = [page.context for page in self._pages.values()]
        for context in self.started().contexts:
            if context not in kept:
                context.close()

    def keep_screenshots(self, folder: Path, name: str) -> None:
        """Show what is open, to whoever looks at the build."""
        folder.mkdir(parents=True, exist_ok=True)
        for number, context in enumerate(self.started().contexts):
            for page in context.pages:
                if page.url != EMPTY:
                    page.screenshot(path=folder / f"{name[:150]}-{number}.png")
