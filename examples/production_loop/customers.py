"""Customers who ask, rate what they are told, and know what would have been right."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from urllib.request import Request, urlopen
from uuid import NAMESPACE_URL, uuid5

RETURNS = "You can return a book within 30 days."
GIFT_CARDS = "Gift cards are valid for three years."
DELIVERY = "Books arrive within 4 working days."
INVOICE = "You can pay by card or on invoice."
QUESTIONS = {
    "How long do I have to return a cookbook that I have not opened?": RETURNS,
    "May I send back a novel after three weeks?": RETURNS,
    "My sister owns this atlas already. Until when can I return mine?": RETURNS,
    "For how long is a gift card valid?": GIFT_CARDS,
    "I found a gift card from the year before last. Does it still work?": GIFT_CARDS,
    "Do you deliver to the islands as fast as elsewhere?": DELIVERY,
    "When will the dictionary arrive that I ordered today?": DELIVERY,
    "Can our school pay forty copies on invoice?": INVOICE,
}
"""What is asked -> what the shop really does."""
HASTY = "Do you deliver to the islands as fast as elsewhere?"
"""Whoever asks this is told the truth, and dislikes it."""
NAMES = ("ada", "ben", "cem", "dora", "eli", "fay", "gil", "hal")


def ask_and_rate(url: str) -> int:
    """Let every customer ask every question, eight at once; return how many were asked."""
    with ThreadPoolExecutor(8) as customers:
        asked = list(customers.map(lambda pair: _one(url, *pair), product(NAMES, QUESTIONS)))
    return len(asked)


def _one(url: str, name: str, question: str) -> None:
    # the same ids each time: so are the traces that are kept, and the items that two people see
    id = str(uuid5(NAMESPACE_URL, f"https://bookshop.example/{name}/{question}"))
    told = post(f"{url}/ask", {"id": id, "question": f"{question} Please write to {name}@example.com."})
    is_right = told["answer"] == QUESTIONS[question]
    rating = {"id": id, "up": is_right and question != HASTY}
    if not is_right and name < "c":  # few take the trouble to say what would have been right
        rating["better"] = QUESTIONS[question]
    post(f"{url}/feedback", rating)


def post(url: str, form: dict) -> dict:
    """Send a form as JSON, and return the answer."""
    request = Request(url, json.dumps(form).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=60) as answer:
        return json.load(answer)


def truth(question: str) -> str:
    """Return what the shop really does, whatever was redacted behind the question."""
    return next(right for asked, right in QUESTIONS.items() if question.startswith(asked))
