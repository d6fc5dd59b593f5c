"""The table of forms: what the keys, tokens and links of each issuer look like, a row each.

A text is searched for the literals that a form begins with; its pattern is tried only where one was found. No
form asks what stands before it: prefix and length are enough to know it by, and what stands before a key in a text
that is encoded, coloured or glued together says nothing.

Sources: the issuers' documented formats, and the rules of gitleaks and GitHub secret scanning for them; RFC 7519
(JWT), RFC 7468 (PEM), RFC 6750 (bearer), RFC 3986 (userinfo).
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import NamedTuple

SHORT = 4
"""Characters from which a marker is worth a search of its own: shorter ones are looked for with what follows them."""


class Form(NamedTuple):
    """What a kind of secret looks like."""

    kind: str
    markers: tuple[str, ...]
    """Literals of which one stands where ``source`` matches."""
    source: str
    """What stands from a marker on; its only group, or all of it, is the secret."""
    sieve: str
    """Finds every text that may hold it, in the syntax of Rust's ``regex``; empty where the markers are rare enough."""
    reach: int
    """How many letters and digits before the marker are part of it."""

    @property
    def pattern(self) -> re.Pattern[str]:
        """The source compiled, once it is needed: compiling all takes a tenth of a second."""
        return _compiled(self.source)


@cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source, re.DOTALL)


def form(kind: str, tail: str, *markers: str, sieve: str = "", reach: int = 0) -> Form:
    """Return a form: one of ``markers``, then ``tail``."""
    starts = "|".join(map(re.escape, markers))
    return Form(kind, markers, f"(?:{starts}){tail}", sieve, reach)


_ALNUM = "[A-Za-z0-9]"
_WORDS = "[A-Za-z0-9_-]"
_MIXED = r"(?=[A-Za-z]{0,80}\d)(?=[^A-Z]{0,80}[A-Z])"
"""A lookahead of short prefixes: digits and capitals, which identifiers rarely have both of."""
_DIGIT = r"(?=[A-Za-z_-]{0,80}\d)"
_DISCORD = tuple(map("".join, product("MNO", "DTjz")))
"""How the Base64 of a number begins, which is what the first part of a Discord token is."""

