"""API keys, as rows in the record's database. A key reads `rk-<id>-<secret>`; the secret is shown when it is made, and never kept.

What is kept is a hash. A fast one is right here: a slow hash protects passwords, which people choose and which can be guessed. The secret
is 256 random bits, which nobody guesses at any speed, and a slow hash would only make every request slow.

Keys are made and revoked by another process than the one that serves, so whoever serves looks them up, all at once, when its last look is
older than a second. A request is then checked without the database, and a key that is revoked is refused within that second. A revoked
key stays in the record: what it did can still be told, and revoking the last one does not open what was closed.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, or_, select, update

from retrieval.storage import RecordError, Storage

Scope = Literal["ask", "manage", "train", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
_FRESH = 1.0  # seconds that a look at the keys holds
_COARSE = 60  # seconds within which a key's use is written once
_KEY = re.compile(r"rk-([0-9a-f]{12})-[A-Za-z0-9_-]{43}")
_log = logging.getLogger("reckoner.keys")

_metadata = MetaData()
_keys = Table(
    "api_keys",
    _metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(20), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("hash", String(64), nullable=False),  # SHA-256 of the whole key
    Column("scopes", String(100), nullable=False),  # with spaces between them
    Column("created", Integer, nullable=False),
    Column("used", Integer),
    Column("revoked", Integer),
    Column("requests_per_minute", Integer),
    sqlite_autoincrement=True,
)


class BadName(Exception):
    """A key cannot be called so; the message says why."""


@dataclass(frozen=True, slots=True)
class Key:
    """Times in seconds of Unix time; `used` is when it was used last, to about a minute. `requests_per_minute` is a limit of its own,
    0 for none, None for that of the settings."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created: int
    used: int | None = None
    revoked: int | None = None
    requests_per_minute: int | None = None

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or "admin" in self.scopes


@dataclass(frozen=True, slots=True)
class Ring:
    """All keys as they were at one moment, `read` in seconds of the monotonic clock."""

    read: float
    _hashed: Mapping[str, _Hashed]

    @property
    def empty(self) -> bool:
        """Whether no key was ever made; those that were revoked count."""
        return not self._hashed

    def find(self, key: str) -> Key | None:
        """The key, unless it is unknown or revoked."""
        read = _KEY.fullmatch(key)
        known = self._hashed.get(read[1]) if read else None
        # In constant time: how long it takes must not tell how much of a guess was right. That an id is known may show; it is no secret.
        if known is None or not hmac.compare_digest(known.hash, _hash(key)) or known.key.revoked is not None:
            return None
        return known.key


@dataclass(frozen=True, slots=True)
class _Hashed:
    key: Key
    hash: str = field(repr=False)


class Keys:
    """Safe to share between threads and processes. What reads or writes the database raises RecordError where it fails."""

    def __init__(self, url: str) -> None:
        self._storage = Storage(url, _metadata)
        self._looking = threading.Lock()
        self._ring: Ring | None = None
        self._noted: dict[str, float] = {}

    def close(self) -> None:
        self._storage.close()

    # --- For whoever makes keys ---------------------------------------------------------------------------------------

    def create(self, name: str, scopes: Iterable[Scope], requests_per_minute: int | None = None) -> tuple[Key, str]:
        """The new key, and what its holder has to send: the one time that it is told. Raises BadName."""
        if not 0 < len(name) <= 100 or not name.isprintable():
            raise BadName("a key's name has 1 to 100 characters that can be printed")
        given = tuple(scope for scope in SCOPES if scope in set(scopes))
        assert given, "a key without scopes opens nothing"
        id = secrets.token_hex(6)
        told = f"rk-{id}-{secrets.token_urlsafe(32)}"
        key = Key(id, name, given, int(time.time()), requests_per_minute=requests_per_minute)
        row = {
            "id": id, "name": name, "hash": _hash(told), "scopes": " ".join(given), "created": key.created,
            "requests_per_minute": requests_per_minute,
        }  # fmt: skip
        with self._storage.transaction(writes=True) as connection:
            connection.execute(insert(_keys), row)
        self._ring = None
        return key, told

    def all(self) -> list[Key]:
        """Also those that were revoked; the oldest first."""
        return [hashed.key for hashed in self._read().values()]

    def revoke(self, id: str) -> Key:
        """The key, revoked now or before. Raises KeyError."""
        with self._storage.transaction(writes=True) as connection:
            connection.execute(update(_keys).where(_keys.c.id == id, _keys.c.revoked.is_(None)).values(revoked=int(time.time())))
            row = connection.execute(select(_keys).where(_keys.c.id == id)).one_or_none()
        self._ring = None
        if row is None:
            raise KeyError(id)
        return _hashed(row).key

    # --- For whoever asks for them ------------------------------------------------------------------------------------

    @property
    def ring(self) -> Ring | None:
        """The last look at the keys; None where it is too old, and `look` must take another."""
        ring = self._ring
        return ring if ring is not None and time.monotonic() - ring.read < _FRESH else None

    def look(self) -> Ring:
        """Reads the keys, which may keep one waiting; of several that want to at once, one reads for all."""
        with self._looking:
            ring = self.ring
            if ring is None:
                begun = time.monotonic()  # before reading: what is revoked while we read is seen within a second as well
                ring = self._ring = Ring(begun, self._read())
            return ring

    def due(self, id: str) -> bool:
        """Whether a use of this key should be written now; asked again within a minute, it should not."""
        now = time.monotonic()
        if now - self._noted.get(id, -_COARSE) < _COARSE:
            return False
        self._noted[id] = now  # two threads here at once cost a second write at most, which then finds nothing to change
        return True

    def note_use(self, id: str) -> None:
        """Writes that the key is in use, unless another process did within a minute. A failure is logged: it must cost no request."""
        now = int(time.time())
        old = or_(_keys.c.used.is_(None), _keys.c.used <= now - _COARSE)
        try:
            with self._storage.transaction(writes=True) as connection:
                connection.execute(update(_keys).where(_keys.c.id == id, old).values(used=now))
        except RecordError as error:
            _log.warning("that the key %s is in use could not be written: %s", id, error)

    def _read(self) -> dict[str, _Hashed]:
        with self._storage.transaction() as connection:
            return {row.id: _hashed(row) for row in connection.execute(select(_keys).order_by(_keys.c.number))}


def id_of(given: str) -> str:
    """The id of a key that is given by its id or whole."""
    read = _KEY.fullmatch(given)
    return read[1] if read else given


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _hashed(row: Any) -> _Hashed:
    scopes = tuple(scope for scope in SCOPES if scope in row.scopes.split())
    return _Hashed(Key(row.id, row.name, scopes, row.created, row.used, row.revoked, row.requests_per_minute), row.hash)
