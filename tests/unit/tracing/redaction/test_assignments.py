"""What stands beside a name that says secret is one, in every way of writing; and ordinary text isn't."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from tests.unit.tracing.redaction import secret_samples as samples
from tests.unit.tracing.redaction.test_forms import stored

PASSWORD = "Hunt3r-Gr33n"
NAMES = [
    *(
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "secret",
        "api_key",
        "apikey",
        "api-key",
        "access_key",
        "private_key",
    ),
    *(
        "client_secret",
        "refresh_token",
        "access_token",
        "connection_string",
        "Ocp-Apim-Subscription-Key",
        "X-Api-Key",
    ),
    *(
        "xi-api-key",
        "DB_PASSWORD",
        "credential",
        "clientSecret",
        "authToken",
        "AWS_SECRET_ACCESS_KEY",
        "bot_token",
    ),
]
WAYS = [
    '{{"{0}": "{1}"}}',
    "{{'{0}': '{1}'}}",
    "f({0}='{1}')",
    "export {0}={1}",
    "x:\n  {0}: {1}\n",
    "[a]\n{0} = {1}\n",
    "https://h.example/p?a=1&{0}={1}&b=2",
    "a=1&amp;{0}={1}&amp;c",
    "Host: h\r\n{0}: {1}\r\nAccept: */*",
    "[('{0}', '{1}')]",
    "[(b'{0}', b'{1}')]",
    "curl -H '{0}: {1}' https://h.example",
    "<{0}>{1}</{0}>",
    'os.environ["{0}"] = "{1}"',
    "{0}\\u003d{1}",
    "{0}%3D{1}",
    "\x1b[1m{0}\x1b[0m=\x1b[32m{1}\x1b[0m",
    "'{0}' => '{1}'",
    '[{{"name": "{0}", "value": "{1}"}}]',
    "- name: {0}\n  value: {1}\n",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_value_beside_a_name_is_found_however_it_is_written(name: str) -> None:
    leaks = []
    for way in WAYS:
        text = way.format(name, PASSWORD)
        leaks += [
            shown
            for shown in (text, json.dumps(text), json.dumps(json.dumps(text)))
            if PASSWORD in stored(shown)
        ]
    assert leaks == []
    assert PASSWORD not in stored({name: PASSWORD}) + stored([name, PASSWORD])


_BASIC = samples.base64("ann:Hunt3r-Gr33n-42")
_DIGEST = 'username="M", realm="t", nonce="dcd98b71", uri="/", response="6629fae49393a05397450978507c4ef1"'
_AWS = (
    "Credential=AKIDEXAMPLE/20150830/us-east-1, SignedHeaders=a, Signature=5d672d79c15b13162d9279b0855cfba6"
)


@pytest.mark.parametrize(
    ("scheme", "value"),
    [
        ("Basic", _BASIC),
        ("Bearer", samples.some(40)),
        ("Token", samples.some(40, samples.HEX)),
        ("Digest", _DIGEST),
        ("Bot", samples.some(40)),
        ("ApiKey", samples.some(40)),
        ("AWS4-HMAC-SHA256", _AWS),
    ],
)
def test_headers_of_authorization(scheme: str, value: str) -> None:
    header = f"{scheme} {value}"
    last = value.rstrip('="')[-12:]
    for text in (
        f"GET / HTTP/1.1\r\nAuthorization: {header}\r\nAccept: */*",
        f"Authorization:\r\n {header}\r\n",
        json.dumps({"headers": {"Authorization": header}}),
        json.dumps(json.dumps({"headers": {"authorization": header}})),
        repr({"Proxy-Authorization": header}),
        repr([(b"authorization", header.encode())]),
    ):
        assert last not in stored(text), text


@pytest.mark.parametrize(
    "scheme", ["postgres", "mysql+aiomysql", "mongodb+srv", "redis", "amqp", "https", "ftp"]
)
@pytest.mark.parametrize(
    "password", ["hunter2x", "p@ss/w0rd:x", "Pa$$w0rd!", "a%40b%2Fc", "x#y?z1", "hunter"]
)
def test_passwords_of_links(scheme: str, password: str) -> None:
    link = f"{scheme}://ann:{password}@db.example.com:5432/app?x=1"
    for text in (link, json.dumps({"a": f"\n{link}"}), f"Error('{link}')", f"see [db]({link}) ok"):
        assert password not in stored(text), text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Driver={ODBC};Server=h;Uid=sa;Pwd=My!Passw0rd;", "My!Passw0rd"),
        (f"AccountName=a;AccountKey={(key := samples.some(86, samples.BASE64))}==;EndpointSuffix=c", key),
        (f"https://b.example/c?sv=2024&sig={(sig := samples.some(44))}", sig),
        (f"https://g.example/x:generate?key={(google := samples.some(39))}", google),
        (f"https://h.example/?X-Amz-Signature={(hexed := samples.some(64, samples.HEX))}", hexed),
        (f"Cookie: theme=dark; sessionid={(cookie := samples.some(32))}", cookie),
        (f"Set-Cookie: sid={(second := samples.some(32))}; Path=/", second),
        ("curl -u ann:hunter2x https://h.example", "hunter2x"),
        ("requests.get(u, auth=('ann', 'hunter2x'))", "hunter2x"),
        ("machine h login ann password hunter2x", "hunter2x"),
        ("sshpass -p hunter2x ssh h", "hunter2x"),
        (f"Basic {_BASIC}", _BASIC[:12]),
        (json.dumps({"auths": {"h": {"auth": _BASIC}}}), _BASIC[:12]),
        (
            f"state={(inner := samples.base64(json.dumps({'user': 'ann', 'password': 'Hunt3r'})))}",
            inner[20:40],
        ),
        (
            f"[default]\nid = AKIA{samples.some(16, 'ABCDEFGH234567')}\nother = {(aws := samples.some(40))}",
            aws,
        ),
        ("my password is Hunt3r22, thanks", "Hunt3r22"),
        (f"API key: {(plain := samples.some(32, samples.HEX))}", plain),
        (f"tool --api-key {(flag := samples.some(32, samples.HEX))} run", flag),
        ('{"password": "correct horse battery"}', "horse battery"),
        (f"https://{(dsn := samples.some(32, samples.HEX))}@o1.ingest.sentry.io/2", dsn),
        (f"MISTRAL_API_KEY={(mistral := samples.some(32))}", mistral),
        (f"DD-API-KEY: {(datadog := samples.some(32, samples.HEX))}", datadog),
        (
            f"  | {samples.pem('RSA PRIVATE KEY')}".replace("\n", "\n  | "),
            samples.part(samples.pem("RSA PRIVATE KEY")),
        ),
        (f"key: {(cert := samples.base64(samples.pem('EC PRIVATE KEY')))}", cert[60:90]),
        (quote("postgres://ann:hunter2x@h/app", safe=""), "hunter2x"),
        (json.dumps("postgres://ann:hunter2x@h").replace("/", "\\/"), "hunter2x"),
    ],
)
def test_secrets_in_their_surroundings(text: str, secret: str) -> None:
    assert secret not in stored(text)
    assert secret not in stored(json.dumps({"log": f"x\n{text}"}))


@pytest.mark.parametrize(
    "text",
    [
        "max_tokens=100, input_tokens: 5, total tokens: 1234567",
        '{"token": 5, "tokens": [1, 2], "max_tokens": 4096, "token_type": "bearer"}',
        "the password must have 8 characters, and the secret is out",
        "def login(user: str, password: str, api_key=None, token: str | None = None) -> None: ...",
        'client = Client(api_key=os.environ["API_KEY"], password=getpass(), secret=config.secret_1)',
        "api_key=<your key>, api_key='YOUR_API_KEY', password=${DB_PASSWORD}, token: {{ secrets.TOKEN_1 }}",
        "export OPENAI_API_KEY=sk-...",
        "https://docs.example.com/page?key=getting-started-with-python-3&token=abc",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b, id 550e8400-e29b-41d4-a716-446655440000",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "PWD=/home/ann/work; key: value; primary_key: 550e8400-e29b-41d4-a716-446655440000",
        "task-0123456789abcdef0123456789abcdef, disk-usage-report-2024-final-version",
        "Basic information about bearer tokens; Authorization: required; cookie: chocolate",
        "https://example.com:8080/a@b and git@github.com:a/b.git and mailto:ann@example.com",
        'from m import ClientSecret\n__all__ = ["ClientSecret", "Password"]\nx: ClientSecret = secret_of(1)',
        "The keys are: a, b. Password: Required. Secret: Optional[str]. token: Hello",
        "$(pwd)/src and cd $PWD && ls",
        "image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert stored(text) == json.dumps({"a": text}, ensure_ascii=False)