MODEL_KEYS = (
    # boundary or a digit: "task-ant-colony" is none
    form("anthropic key", rf"(?:(?<![A-Za-z0-9_]sk-ant-)|{_DIGIT}){_WORDS}{{8,}}", "sk-ant-"),
    form(
        "api key",
        rf"{_WORDS}{{17,}}",
        *(f"sk-{of}-" for of in ("proj", "svcacct", "admin", "or-v1", "lf")),
        sieve="sk-[A-Za-z0-9_-]{20}",
    ),
    form(
        "api key",
        # behind a vowel it may be the end of a word (task-…, disk-…): there it has to look more like a key
        r"(?!ant-)(?:(?<![A-Za-z0-9_]sk-)[A-Za-z0-9_-]{20,}"
        rf"|(?<![aeiou]sk-)(?:[a-z0-9]{{1,12}}-){{0,3}}{_DIGIT}[A-Za-z0-9]{{20,}}|{_MIXED}[A-Za-z0-9]{{32,}})",
        "sk-",
        sieve="sk-[A-Za-z0-9_-]{20}",
    ),
    form("openai session", rf"{_DIGIT}{_ALNUM}{{32,}}", "sess-"),
    form("groq key", rf"{_ALNUM}{{20,}}", "gsk_"),
    form("xai key", rf"{_ALNUM}{{20,}}", "xai-"),
    form("perplexity key", rf"{_ALNUM}{{20,}}", "pplx-"),
    form("fireworks key", rf"{_MIXED}{_ALNUM}{{16,}}", "fw_", sieve="fw_[A-Za-z0-9]{16}"),
    form("together key", rf"{_WORDS}{{20,}}", "tgp_v1_", sieve="_v1_"),
    form("replicate token", rf"{_ALNUM}{{30,}}", "r8_", sieve="r8_[A-Za-z0-9]{30}"),
    form("hugging face token", rf"{_ALNUM}{{30,}}", "hf_", sieve="hf_[A-Za-z0-9]{30}"),
    form("hugging face token", r"[A-Za-z]{30,}", "api_org_"),
    form("cerebras key", rf"{_ALNUM}{{30,}}", "csk-"),
    form("nvidia key", rf"{_WORDS}{{30,}}", "nvapi-"),
    form("voyage key", rf"{_MIXED}{_WORDS}{{40,}}", "pa-", sieve="pa-[A-Za-z0-9_-]{40}"),
    form("voyage key", rf"{_WORDS}{{30,}}", "al-pa-"),
    form("jina key", rf"{_WORDS}{{30,}}", "jina_"),
    form("elevenlabs key", r"[0-9a-f]{32,}", "sk_", sieve="sk_[0-9a-f]{32}"),
    form("tavily key", rf"(?:dev-|prod-)?{_DIGIT}{_WORDS}{{16,}}", "tvly-"),
    form("firecrawl key", r"[0-9a-f]{32}", "fc-", sieve="fc-[0-9a-f]{32}"),
    form("anyscale key", rf"{_ALNUM}{{16,}}", "esecret_"),
    form("e2b key", r"[0-9a-f]{40}", "e2b_", sieve="e2b_[0-9a-f]{40}"),
    form("runpod key", r"[A-Z0-9]{30,}", "rpa_"),
    form("cursor key", r"[0-9a-f]{48,}", "key_", sieve="key_[0-9a-f]{48}"),
    form(
        "modal token", rf"{_MIXED}{_ALNUM}{{20,24}}(?!{_WORDS})", "ak-", "as-", sieve="a[ks]-[A-Za-z0-9]{20}"
    ),
)
CLOUD_KEYS = (
    form(
        "aws key",
        r"[A-Z0-9]{16}(?![A-Za-z0-9])",
        *("AKIA", "ASIA", "ABIA", "ACCA"),
    ),
    form(  # as credentials are exported: the id, then the secret
        "aws secret",
        r"[A-Z0-9]{16}[^A-Za-z0-9/+][^\r\n]{0,30}?\s{0,20}(?<![A-Za-z0-9/+])"
        r"(?=[^\s\d]{0,39}\d)([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
        *("AKIA", "ASIA"),
    ),
    form("aws session token", r"[A-Za-z0-9/+]{60,}={0,2}", "IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz"),
    form("bedrock key", r"[A-Za-z0-9+/]{60,}={0,2}", "ABSKQmVkcm9ja0FQSUtleS"),
    form("bedrock key", r"[A-Za-z0-9+/=]{40,}", "bedrock-api-key-"),
    form("google key", rf"{_WORDS}{{35}}", "AIza"),
    form("google key", rf"{_WORDS}{{40,}}", "AQ.Ab"),
    form("google token", r"[A-Za-z0-9_.-]{20,}", "ya29."),
    form("google secret", rf"{_WORDS}{{24,}}", "GOCSPX-"),
    form("google code", rf"{_WORDS}{{30,}}", "4/0A"),
    form("google refresh token", rf"{_WORDS}{{40,}}", "1//0"),
    form("azure key", r"[A-Za-z0-9]{20,40}(?![A-Za-z0-9])", "JQQJ99", reach=60),
    form(
        "azure key",
        r"[A-Za-z0-9+/]{4,7}={1,2}",
        *("+ASt", "+ACDb", "+AIoT"),
        reach=90,
    ),
    form("azure client secret", r"[A-Za-z0-9_~.-]{31,36}", "7Q~", "8Q~", reach=3),
    form("digitalocean token", r"[a-f0-9]{40,}", "dop_v1_", "doo_v1_", "dor_v1_", sieve="_v1_"),
    form("alibaba key", r"(?=[A-Za-z]{0,24}\d)[A-Za-z0-9]{12,26}(?![A-Za-z0-9])", "LTAI"),
    form("cloudflare key", r"[0-9a-f]{24}-[0-9a-f]{100,}", "v1.0-"),
    form("heroku key", rf"{_WORDS}{{36,}}", "HRKU-"),
    form("vercel token", rf"{_ALNUM}{{20,}}", "vck_"),
    form("supabase key", rf"{_WORDS}{{20,}}", "sbp_", "sb_secret_"),
    form(
        "planetscale token",
        rf"{_WORDS}{{30,}}",
        "pscale_tkn_",
        "pscale_pw_",
        "pscale_oauth_",
        sieve="pscale_",
    ),
    form("neon password", rf"{_MIXED}{_ALNUM}{{12,}}", "npg_"),
    form("fly token", r"[A-Za-z0-9+/=_-]{40,}", "fm2_"),
)
SERVICE_KEYS = (
    form("pinecone key", rf"{_WORDS}{{30,}}", "pcsk_"),
    form("chroma key", rf"(?<![aeiou]ck-){_MIXED}{_ALNUM}{{32,}}", "ck-", sieve="ck-[A-Za-z0-9]{32}"),
    form("langsmith key", rf"(?:pt|sk)_{_WORDS}{{20,}}", "lsv2_"),
    form("langsmith key", r"[0-9a-f]{32}", "ls__", sieve="ls__[0-9a-f]{32}"),
    form("wandb key", rf"{_WORDS}{{40,}}", "wandb_v1_", sieve="_v1_"),
    form("sentry token", r"[A-Za-z0-9_+/=-]{32,}", "sntrys_", "sntryu_", "sntrya_", sieve="sntry"),
    form("new relic key", r"[A-Za-z0-9]{20,}", "NRAK-"),
    form("grafana token", rf"{_WORDS}{{28,}}", "glsa_", "glc_"),
    form("logfire token", r"[a-z]{2}_[A-Za-z0-9]{24,}", "pylf_v1_", sieve="_v1_"),
    form("dynatrace token", r"\.?[A-Z0-9]{24}\.[A-Z0-9]{40,}", "dt0c01", "dt0s01"),
    form("slack token", r"[a-z][.-][A-Za-z0-9.-]{10,}", "xox", sieve="xox[a-z][.-]"),
    form("slack token", r"\d-[A-Za-z0-9-]{16,}", "xapp-"),
    form("slack webhook", r"(?:services|workflows|triggers)/([A-Za-z0-9/]{20,})", "hooks.slack.com/"),
    form("discord webhook", r"(\d{10,24}/[\w-]{20,})", "/api/webhooks/"),
    form("teams webhook", r"([\w@/-]{20,})", "webhook.office.com/webhookb2/"),
    form("webhook", r"(?:catch/)?([\w/-]{12,})", "hooks.zapier.com/hooks/", "/open-apis/bot/v2/hook/"),
    form(
        "discord token",
        r"[AEIMQUYcgk][A-Za-z0-9_-]{20,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{25,}",
        *_DISCORD,
        sieve=r"[MNO][DTjz][AEIMQUYcgk][A-Za-z0-9_-]{20,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{25}",
    ),
    form("telegram token", r"(?<=\d{6}:AA)[A-Za-z0-9_-]{30,}", ":AA", reach=12),
    form(
        "stripe key",
        rf"{_ALNUM}{{16,}}",
        *map("_".join, product(("sk", "rk"), ("live_", "test_"))),
        sieve="k_live_|k_test_",
    ),
    form("stripe key", rf"(?:live_|test_)?{_ALNUM}{{16,}}", "sk_org_", sieve="sk_org_[A-Za-z0-9_.-]{8}"),
    form("webhook secret", r"[A-Za-z0-9+/=]{16,}", "whsec_"),
    form("twilio key", r"[0-9a-f]{32}(?![A-Za-z0-9])", "SK", sieve="SK[0-9a-f]{32}"),
    form(
        "sendgrid key",
        r"[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
        "SG.",
        # by its letters: Rust takes 7 ms to compile sixteen times all letters of Unicode
        sieve=r"SG\.[A-Za-z0-9_-]{16}",
    ),
    form("mailgun key", r"[0-9a-f]{32}", "key-", sieve="key-[0-9a-f]{32}"),
    form("mailgun key", r"[0-9a-f-]{32,}", "pubkey-"),
    form(
        "mailchimp key",
        r"(?<=[0-9a-f]{32}-us\d)\d?(?![A-Za-z0-9])",
        *(f"-us{n}" for n in range(1, 10)),
        sieve="-us[0-9a-z]",
        reach=32,
    ),
    form(
        "shopify token",
        r"[a-fA-F0-9]{32}",
        *(f"shp{kind}_" for kind in ("at", "ca", "pa", "ss")),
        sieve="shp[a-z]{2}_[a-fA-F0-9]",
    ),
    form("square token", rf"{_WORDS}{{22,}}", "sq0atp-", "sq0csp-", sieve="sq0[a-z]{2}p-"),
    form(  # at the beginning of a word alone: Base64 of zeros holds the same letters
        "square token",
        r"(?<![A-Za-z0-9+/]EAA[ABCG])(?=[A-Za-z_-]{0,56}\d)[A-Za-z0-9_-]{50,}(?![A-Za-z0-9+/])",
        *("EAAA", "EAAB", "EAAC", "EAAG"),
        sieve=r"EAA[ABCG][A-Za-z0-9_-]{50}",
    ),
    form("brevo key", r"[a-f0-9]{64}-[A-Za-z0-9]{16}", "xkeysib-", "xsmtpsib-", sieve="sib-[0-9a-f]{16}"),
    form("resend key", r"[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}", "re_", sieve="re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20}"),
    form("razorpay key", rf"{_ALNUM}{{14,}}", "rzp_live_", "rzp_test_", sieve="rzp_"),
    form("hubspot token", r"\d-[0-9a-f-]{36}", "pat-na", "pat-eu"),
    form(
        "airtable token", r"[A-Za-z0-9]{14}\.[a-f0-9]{64}", "pat", sieve=r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"
    ),
    form("notion token", rf"{_ALNUM}{{40,}}", "ntn_"),
    form("notion token", rf"{_ALNUM}{{40,}}", "secret_", sieve="secret_[A-Za-z0-9]{40}"),
    form("linear key", rf"{_ALNUM}{{32,}}", "lin_api_"),
    form("postman key", r"[a-f0-9]{24}-[a-f0-9]{34}", "PMAK-"),
    form("figma token", rf"{_WORDS}{{36,}}", "figd_"),
    form("dropbox token", rf"{_WORDS}{{60,}}", "sl.u.", "sl.B", sieve=r"sl\.[uB][A-Za-z0-9_.-]{40}"),
    form("okta token", rf"{_WORDS}{{30,}}", "SSWS 00"),
    form("contentful token", rf"{_WORDS}{{40,}}", "CFPAT-"),
    form("mapbox token", r"eyJ[A-Za-z0-9_-]{40,}\.[A-Za-z0-9_-]{20,}", "sk.", sieve=r"sk\.eyJ"),
)
CODE_KEYS = (
    form("github token", rf"{_ALNUM}{{30,}}", *(f"gh{kind}_" for kind in "pousr")),
    form("github token", r"[A-Za-z0-9_]{22,}", "github_pat_", sieve="_pat_"),
    form("gitlab token", r"[A-Za-z0-9_.-]{16,}", "glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glsoat-"),
    form("bitbucket token", rf"{_WORDS}{{24,}}", "ATBB"),
    form("atlassian token", r"[A-Za-z0-9_=-]{40,}", "ATATT3", "ATCTT3"),
    form("npm token", rf"{_ALNUM}{{36}}", "npm_"),
    form("pypi token", rf"{_WORDS}{{50,}}", "pypi-AgE"),
    form("docker token", rf"{_WORDS}{{20,}}", "dckr_pat_", "dckr_oat_", sieve="_pat_|dckr_oat_"),
    form("terraform token", rf"{_WORDS}{{40,}}", ".atlasv1.", reach=14),
    form("circleci token", rf"{_WORDS}{{30,}}", "CCIPAT_", "CCIPRJ_", sieve="CCIP"),
    form("rubygems key", r"[0-9a-f]{40,}", "rubygems_"),
    form("jfrog key", rf"{_ALNUM}{{60,}}", "AKCp"),
    form("pulumi token", r"[0-9a-f]{40}", "pul-", sieve="pul-[0-9a-f]{40}"),
    form("sonar token", r"[a-f0-9]{40}", "sqp_", "squ_"),
    form("vault token", rf"{_WORDS}{{20,}}", "hvs.", "hvb.", "hvr."),
    form("1password token", r"[A-Za-z0-9_-]{40,}", "ops_eyJ"),
    form(
        "doppler token", r"(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{30,}", "dp.", sieve=r"dp\.[a-z]{2,5}\."
    ),
    form("databricks token", r"[0-9a-f]{32}(?:-\d)?", "dapi"),
    form("tailscale key", rf"{_WORDS}{{20,}}", "tskey-"),
    form("age key", r"[A-Z0-9]{50,}", "AGE-SECRET-KEY-1"),
    form("infisical token", r"[0-9a-f]{24}\.[0-9a-f]{32}\.[0-9a-f]{32}", "st.", sieve=r"st\.[0-9a-f]{24}\."),
)
STRUCTURES = (
    form("jwt", r"[A-Za-z0-9_-]{8,2048}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*", "eyJ"),
    form(
        "jwt",
        r"[A-Za-z0-9_-]{16,2048}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[\w-]{8,}",
        "eyJ",
    ),
    form(
        "private key",
        r"[A-Z0-9 \n]{0,40}PRIVATE\s+KEY.*?(?:-{4,5} ?END [A-Z0-9 \n]{0,40}PRIVATE\s+KEY[A-Z ]{0,8}-{4,5}|\Z)",
        "-----BEGIN ",
        "---- BEGIN ",
        sieve="-BEGIN |- BEGIN ",
    ),
    form("private key", r"[1-9]\d*\s+([A-Za-z0-9+/=\s]{40,})", "Private-Lines: "),
    # a password may hold any sign; what follows the colon of a port is none
    form(
        "password",
        r"[^/\s:@\"'<>]{0,80}:(?!\d{1,5}(?:[/?#\s]|\Z))(?!\*+@)((?:(?!://)[^\s\"'<>`]){1,200})@(?=[\w.\[-])",
        "://",
        sieve=r"://[^/\s:@\"']{0,80}:[^\s\"'<>]{1,200}@",
    ),
    form(
        "token in a link",
        r"(?=[A-Za-z_-]{0,100}\d)([A-Za-z0-9_-]{20,200})(?::[^@\s/]{0,64})?@",
        "://",
        sieve=r"://[A-Za-z0-9_-]{20,200}(?::[^@\s/]{0,64})?@",
    ),
    form(
        "password",
        r"(?:[^\n]{0,300}?\s)?(?:-u|--user|--proxy-user)[ =]?[\"']?[^\s:\"'/$]{1,64}:(?!\d{1,5}\b)(?![$<{])"
        r"([^\s\"']{3,})",
        "curl ",
    ),
    form("password", r"\S{1,64}\s+password\s+(\S{3,})", "login ", sieve=r"login \S{1,64}\s+password\s"),
    form("password", r"-p\s?[\"']?([^\s\"']{3,})", "sshpass "),
)
FORMS = (*MODEL_KEYS, *CLOUD_KEYS, *SERVICE_KEYS, *CODE_KEYS, *STRUCTURES)
