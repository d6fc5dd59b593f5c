"""Keys: for readers without a pointer, and for those in a hurry."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


def test_a_question_mark_shows_the_keys_and_escape_hides_them(open_red) -> None:
    page = open_red()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("filter the trials")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_question_mark_hides_the_keys_again(open_red) -> None:
    page = open_red()
    page.keyboard.press("?")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_button_shows_the_keys_and_gets_the_focus_back(open_red) -> None:
    page = open_red()
    button = page.get_by_role("button", name="Keys ?")
    button.click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(button).to_be_focused()


def test_the_keys_of_a_trial_are_listed(open_red) -> None:
    page = open_red("#/trial/0")
    page.keyboard.press("?")
    for key in ("j", "k", "[", "]", "d", "Escape", "?"):
        expect(page.get_by_role("dialog").locator("kbd").get_by_text(key, exact=True)).to_be_visible()


def test_a_slash_leads_to_the_filter(open_red) -> None:
    page = open_red()
    page.keyboard.press("/")
    field = page.locator("#filter")
    expect(field).to_be_focused()
    expect(field).to_have_value("")


def test_keys_are_letters_while_a_reader_types(open_red) -> None:
    page = open_red()
    page.keyboard.press("/")
    page.keyboard.type("?jk[]d/")
    expect(page.locator("#filter")).to_have_value("?jk[]d/")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_escape_leaves_the_filter(open_red) -> None:
    page = open_red()
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    expect(page.locator("#filter")).not_to_be_focused()


@pytest.mark.parametrize("modifier", ["Control", "Alt", "Meta"])
def test_the_browsers_own_keys_are_left_alone(open_red, modifier) -> None:
    page = open_red("#/trial/0")
    before = page.url
    page.keyboard.press(f"{modifier}+j")
    page.keyboard.press("?")  # comes after it, so that what the first had done would be there
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.url == before


def test_keys_behind_the_dialog_do_nothing(open_red) -> None:
    page = open_red("#/trial/0")
    before = page.url
    page.keyboard.press("?")
    page.keyboard.press("j")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.url == before


def test_a_trials_keys_lead_through_trials_and_back(open_red) -> None:
    page = open_red("#/trial/0")
    place = page.get_by_role("navigation", name="Trials")
    page.keyboard.press("j")
    # the address alone is there before the view, whose keys these are
    expect(place).to_contain_text("2 of 129")
    assert page.url.endswith("#/trial/1")
    page.keyboard.press("k")
    expect(place).to_contain_text("1 of 129")
    assert page.url.endswith("#/trial/0")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Which examples")).to_be_visible()


def test_keys_of_a_view_go_with_it(open_red) -> None:
    page = open_red("#/trial/0")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Which examples")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("dialog").locator("kbd").get_by_text("]", exact=True)).to_have_count(0)


def test_on_the_first_page_keys_lead_through_the_table(open_red) -> None:
    page = open_red()
    links = page.locator(".trials [data-row]")
    page.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    expect(links.nth(1)).to_be_in_viewport()
    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("double-charge")


def test_from_trial_to_trial_a_screen_reader_begins_at_the_title(open_red) -> None:
    page = open_red("#/trial/0")
    page.keyboard.press("j")
    page.wait_for_url("**#/trial/1")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
