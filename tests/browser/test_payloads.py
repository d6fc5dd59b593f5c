"""Whatever a model, a dataset or a judge says stays text: in ids, payloads, reasons, metadata, tags and names."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hostile import NAME, PAYLOADS, UNSEEN, hostile

STRANGERS = """() => {
  const tags = "script, img, iframe, object, embed, form, link, style, base, meta, video, audio, template";
  const found = [...document.querySelectorAll(`#page :is(${tags})`)].map((node) => node.outerHTML);
  for (const node of document.querySelectorAll("#page *")) {
    for (const { name, value } of node.attributes) {
      const leads = ["href", "src", "action", "xlink:href", "formaction"].includes(name) && !value.startsWith("#");
      if (leads || name.startsWith("on") || name === "srcdoc") {
        found.push(`${name}=${value}`);
      }
    }
  }
  return window.fired === undefined ? found : [...found, "fired"];
}"""


SECTIONS = """() => {
  const texts = {};
  for (const section of document.querySelectorAll("section")) {
    const title = section.querySelector("h2")?.textContent;
    texts[title] ??= section.textContent;
  }
  return texts;
}"""
"""The text of each section of a page, by its title."""
SHOWN = dict(UNSEEN)


def assert_inert(page: Page) -> None:
    """Assert that the page has nothing but its own elements, and that nothing acted."""
    assert page.evaluate(STRANGERS) == []


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The file of a report of all payloads."""
    return hostile((*PAYLOADS, *SHOWN))


def test_the_first_page_shows_payloads_as_text(open_report, report) -> None:
    experiment, evidence = report
    page = open_report(experiment, evidence=evidence)
    links = page.locator(".trials tbody a[data-row]")
    expect(links).to_have_count(len(PAYLOADS) + len(UNSEEN))
    assert set(links.all_text_contents()) == {*PAYLOADS, *SHOWN.values()}
    expect(page.get_by_role("heading", level=1)).to_contain_text(PAYLOADS[0])
    expect(page.locator("main")).to_contain_text(NAME)
    assert page.title().startswith(PAYLOADS[0])
    assert_inert(page)


def test_each_trial_shows_its_payload_as_text(open_report, report) -> None:
    experiment, evidence = report
    page = open_report(experiment, "#/trial/0", evidence=evidence)
    rows = page.evaluate("document.querySelector('nav[aria-label=Trials]').textContent")
    assert f"of {len(PAYLOADS) + len(UNSEEN)}" in rows
    seen = set()
    for row in range(len(PAYLOADS) + len(UNSEEN)):
        page.goto(f"{page.url.partition('#')[0]}#/trial/{row}?run=0,1")
        page.wait_for_selector(f"text=/^{row + 1} of /")
        text = page.get_by_role("heading", level=1).text_content()
        seen.add(text)
        sections = page.evaluate(SECTIONS)
        for title in ("Answer", "Scores", "Inputs", "Reference", "Metadata", "What changed"):
            assert text in sections[title], (text, title)
        # in the head, the answer, the scores, inputs, reference, metadata, both runs
        assert page.locator("article.trial").text_content().count(text) > 20, text
        assert_inert(page)
    assert seen == {*PAYLOADS, *SHOWN.values()}


@pytest.mark.parametrize(
    "payload", ["<script>fired = 1</script>", "#/trial/0", "%", "%E0%A4", "../../x", "__proto__"]
)
def test_an_address_is_no_way_in(payload, open_report) -> None:
    experiment, evidence = hostile(PAYLOADS[:2])
    for fragment in (f"#/{payload}", f"#/trials?filter={payload}", f"#/trial/0?diff={payload}&run={payload}"):
        page = open_report(experiment, fragment, evidence=evidence)
        expect(page.get_by_role("heading", level=1)).to_contain_text("<script>")
        assert_inert(page)


def test_payloads_do_not_widen_a_phone(open_report, report) -> None:
    experiment, evidence = report
    page = open_report(experiment, evidence=evidence, viewport={"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for row in (0, 20, 40):
        page.goto(f"{page.url.partition('#')[0]}#/trial/{row}")
        page.wait_for_selector(f"text=/^{row + 1} of /")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, row
