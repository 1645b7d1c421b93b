"""Who may do what over HTTP: the scope that a request needs, and the door that asks for a key which has it.

While the record has no key, the door is open where only this machine can reach it, or where the operator says so (`open`); anywhere else
it is shut. From the first key on every request needs one, except those that ask how the service is. The door stands before the endpoints
and reads nothing but method, path and one header, so bodies and streams pass it as they come.
"""

from __future__ import annotations

import asyncio
import ipaddress
import shlex
from contextlib import closing
from contextvars import copy_context

from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Request

from retrieval.storage import RecordError
from service.errors import Forbidden, Unauthenticated, problem
from service.keys import Keys, Scope
from service.settings import Settings, SettingsError

HEALTH = ("/health/live", "/health/ready")  # whoever asks these has no key: containers, load balancers
# (method, the path or what it begins with, scope). The first that fits holds; what none fits needs `admin`, so that an endpoint which is
# forgotten here is shut rather than open.
RULES: tuple[tuple[str, str, Scope], ...] = (
    ("POST", "/v1/responses", "ask"),
    ("POST", "/v1/chat/completions", "ask"),
    ("POST", "/v1/embeddings", "ask"),
    ("GET", "/v1/models", "ask"),
    ("GET", "/v1/answers", "ask"),  # traces
    ("POST", "/v1/answers", "ask"),  # verification
    ("POST", "/v1/feedback", "ask"),  # whoever asks may say that an answer was wrong; what is done with it is for others
    ("GET", "/docs", "ask"),
    ("GET", "/openapi.json", "ask"),
    ("*", "/v1/feedback", "train"),
    ("*", "/v1/files", "train"),
    ("*", "/v1/fine_tuning", "train"),
    ("*", "/v1/learning", "train"),
    ("*", "/v1/models", "manage"),  # promotion
    ("*", "/v1/serving", "manage"),  # rollback
    ("GET", "/metrics", "manage"),  # not `ask`, which reads documents, nor `admin`, which does all: a scraper keeps its key in a file
)


def rule(method: str, path: str) -> Scope | None:
    """The scope that the rules name; None where no rule fits."""
    fits = (scope for named, start, scope in RULES if named in ("*", method) and (path == start or path.startswith(f"{start}/")))
    return next(fits, None)


def needed(method: str, path: str) -> Scope:
    return rule(method, path) or "admin"


def open_without_keys(settings: Settings) -> bool:
    """Whether requests are taken while there is no key."""
    return settings.open or _loopback(settings.host)


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


class Door:
    """Passes a request on if its key may do what it asks for, and else answers it: 401, 403, or 503 where the keys cannot be read."""

    def __init__(self, app: ASGIApp, keys: Keys, open_without_keys: bool) -> None:
        self.app, self.keys, self.open_without_keys = app, keys, open_without_keys

    async def __call__(self, scope: Request, receive: Receive, send: Send) -> None:
        refusal = None if scope["type"] == "lifespan" or scope["path"] in HEALTH else await self._refusal(scope)
        if refusal is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await problem(refusal).response()(scope, receive, send)
        else:  # there are no websockets here; one that is added must not find the door open
            await send({"type": "websocket.close", "code": 1008})

    async def _refusal(self, scope: Request) -> Unauthenticated | Forbidden | RecordError | None:
        """Why the request is not let in; None where it is."""
        try:
            ring = self.keys.ring
            if ring is None:
                ring = await asyncio.to_thread(self.keys.look)
        except RecordError as error:
            return error
        if ring.empty and self.open_without_keys:
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
        if not key.may(wanted):
            return Forbidden(f"This needs a key with the scope {wanted!r}; yours has {', '.join(map(repr, key.scopes))}.")
        return None


def _bearer(scope: Request) -> str | None:
    """What the request bears as its key; None where it bears nothing, or more than one thing."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    scheme, _, credentials = given[0].decode("latin-1").partition(" ") if len(given) == 1 else ("", "", "")
    return credentials.strip() if scheme.lower() == "bearer" and credentials.strip() else None


def _loopback(host: str) -> bool:
    """Of names only `localhost` is taken for it; "" is every address."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
