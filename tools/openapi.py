"""Tools of an OpenAPI 3 description: each GET operation that a call can fill is one, and is asked over HTTP when a program calls it.

It promises that only the server of the description is asked, which must be among the allowed hosts where there is a list; that nothing but
GET is sent, with path and query percent-encoded; that no redirect is followed, no proxy of the environment used and no other scheme than
http and https known; and that an answer is bounded in size and time, all of it together.

It leaves out operations that need a header, a cookie or an object (each with its reason), and credentials: none are sent.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from tools.errors import FixArguments, Unanswerable
from tools.functions import MAX_DESCRIPTION, Function, Undeclarable
from tools.patience import patience

MAX_FILE = 5_000_000  # bytes of a description
_NAME = re.compile(r"[^a-zA-Z0-9]+", re.ASCII)
_PLACE = re.compile(r"\{([^{}]+)\}")
_HEADERS = {"Accept": "application/json, text/plain;q=0.5", "Accept-Encoding": "identity", "User-Agent": "reckoner", "Connection": "close"}
_WRONG_ARGUMENTS = (400, 422)
_CHUNK = 65536


class DescriptionError(Exception):
    """A description that cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may cost: seconds from the connection to the last byte, and bytes of the body."""

    seconds: float = 5.0
    bytes: int = 1_000_000


@dataclass(frozen=True)
class Operation:
    """A GET operation as a tool: called with arguments by name, it gives the JSON, or the text, that the server answers."""

    function: Function
    server: SplitResult
    path: str  # a template, "/orders/{id}"
    in_path: frozenset[str]
    limits: Limits = Limits()

    def __call__(self, /, **arguments: object) -> object:
        """Raises FixArguments where the server says that the arguments are wrong, Unanswerable where it gives nothing that can be read."""
        status, kind, body = _get(self.server, self.target(arguments), self._seconds(), self.limits.bytes)
        if status in _WRONG_ARGUMENTS:
            raise FixArguments(f"the server of {self.function.name!r} does not take these arguments (status {status})")
        if 300 <= status < 400:
            raise Unanswerable(f"the server of {self.function.name!r} redirects, which is not followed")
        if not 200 <= status < 300:
            raise Unanswerable(f"the server of {self.function.name!r} answers with status {status}")
        return _read(body, kind)

    def target(self, arguments: Mapping[str, object]) -> str:
        """Path and query of the request. Raises FixArguments for a value that would be no part of a path."""
        parts = {name: _plain(value) for name, value in arguments.items() if value is not None}
        if wrong := [name for name in self.in_path if parts.get(name, "") in ("", ".", "..")]:
            raise FixArguments(f"{wrong[0]!r} cannot be {parts.get(wrong[0], '')!r} in a path")
        path = _PLACE.sub(lambda place: quote(parts[place[1]], safe=""), self.path)
        query = urlencode([(name, value) for name, value in parts.items() if name not in self.in_path], quote_via=quote)
        return self.server.path.rstrip("/") + path + (f"?{query}" if query else "")

    def _seconds(self) -> float:
        waiting = patience.get()
        return self.limits.seconds if waiting is None else min(self.limits.seconds, max(waiting.left, 0.001))


@dataclass(frozen=True)
class Description:
    """The tools of a description, by name, and why its other GET operations are none, by path."""

    operations: Mapping[str, Operation]
    left_out: Mapping[str, str]


def read_description(name: str, path: Path, hosts: Collection[str] = (), limits: Limits = Limits()) -> Description:
    """The tools of a JSON file; their names begin with `name`. `hosts`, "example.org" or "example.org:8080", are the only ones allowed
    where there are any. Raises DescriptionError."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise DescriptionError(f"{path} is larger than {MAX_FILE} bytes")
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise DescriptionError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise DescriptionError(f"{path} is not JSON: {error}") from None
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise DescriptionError(f"{path} is not an OpenAPI 3 description")
    paths = document.get("paths")
    if not isinstance(paths, dict):
        raise DescriptionError(f"{path} has no paths")
    operations: dict[str, Operation] = {}
    left_out: dict[str, str] = {}
    for template, item in paths.items():
        if not isinstance(item, dict) or not isinstance(item.get("get"), dict):
            continue
        server = _server([item["get"], item, document], path, hosts)
        try:
            found = _operation(name, template, item, document, server, limits)
        except Undeclarable as error:
            left_out[template] = f"{error.place} {error}".strip()
            continue
        if found.function.name in operations:
            left_out[template] = f"another operation is called {found.function.name!r} as well"
            continue
        operations[found.function.name] = found
    return Description(operations, left_out)


