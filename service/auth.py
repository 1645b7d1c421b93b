"""Who may do what over HTTP: the scope that a request needs, and the door that asks for a key which has it.

While the record has no key, the door is open where only this machine can reach it, or where the operator says so (`open`); anywhere else
it is shut. From the first key on every request needs one, except those that ask how the service is and what it takes. The door stands
before the endpoints and reads nothing but method, path and a few headers, so bodies and streams pass it as they come.
"""

from __future__ import annotations

import asyncio
import shlex
from contextlib import closing
from contextvars import copy_context

from starlette.requests import Request
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Scoped

from retrieval.storage import RecordError
from service.errors import Forbidden, StrangeHost, Unauthenticated, problem
from service.hosts import Hosts, is_loopback
from service.keys import Key, Keys, Scope
from service.settings import Settings, SettingsError

_KEY = "reckoner.key"  # of the request, where it bears one
HEALTH = ("/health/live", "/health/ready")  # whoever asks these has no key: containers, load balancers
DESCRIPTION = ("/", "/docs", "/openapi.json")  # the same wherever Reckoner runs, and read in browsers, which have no key to send
# (method, the path or what it begins with, scope). The first that fits holds; what none fits needs `admin`, so that an endpoint which is
# forgotten here is shut rather than open.
# A path may have `*` for one of its parts; of several scopes each opens it.
RULES: tuple[tuple[str, str, Scope | tuple[Scope, ...]], ...] = (
    ("POST", "/v1/responses", "ask"),
    ("GET", "/v1/responses/*", "ask"),
    ("DELETE", "/v1/responses/*", "ask"),  # an answer of its own; whoever has its id could have asked
    ("POST", "/v1/chat/completions", "ask"),
    ("POST", "/v1/embeddings", "ask"),
    ("GET", "/v1/models", "ask"),
    ("GET", "/v1/answers", "ask"),  # traces
    ("POST", "/v1/answers", "ask"),  # verification
    ("POST", "/v1/feedback", "ask"),  # whoever asks may say that an answer was wrong; what is done with it is for others
    ("POST", "/v1/vector_stores/*/search", "ask"),
    ("GET", "/v1/vector_stores/*/files/*/content", "ask"),  # who may ask may read what answers come from
    ("GET", "/v1/vector_stores", ("ask", "manage")),  # whoever adds files waits until they are read
    ("*", "/v1/vector_stores", "manage"),
    ("GET", "/v1/databases", "ask"),
    ("GET", "/v1/tools", "ask"),
    ("*", "/v1/feedback", "train"),
    ("GET", "/v1/files/*/content", "train"),
    ("*", "/v1/files", ("train", "manage")),  # examples and documents; one that a vector store holds is deleted with `manage` alone
    ("*", "/v1/fine_tuning", "train"),
    ("*", "/v1/learning", "train"),
    ("*", "/v1/models", "manage"),  # promotion
    ("*", "/v1/serving", "manage"),  # rollback
    ("GET", "/metrics", "manage"),  # not `ask`, which reads documents, nor `admin`, which does all: a scraper keeps its key in a file
)


def rule(method: str, path: str) -> tuple[Scope, ...]:
    """The scopes that the rules name, of which one is needed; none where no rule fits."""
    found = next((scopes for named, start, scopes in RULES if named in ("*", method) and _begins(path, start)), ())
    return (found,) if isinstance(found, str) else found


def needed(method: str, path: str) -> tuple[Scope, ...]:
    return rule(method, path) or ("admin",)


def need(request: Request, scope: Scope) -> None:
    """For an endpoint that does more than its rule tells. Raises Forbidden where the request bears a key without this scope."""
    key = request.scope.get(_KEY)
    if key is not None and not key.may(scope):
        raise _forbidden(key, (scope,))


def open_without_keys(settings: Settings) -> bool:
    """Whether requests are taken while there is no key."""
    return settings.open or is_loopback(settings.host)


def check_start(settings: Settings) -> None:
    """Raises SettingsError where the service would be within the reach of others, and there is no key that could let anybody in."""
    if open_without_keys(settings):
        return
    settings.workspace.mkdir(parents=True, exist_ok=True)
    with closing(Keys(settings.record_address)) as keys:
        if any(key.revoked is None for key in keys.all()):
            return
    command = f"reckoner keys create NAME --scope ask --workspace {shlex.quote(str(settings.workspace))}"
    raise SettingsError(
        f"Others can reach the address {settings.host!r}, and there is no key that they would need: make one with `{command}`, "
        "or set RECKONER_OPEN=true where something else keeps them out."
    )


def key_of(scope: Scoped) -> Key | None:
    """The key of a request that was let in with one."""
    return scope.get(_KEY)


class Door:
    """Passes a request on if its key may do what it asks for, and else answers it: 401, 403, or 503 where the keys cannot be read.
    Where it asks for no key, it takes no page of a stranger for a caller of this machine."""

    def __init__(self, app: ASGIApp, keys: Keys, open_without_keys: bool, hosts: Hosts) -> None:
        self.app, self.keys, self.open_without_keys, self.hosts = app, keys, open_without_keys, hosts

    async def __call__(self, scope: Scoped, receive: Receive, send: Send) -> None:
        refusal = None if scope["type"] == "lifespan" or scope["path"] in HEALTH else await self._refusal(scope)
        if refusal is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await problem(refusal).response()(scope, receive, send)
        else:  # there are no websockets here; one that is added must not find the door open
            await send({"type": "websocket.close", "code": 1008})

    async def _refusal(self, scope: Scoped) -> Unauthenticated | Forbidden | StrangeHost | RecordError | None:
        """Why the request is not let in; None where it is."""
        try:
            ring = self.keys.ring
            if ring is None:
                ring = await asyncio.to_thread(self.keys.look)
        except RecordError as error:
            return error
        if ring.empty and self.open_without_keys:
            return self.hosts.refusal(scope)
        if scope["path"] in DESCRIPTION:
            return None
        given = _bearer(scope)
        if given is None:
            return Unauthenticated("This request needs an API key, as 'Authorization: Bearer rk-…'; `reckoner keys create` makes one.")
        key = ring.find(given)
        if key is None:
            return Unauthenticated("This API key is not known here, or it was revoked.")
        if self.keys.due(key.id):  # written beside the request, which does not wait for it
            asyncio.get_running_loop().run_in_executor(None, copy_context().run, self.keys.note_use, key.id)
        wanted = needed(scope.get("method", ""), scope["path"])
        if not any(map(key.may, wanted)) and _there(scope):
            return _forbidden(key, wanted)
        scope[_KEY] = key
        return None


def _there(scope: Scoped) -> bool:
    """Whether anything answers this request but that there is no such thing, which whoever has a key may be told."""
    return any(route.matches(scope)[0] is Match.FULL for route in scope["app"].routes)


def _begins(path: str, start: str) -> bool:
    parts, wanted = path.split("/"), start.split("/")
    return len(parts) >= len(wanted) and all(want in ("*", part) for part, want in zip(parts, wanted, strict=False))


def _forbidden(key: Key, wanted: tuple[Scope, ...]) -> Forbidden:
    return Forbidden(f"This needs a key with the scope {' or '.join(map(repr, wanted))}; yours has {', '.join(map(repr, key.scopes))}.")


def _bearer(scope: Scoped) -> str | None:
    """What the request bears as its key; None where it bears nothing, or more than one thing."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    scheme, _, credentials = given[0].decode("latin-1").partition(" ") if len(given) == 1 else ("", "", "")
    return credentials.strip() if scheme.lower() == "bearer" and credentials.strip() else None
