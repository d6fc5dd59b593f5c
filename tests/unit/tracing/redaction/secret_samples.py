"""Made-up secrets, one a row of the tables, and what may stand around them."""

from __future__ import annotations

import json
import random
import string
from base64 import b64encode

_DICE = random.Random(7)
_ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
BASE64 = _ALNUM + "+/"
_CAPITALS = string.ascii_uppercase + string.digits


def some(length: int, letters: str = _ALNUM) -> str:
    """Return random letters: some of each kind, as keys have them."""
    kinds = [
        kind
        for kind in (string.digits, string.ascii_lowercase, string.ascii_uppercase)
        if set(kind) & set(letters)
    ]
    while True:
        text = "".join(_DICE.choice(letters) for _ in range(length))
        if length < 8 or all(set(text) & set(kind) for kind in kinds):
            return text


def uuid() -> str:
    return "-".join(some(length, HEX) for length in (8, 4, 4, 4, 12))


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


_BODY = "\n".join(some(64, BASE64) for _ in range(4))


def pem(kind: str) -> str:
    return f"-----BEGIN {kind}-----\n{_BODY}\n-----END {kind}-----"


FORMS = {
    "anthropic": f"sk-ant-api03-{some(93)}",
    "openai": f"sk-{some(20)}T3BlbkFJ{some(20)}",
    "openai project": f"sk-proj-{some(40)}_{some(40)}",
    "openai service": f"sk-svcacct-{some(60)}",
    "openai admin": f"sk-admin-{some(60)}",
    "openai session": f"sess-{some(40)}",
    "groq": f"gsk_{some(52)}",
    "xai": f"xai-{some(80)}",
    "perplexity": f"pplx-{some(48)}",
    "fireworks": f"fw_{some(22)}",
    "together": f"tgp_v1_{some(43)}",
    "deepseek": f"sk-{some(32, HEX)}",
    "openrouter": f"sk-or-v1-{some(64, HEX)}",
    "replicate": f"r8_{some(37)}",
    "hugging face": f"hf_{some(34)}",
    "cerebras": f"csk-{some(48, string.ascii_lowercase + string.digits)}",
    "nvidia": f"nvapi-{some(64)}",
    "voyage": f"pa-{some(43)}",
    "jina": f"jina_{some(60)}",
    "elevenlabs": f"sk_{some(48, HEX)}",
    "tavily": f"tvly-{some(32)}",
    "firecrawl": f"fc-{some(32, HEX)}",
    "anyscale": f"esecret_{some(28)}",
    "modal": f"ak-{some(22)}",
    "google": f"AIza{some(35)}",
    "google oauth": f"ya29.{some(60)}",
    "google secret": f"GOCSPX-{some(28)}",
    "google refresh": f"1//0{some(60)}",
    "google code": f"4/0A{some(60)}",
    "aws": f"AKIA{some(16, _CAPITALS)}",
    "aws temporary": f"ASIA{some(16, _CAPITALS)}",
    "aws session": f"IQoJb3JpZ2luX2Vj{some(300, BASE64)}",
    "bedrock": f"ABSKQmVkcm9ja0FQSUtleS{some(100, BASE64)}=",
    "azure": f"{some(52)}JQQJ99{some(26)}",
    "azure client": f"{some(3)}8Q~{some(34)}",
    "azure storage": f"{some(76, BASE64)}+ASt{some(6)}==",
    "digitalocean": f"dop_v1_{some(64, HEX)}",
    "alibaba": f"LTAI{some(20)}",
    "supabase": f"sbp_{some(40, HEX)}",
    "planetscale": f"pscale_tkn_{some(43)}",
    "pinecone": f"pcsk_{some(6)}_{some(63)}",
    "chroma": f"ck-{some(43)}",
    "langsmith": f"lsv2_pt_{some(32, HEX)}_{some(10, HEX)}",
    "langfuse": f"sk-lf-{uuid()}",
    "wandb": f"wandb_v1_{some(77)}",
    "sentry": f"sntrys_{some(100)}",
    "new relic": f"NRAK-{some(27, _CAPITALS)}",
    "grafana": f"glsa_{some(32)}_{some(8, HEX)}",
    "slack bot": f"xoxb-{some(12, string.digits)}-{some(12, string.digits)}-{some(24)}",
    "slack app": f"xapp-1-A{some(10, _CAPITALS)}-{some(13, string.digits)}-{some(64, HEX)}",
    "slack webhook": f"https://hooks.slack.com/services/T{some(8)}/B{some(8)}/{some(24)}",
    "discord": f"MTA{some(21)}.{some(6)}.{some(38)}",
    "discord webhook": f"https://discord.com/api/webhooks/{some(18, string.digits)}/{some(68)}",
    "telegram": f"{some(10, string.digits)}:AA{some(33)}",
    "teams webhook": f"https://x.webhook.office.com/webhookb2/{uuid()}@{uuid()}/IncomingWebhook/{some(32, HEX)}",
    "github": f"ghp_{some(36)}",
    "github oauth": f"gho_{some(36)}",
    "github fine": f"github_pat_{some(22)}_{some(59)}",
    "gitlab": f"glpat-{some(20)}",
    "bitbucket": f"ATBB{some(32)}",
    "atlassian": f"ATATT3xFfGF0{some(160)}",
    "npm": f"npm_{some(36)}",
    "pypi": f"pypi-AgEIcHlwaS5vcmc{some(100)}",
    "docker": f"dckr_pat_{some(27)}",
    "terraform": f"{some(14)}.atlasv1.{some(67)}",
    "circleci": f"CCIPAT_{some(22)}_{some(40, HEX)}",
    "vault": f"hvs.{some(90)}",
    "vault batch": f"hvb.{some(130)}",
    "1password": f"ops_eyJ{some(200)}",
    "doppler": f"dp.st.prd.{some(40)}",
    "databricks": f"dapi{some(32, HEX)}",
    "stripe": f"sk_live_{some(24)}",
    "stripe restricted": f"rk_live_{some(24)}",
    "stripe webhook": f"whsec_{some(32)}",
    "twilio": f"SK{some(32, HEX)}",
    "sendgrid": f"SG.{some(22)}.{some(43)}",
    "mailgun": f"key-{some(32, HEX)}",
    "mailchimp": f"{some(32, HEX)}-us12",
    "shopify": f"shpat_{some(32, HEX)}",
    "square": f"sq0atp-{some(22)}",
    "airtable": f"pat{some(14)}.{some(64, HEX)}",
    "notion": f"ntn_{some(46)}",
    "linear": f"lin_api_{some(40)}",
    "postman": f"PMAK-{some(24, HEX)}-{some(34, HEX)}",
    "figma": f"figd_{some(40)}",
    "brevo": f"xkeysib-{some(64, HEX)}-{some(16)}",
    "resend": f"re_{some(8)}_{some(24)}",
    "hubspot": f"pat-na1-{uuid()}",
    "e2b": f"e2b_{some(40, HEX)}",
    "fly": f"fm2_{some(100)}",
    "okta": f"SSWS 00{some(40)}",
    "contentful": f"CFPAT-{some(43)}",
    "pulumi": f"pul-{some(40, HEX)}",
    "rubygems": f"rubygems_{some(48, HEX)}",
    "age": f"AGE-SECRET-KEY-1{some(58, _CAPITALS)}",
    "jwt": f"eyJhbGciOiJIUzI1NiJ9.eyJ{some(30)}.{some(43)}",
    "pem rsa": pem("RSA PRIVATE KEY"),
    "pem ec": pem("EC PRIVATE KEY"),
    "pem openssh": pem("OPENSSH PRIVATE KEY"),
    "pem encrypted": pem("ENCRYPTED PRIVATE KEY"),
    "pem pgp": pem("PGP PRIVATE KEY BLOCK"),
}
"""What its issuer calls it -> one of it."""