def _operation(
    name: str, template: str, item: Mapping[str, Any], document: Mapping[str, Any], server: SplitResult, limits: Limits
) -> Operation:  # fmt: skip
    """Raises Undeclarable where no call can fill it."""
    operation: Mapping[str, Any] = item["get"]
    properties: dict[str, Any] = {}
    required: list[str] = []
    in_path: set[str] = set()
    for parameter in _parameters(item, document):
        key, place = parameter.get("name"), parameter.get("in")
        if not isinstance(key, str):
            raise Undeclarable("parameters", "one has no name")
        wanted = place == "path" or parameter.get("required") is True
        if place not in ("path", "query"):
            if wanted:
                raise Undeclarable(f"parameters.{key}", f"is required in the {place}, where a call puts nothing")
            continue
        if key in properties:
            raise Undeclarable(f"parameters.{key}", "stands in the path and in the query")
        described = {"description": parameter["description"]} if parameter.get("description") else {}
        schema = parameter.get("schema", {})
        # A reference stands alone in OpenAPI 3.0, so that what is said of it goes around it.
        properties[key] = {"allOf": [schema], **described} if isinstance(schema, dict) else schema
        required += [key] if wanted else []
        in_path |= {key} if place == "path" else set()
    if missing := set(_PLACE.findall(template)) - in_path:
        raise Undeclarable("parameters", f"{sorted(missing)[0]!r} of the path is not described")
    said = next((text for text in (operation.get("summary"), operation.get("description")) if isinstance(text, str) and text), "")
    called = _NAME.sub("_", f"{name}_{operation.get('operationId') or template}").strip("_")[:64]
    schema = {"type": "object", "properties": properties, "required": required}
    return Operation(Function.declared(called, said[:MAX_DESCRIPTION], schema, document), server, template, frozenset(in_path), limits)


