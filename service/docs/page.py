"""The page: every endpoint with what it takes, an example of what it gives, what it refuses, and a form to try it.

Style and script stand in the page itself, and the policy that it is sent with lets the browser run these and load nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from importlib import resources
from typing import Any

_GROUPS = (  # (heading, beginnings of paths); an endpoint stands under the first that fits
    ("Questions", ("/v1/responses", "/v1/chat", "/v1/embeddings", "/v1/answers")),
    ("Files and vector stores", ("/v1/files", "/v1/vector_stores")),
    ("Models and learning", ("/v1/models", "/v1/serving", "/v1/fine_tuning", "/v1/feedback", "/v1/learning")),
    ("What is connected", ("/v1/databases", "/v1/tools")),
    ("Operation", ("",)),
)
_DEEPEST = 3  # objects inside objects whose fields are listed
_START = """from openai import OpenAI

client = OpenAI(base_url="http://127.0.0.1:8321/v1", api_key="none")     # a key where there are keys
answer = client.responses.create(model="reckoner", input="How many orders were cancelled?")
print(answer.output_text, answer.reckoner["trace"])"""


def page(description: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The HTML, and the headers that it is to be sent with. `description` is of OpenAPI 3.1."""
    style, script = (resources.files(__package__).joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    title = escape(description["info"]["title"])
    body = "\n".join(_body(description))
    html = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}: the API</title><style>{style}</style></head>\n<body>\n{body}\n<script>{script}</script></body></html>\n"
    )
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; connect-src 'self'; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return html, {"content-security-policy": policy, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}


def _body(description: Mapping[str, Any]) -> Iterator[str]:
    info, schemas = description["info"], description["components"]["schemas"]
    yield f"<h1>{escape(info['title'])}</h1><p>{escape(info.get('summary', ''))}. OpenAI's clients drive it as it is; "
    yield 'tools that read OpenAPI find it described at <a href="openapi.json">openapi.json</a>.</p>'
    yield f"<pre>{escape(_START)}</pre>"
    yield '<p><label>Key for what is sent from here, where there are keys: <input id="key" type="password" autocomplete="off"></label></p>'
    groups: dict[str, list[str]] = {heading: [] for heading, _ in _GROUPS}
    for path, operations in description["paths"].items():
        heading = next(heading for heading, starts in _GROUPS if path.startswith(starts))
        groups[heading] += ["\n".join(_operation(method.upper(), path, said, schemas)) for method, said in operations.items()]
    for heading, shown in groups.items():
        yield f"<h2>{heading}</h2>"
        yield from shown
    yield "<h2>What is refused</h2><table>"
    for name, said in description["components"]["responses"].items():
        error = said["content"]["application/json"]["example"]["error"]
        yield f'<tr id="{name}"><td>{escape(said["description"])}</td><td><code>{escape(json.dumps(error))}</code></td></tr>'
    yield "</table>"


def _operation(method: str, path: str, said: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    yield f'<details id="{said["operationId"]}"><summary><b>{method}</b> <code>{escape(path)}</code> <span>{escape(said["summary"])}</span>'
    yield "</summary>"
    if "description" in said:
        yield f"<p>{escape(said['description'])}</p>"
    body = said.get("requestBody", {}).get("content", {})
    fields = [(p["name"], p["schema"], p["in"] == "path", p.get("description", "")) for p in said.get("parameters", [])]
    for content in body.values():
        fields += _fields(content["schema"], schemas)
    if fields:
        yield "<table><tr><th>name</th><th>type</th><th></th></tr>"
        for name, schema, required, about in fields:
            needed = "required. " if required else ""
            yield f"<tr><td><code>{escape(name)}</code></td><td>{escape(_type(schema))}</td><td>{needed}{escape(about)}</td></tr>"
        yield "</table>"
    yield from _form(method, path, said, body)
    for kind, content in said["responses"]["200"]["content"].items():
        if kind != "text/event-stream":
            yield f"<p>gives, for example</p><pre>{escape(_written(content['example']))}</pre>"
    refused = [(status, response["$ref"].rpartition("/")[2]) for status, response in said["responses"].items() if "$ref" in response]
    if refused:
        links = [f'<a href="#{name}">{status}</a>' for status, name in refused]
        yield f"<p>refuses with {', '.join(links)}</p>"
    yield "</details>"


def _form(method: str, path: str, said: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[str]:
    yield f'<form data-method="{method}" data-path="{escape(path)}">'
    for parameter in said.get("parameters", []):
        name = escape(parameter["name"])
        yield f'<label>{name} <input name="{name}" data-in="{parameter["in"]}"{" required" if parameter["in"] == "path" else ""}></label>'
    for kind, content in body.items():
        if kind == "application/json":
            yield f'<textarea rows="5" aria-label="the body">{escape(_written(content.get("example", {})))}</textarea>'
        else:
            purposes = content["schema"]["properties"]["purpose"]["enum"]
            yield f"<label>purpose <select>{''.join(f'<option>{escape(one)}</option>' for one in purposes)}</select></label>"
            yield '<label>file <input type="file" required></label>'
    yield "<button>Send</button><pre hidden></pre></form>"


def _fields(schema: Mapping[str, Any], schemas: Mapping[str, Any], before: str = "", depth: int = 0) -> list[tuple[str, Any, bool, str]]:
    """(name, schema, whether it is required, description) of the fields of an object, those of objects in it behind a point."""
    found: list[tuple[str, Any, bool, str]] = []
    for name, field in schema.get("properties", {}).items():
        found.append((before + name, field, name in schema.get("required", ()), field.get("description", "")))
        for one in _choices(field):
            if "$ref" in one and depth < _DEEPEST:
                found += _fields(schemas[one["$ref"].rpartition("/")[2]], schemas, f"{before}{name}.", depth + 1)
    return found


def _choices(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The kinds of value that a field may have: itself, or those of `anyOf`, and of a list what stands in it."""
    several = schema.get("anyOf", [schema])
    return [one["items"] if one.get("type") == "array" and "items" in one else one for one in several]


def _type(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(one) for one in schema["anyOf"] if one.get("type") != "null"))
    if "enum" in schema or "const" in schema:
        return ", ".join(map(str, schema.get("enum", [schema.get("const")])))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return "object" if "$ref" in schema else str(schema.get("type", "any"))


def _written(example: Any) -> str:
    return example if isinstance(example, str) else json.dumps(example, ensure_ascii=False, indent=1)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