def part(secret: str) -> str:
    """Return a part of a secret that must not be left of it: of a PEM block it is the end of its last line."""
    return secret.split("\n-----END", maxsplit=1)[0].rstrip("=")[-12:]


def around(secret: str) -> dict[str, str]:
    """Return texts in which a secret stands behind what is hard to see through."""
    in_json = json.dumps({"file": f"keys:\n{secret}"})
    return {
        "alone": secret,
        "JSON": in_json,
        "JSON in JSON": json.dumps(in_json),
        "JSON in JSON in JSON": json.dumps(json.dumps({"a": in_json})),
        "tab in JSON": json.dumps({"file": f"\t{secret}"}),
        "quote in JSON": json.dumps({"file": f'"{secret}'}),
        "letter in JSON": '{"a": "\\u0041' + json.dumps(secret)[1:] + "}",
        "repr": repr(f"keys:\n{secret}"),
        "repr of bytes": repr(f"keys:\n{secret}".encode()),
        "hex escape": "b'\\x0a" + repr(secret)[1:],
        "colour": f"\x1b[31m{secret}\x1b[0m",
        "percent": f"https://h.example/?q%3D{secret}%26b",
        "line feed in percent": f"a%0A{secret}",
        "entity": f"a&amp;{secret}",
        "underscore": f"a_{secret}",
        "digit": f"7{secret}",
        "letter": f"x{secret}",
        "capital": f"Z{secret}",
        "link": f"[here](https://h.example/{secret})",
        "code": f"`{secret}`",
        "accent": f"é{secret}",
    }