def _parameters(item: Mapping[str, Any], document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those of the operation, over those of its path."""
    found: dict[tuple[Any, Any], Mapping[str, Any]] = {}
    for several in (item.get("parameters"), item["get"].get("parameters")):
        if several is not None and not isinstance(several, list):
            raise Undeclarable("parameters", "must be a list")
        for parameter in several or ():
            for _ in range(8):
                if not isinstance(parameter, dict):
                    raise Undeclarable("parameters", "one is no object")
                if "$ref" not in parameter:
                    break
                parameter = _referred(parameter["$ref"], document)
            found[str(parameter.get("name")), str(parameter.get("in"))] = parameter
    return list(found.values())


def _referred(reference: object, document: Mapping[str, Any]) -> Any:
    found: Any = document
    for step in str(reference).removeprefix("#/").split("/"):
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    if found is None:
        raise Undeclarable("parameters", f"{str(reference)[:100]!r} leads nowhere")
    return found


def _server(levels: list[Mapping[str, Any]], path: Path, hosts: Collection[str]) -> SplitResult:
    """The first server of the innermost level that names any."""
    servers = next((level["servers"] for level in levels if level.get("servers")), None)
    first = servers[0] if isinstance(servers, list) else None
    url = first.get("url") if isinstance(first, dict) else None
    if not isinstance(first, dict) or not isinstance(url, str):
        raise DescriptionError(f"{path} names no server")
    variables = first.get("variables")
    described = variables.items() if isinstance(variables, dict) else ()
    given = {name: about["default"] for name, about in described if isinstance(about, dict) and "default" in about}
    url = _PLACE.sub(lambda place: str(given.get(place[1], place[0])), url)
    try:
        server = urlsplit(url)
        port = server.port
    except ValueError as error:
        raise DescriptionError(f"{path}: the server {url!r} is not an address: {error}") from None
    if server.scheme not in ("http", "https") or not server.hostname:
        raise DescriptionError(f"{path}: the server {url!r} must be a whole address, http or https")
    if server.username is not None or server.query or server.fragment:
        raise DescriptionError(f"{path}: the server {server.hostname!r} must be an address without credentials, query and fragment")
    if any(character.isspace() or ord(character) < 32 for character in url):
        raise DescriptionError(f"{path}: the server {url!r} holds a space")
    here = server.hostname if port is None else f"{server.hostname}:{port}"
    if hosts and not {here, server.hostname} & {host.lower() for host in hosts}:
        raise DescriptionError(f"{path}: the host {here!r} is not among those that are allowed ({', '.join(sorted(hosts))})")
    return server


# --- HTTP ---------------------------------------------------------------------------------------------------------------


def _get(server: SplitResult, target: str, seconds: float, limit: int) -> tuple[int, str, bytes]:
    """Status, media type and body. Raises Unanswerable where there is none in time, or too much of it."""
    assert server.hostname is not None
    kind = http.client.HTTPSConnection if server.scheme == "https" else http.client.HTTPConnection
    ends = time.monotonic() + seconds
    connection = kind(server.hostname, server.port, timeout=seconds)
    late = threading.Event()
    watch: threading.Timer | None = None
    try:
        connection.connect()
        # A time-out of the socket counts anew with every byte that drips in; this one counts for all of them together.
        watch = threading.Timer(max(0.0, ends - time.monotonic()), _cut, (connection.sock, late))
        watch.daemon = True
        watch.start()
        connection.request("GET", target, headers=_HEADERS)
        response = connection.getresponse()
        body = b"".join(_chunks(response, limit)) if 200 <= response.status < 300 else b""
        if late.is_set():  # the end of the body may have been the end of our patience
            raise TimeoutError
        if response.getheader("content-encoding", "identity").lower() != "identity":
            raise Unanswerable(f"the answer of {server.hostname!r} is encoded in a way that was not asked for")
        return response.status, response.headers.get_content_type(), body
    except (OSError, http.client.HTTPException, ValueError) as error:
        if late.is_set() or isinstance(error, TimeoutError):
            raise Unanswerable(f"{server.hostname!r} did not answer within {seconds:g} s") from None
        raise Unanswerable(f"{server.hostname!r} cannot be asked: {type(error).__name__}") from None
    finally:
        if watch is not None:
            watch.cancel()
        connection.close()


def _chunks(response: http.client.HTTPResponse, limit: int) -> Iterator[bytes]:
    size = 0
    while chunk := response.read(_CHUNK):
        size += len(chunk)
        if size > limit:
            raise Unanswerable(f"the answer is larger than {limit} bytes")
        yield chunk


def _cut(open_socket: socket.socket, late: threading.Event) -> None:
    late.set()
    try:
        open_socket.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it was closed already


def _read(body: bytes, kind: str) -> object:
    """JSON as such, a text as text; nothing as None."""
    if not body.strip():
        return None
    try:
        if kind == "application/json" or kind.endswith("+json"):
            parsed = json.loads(body, parse_constant=_no_constant)
            json.dumps(parsed, allow_nan=False, ensure_ascii=False).encode()
            return parsed
        if kind.startswith("text/") and kind != "text/html":
            return body.decode()
    except (ValueError, RecursionError):
        raise Unanswerable(f"the answer is not the {kind} that it says it is") from None
    raise Unanswerable(f"the answer is {kind}, neither JSON nor plain text")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
