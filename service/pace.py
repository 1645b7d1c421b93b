"""How often one caller may ask: a key, or while none is needed an address.

Each caller has a bucket of as many requests as are allowed in a minute, which fills again evenly: all may come at once, and then they come
at the even rate. Buckets are in the memory of this process, so several processes allow as many times more, and a restart fills them all.
What the bounded queue does for the service, this does for callers: none can take it all.
"""

from __future__ import annotations

import ipaddress
import math
import time
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.auth import HEALTH, key_of
from service.errors import TooOften, problem

_MINUTE = 60.0
_FEW = 10_000  # buckets below which none is looked at again


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller may do after a request. `wait` is in seconds until the next one is allowed, and not 0 where this one was not."""

    limit: int
    remaining: int
    full: float  # seconds until all are allowed again
    wait: float

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """As OpenAI sends them."""
        told = {"limit": str(self.limit), "remaining": str(self.remaining), "reset": _duration(self.full)}
        return [(f"x-ratelimit-{name}-requests".encode(), value.encode()) for name, value in told.items()]


class Buckets:
    """For the one thread that takes requests. A bucket is kept as the time at which it will be full; a full one need not be kept."""

    def __init__(self) -> None:
        self._full: dict[str, float] = {}
        self._many = _FEW

    def __len__(self) -> int:
        return len(self._full)

    def take(self, caller: str, limit: int, now: float) -> Allowance:
        """One request of a caller that may send `limit` a minute; `now` in seconds of a clock that never goes back."""
        each = _MINUTE / limit
        missing = max(0.0, self._full.get(caller, now) - now)  # seconds until the bucket is full
        wait = max(0.0, missing + each - _MINUTE)
        if wait < 1e-9:  # sums of fractions are not exact
            wait, missing = 0.0, missing + each
            self._full[caller] = now + missing
            self._forget(now)
        return Allowance(limit, math.floor((_MINUTE - missing) / each + 1e-6), missing, wait)

    def _forget(self, now: float) -> None:
        """Once in a while: callers who have not asked for a minute."""
        if len(self._full) >= self._many:
            self._full = {caller: full for caller, full in self._full.items() if full > now}
            self._many = max(_FEW, 2 * len(self._full))


class Pace:
    """Passes a request on, or answers it with 429; to stand behind the door, which knows whose key it bears."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        """`limit` is in requests a minute, for callers whose key has none of its own; 0 is none."""
        self.app, self.limit, self.buckets = app, limit, Buckets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = key_of(scope) if scope["type"] == "http" else None
        limit = self.limit if key is None or key.requests_per_minute is None else key.requests_per_minute
        if scope["type"] != "http" or not limit or scope["path"] in HEALTH:
            await self.app(scope, receive, send)
            return
        allowance = self.buckets.take(key.id if key is not None else _address(scope), limit, time.monotonic())

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *allowance.headers]
            await send(message)

        if allowance.wait:
            await problem(TooOften(limit, math.ceil(allowance.wait))).response()(scope, receive, told)
        else:
            await self.app(scope, receive, told)


def _address(scope: Scope) -> str:
    """Of the caller; of IPv6 the network, since one machine has as many addresses as it likes. An address is never the id of a key."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"address {host}"
    return f"address {address if address.version == 4 else ipaddress.ip_network((address, 64), strict=False)}"


def _duration(seconds: float) -> str:
    """As OpenAI writes it: 40ms, 2.5s."""
    return f"{math.ceil(seconds * 1000)}ms" if seconds < 1 else f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"
