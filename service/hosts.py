"""Under which names a service that asks for no key may be addressed, and from the pages of which.

A browser on this machine reaches the loopback address, and runs pages of strangers. One whose name its owner lets point to 127.0.0.1
(DNS rebinding) would read answers as its own; its requests bear its name in `Host`. One that merely sends requests here, and sees no
answer, bears its name in `Origin`. Programs send no `Origin`. Where there are keys none of this is needed: no browser adds one by itself.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from starlette.types import Scope

from service.errors import StrangeHost
from service.settings import Settings

_PLACE = re.compile(r"(?:https?://)?(\[[0-9a-f:.]{2,45}\]|[a-z0-9_.-]{1,253})(?::[0-9]{1,5})?", re.IGNORECASE)


class Hosts:
    def __init__(self, names: Iterable[str], addresses: bool, origins: Iterable[str] = ()) -> None:
        """Beside the loopback ones `names` are allowed, and any address (which is no name that could be made to point elsewhere) where
        `addresses` says so. `origins` are those whose pages the operator trusts; `*` is none of them: that would be every stranger."""
        self.names, self.addresses = {"localhost", *(name.lower() for name in names)}, addresses
        self.origins = frozenset(origins)

    @classmethod
    def of(cls, settings: Settings) -> Hosts:
        names = [*settings.allowed_hosts, *([settings.host] if settings.host else [])]
        return cls(names, addresses=not is_loopback(settings.host), origins=settings.allowed_origins)

    def refusal(self, scope: Scope) -> StrangeHost | None:
        """Why the request is not let in; None where it is."""
        given = {name: [value.decode("latin-1") for n, value in scope["headers"] if n == name] for name in (b"host", b"origin")}
        host = _place(given[b"host"])
        if host is None or not (self._ours(host) or self.addresses and _address(host) is not None):
            return StrangeHost(
                f"While there is no key, this service answers under its own name alone, not under {', '.join(given[b'host'])[:100]!r}; "
                "name others in RECKONER_ALLOWED_HOSTS, or make a key with `reckoner keys create`."
            )
        if given[b"origin"] and not self._trusted(given[b"origin"], host):
            return StrangeHost(
                f"While there is no key, pages of {', '.join(given[b'origin'])[:100]!r} may not ask here; "
                "name those that may in RECKONER_ALLOWED_ORIGINS."
            )
        return None

    def _trusted(self, given: list[str], host: str) -> bool:
        """Whether a page of this origin may ask where `host` is asked."""
        origin = _place(given)
        return origin == host or origin is not None and self._ours(origin) or len(given) == 1 and given[0].lower() in self.origins

    def _ours(self, host: str) -> bool:
        return host in self.names or is_loopback(host)


def is_loopback(host: str) -> bool:
    """Of names only `localhost` is taken for it; "" is every address."""
    address = _address(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _place(given: list[str]) -> str | None:
    """The host of a Host or an Origin header, without its port; None where there is none, or more than one."""
    read = _PLACE.fullmatch(given[0]) if len(given) == 1 else None
    return read[1].lower().strip("[]") if read else None
