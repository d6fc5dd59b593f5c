"""A scripted stand-in for the model: it answers the anthropic SDK from a file, and no model is behind it.

It lets the example run without a key and gives the same answers each time. Two kinds of requests are understood:

- A customer's message is looked up in ``replies.jsonl``, which holds two replies to each: that of an agent who knows
  Tidemark, and an evasive one, given where the system prompt names another company. Company and customer are called
  in a reply what the prompt calls them.
- A judge's request (it forces a tool) gets a score by three simple rules: 0.4 for a word of the expected tone, 0.4
  times the share of the required keywords, 0.2 for the customer's name.
"""

import hashlib
import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAUSE = 0.05
"""Seconds before an answer: enough that latencies say more about the stand-in than about the machine."""
REPLIES = Path(__file__).parent / "replies.jsonl"
UNKNOWN = (
    "The scripted stand-in knows no reply to this message. Add one to replies.jsonl, or run with --live."
)
TONES = {
    "apologetic": ("sorry", "apologise"),
    "friendly": ("happy", "glad", "great", "thanks", "welcome", "congratulations"),
    "professional": ("thank you",),
    "reassuring": ("don't worry", "rest assured"),
}
COMPANY = re.compile(r"You are the support agent of (\w+)")
ADDRESSEE = re.compile(r"You are writing to ([^.\n]*)\.")
MATERIAL = re.compile(r"<(input|output|reference)-(\w+)>\n(.*?)\n</\1-\2>", re.DOTALL)


class StandIn:
    """The server, on a free port of the loopback interface, in threads of this process."""

    def __init__(self):
        rows = map(json.loads, REPLIES.read_text(encoding="utf-8").splitlines())
        handler = type("Handler", (_Handler,), {"replies": {row["query"]: row for row in rows}})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self):
        """Serve until ``stop``."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def do_POST(self):
        sent = self.rfile.read(int(self.headers["content-length"]))
        request = json.loads(sent)
        # the same request has the same id, whenever it comes: recorded anew, a reply is the same file
        number = hashlib.sha256(sent).hexdigest()[:12]
        time.sleep(PAUSE)
        content = verdict(request) if request.get("tool_choice") else reply(request, self.replies)
        used = {
            "input_tokens": tokens(request.get("system", ""), request["messages"]),
            "output_tokens": tokens(content),
        }
        message = {
            "id": f"msg_stand_in_{number}",
            "type": "message",
            "role": "assistant",
            "model": request["model"],
            "content": [content],
            "stop_reason": "tool_use" if content["type"] == "tool_use" else "end_turn",
            "stop_sequence": None,
            "usage": used,
        }
        body = json.dumps(message).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("request-id", f"req_stand_in_{number}")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Stay silent: pytest's output is the user's."""


def reply(request, replies):
    """Return what the file holds for the customer's message, by what the system prompt really said."""
    system = request.get("system", "")
    row = replies.get(request["messages"][-1]["content"])
    if row is None:
        return {"type": "text", "text": UNKNOWN}
    company, name = first(COMPANY, system), first(ADDRESSEE, system)
    text = row["reply" if company == "Tidemark" else "evasive"].replace("{name}", name)
    return {"type": "text", "text": f"{text} Your {company} support"}


def first(pattern, text):
    """Return what a pattern finds first in a text, or an empty text."""
    found = pattern.search(text)
    return found[1] if found else ""


def verdict(request):
    """Return the judge's forced tool call, scored by the rules above."""
    material = {name: text for name, _, text in MATERIAL.findall(request["messages"][-1]["content"])}
    customer, wanted = json.loads(material["input"]), json.loads(material["reference"])
    text = material["output"].lower()
    keywords = wanted.get("required_keywords", [])
    found = [word for word in keywords if word.lower() in text]
    in_tone = any(word in text for word in TONES[wanted["tone"]])
    named = customer["customer_name"].lower() in text
    score = 0.4 * in_tone + 0.4 * len(found) / max(1, len(keywords)) + 0.2 * named
    reason = (
        f"The tone is {'' if in_tone else 'not '}{wanted['tone']}, {len(found)} of {len(keywords)} expected points "
        f"are covered, and the customer's name is {'used' if named else 'missing'}."
    )
    answer = {"reason": reason, "score": round(score, 2)}
    return {
        "type": "tool_use",
        "id": "toolu_stand_in",
        "name": request["tool_choice"]["name"],
        "input": answer,
    }


def tokens(*texts):
    """Return a plausible number of tokens: one for four characters."""
    return sum(len(text if isinstance(text, str) else json.dumps(text)) for text in texts) // 4


if __name__ == "__main__":
    server = StandIn().start()
    print(f"A scripted stand-in, no model, at {server.url}. Ctrl-C ends it.", file=sys.stderr)
    threading.Event().wait()
