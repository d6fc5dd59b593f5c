"""What a page tells once is shown wherever it belongs: payloads of a trial and its root run, and its answer."""

from __future__ import annotations

from playwright.sync_api import expect


def test_the_root_run_has_the_trials_payloads(open_red) -> None:
    page = open_red("#/trial/0?run=0,1")
    root, call = page.locator(".run-details").all()
    expect(root).to_contain_text("About double-charge: I was charged twice, please help.")
    expect(root).to_contain_text("we will look into double-charge.")
    expect(call).to_contain_text("You are the support agent of Acme.")


def test_an_answer_that_is_the_only_output_is_the_answer(open_red) -> None:
    page = open_red("#/trial/0?diff=off")
    expect(page.locator("main")).to_contain_text("Hello {customer_name}, we will look into double-charge.")
