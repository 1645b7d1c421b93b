"""A PostgreSQL database with everything in it that an attack might want, and what is looked at to see whether one succeeded.

Three roles ask it: `reader` may select from what the operator shows, `keeper` owns all of it, and `tests` is a superuser.
"""

from __future__ import annotations

from pathlib import Path

import psycopg

from tests import postgres
from tests.attacks.world import CANARY, Traps

ROLES = ("reader", "keeper", "tests")
LARGE_OBJECT = 4242

_CLUSTER = """
DO $$BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END$$;
DO $$BEGIN CREATE ROLE keeper LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END$$;
"""
_SCHEMA = f"""
CREATE EXTENSION dblink;
CREATE EXTENSION postgres_fdw;
GRANT ALL ON SCHEMA public TO keeper;
CREATE SCHEMA private AUTHORIZATION keeper;
CREATE SERVER nowhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '%(port)s', dbname 'x');
CREATE USER MAPPING FOR public SERVER nowhere OPTIONS (user 'x', password '{CANARY}');
GRANT USAGE ON FOREIGN SERVER nowhere TO keeper;
SELECT lo_from_bytea({LARGE_OBJECT}, '{CANARY}');
SET ROLE keeper;
CREATE TABLE customers (id int PRIMARY KEY, name text, vip boolean);
CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers (id), total numeric, day date, note bytea);
CREATE INDEX by_day ON orders (day);
CREATE TABLE tickets (number serial PRIMARY KEY, subject text CHECK (subject <> '{CANARY}'));
CREATE TABLE tomes (id int PRIMARY KEY, text text);
CREATE TABLE private.treasure AS SELECT '{CANARY}' AS secret;
CREATE TYPE private.mood AS ENUM ('{CANARY}');
CREATE FOREIGN TABLE private.afar (name text) SERVER nowhere;
CREATE FUNCTION scribble(word text) RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS
    'BEGIN INSERT INTO public.customers VALUES (1000 + (random() * 1e6)::int, word); RETURN 1; END';
CREATE FUNCTION scribble(whole public.customers) RETURNS int LANGUAGE sql AS 'SELECT public.scribble($1.name)';
CREATE FUNCTION whisper() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT secret FROM private.treasure';
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE PROCEDURE stamp() LANGUAGE sql AS 'DELETE FROM public.orders';
CREATE VIEW dear AS SELECT name, total FROM orders JOIN customers ON customer = customers.id WHERE total > 100;
CREATE VIEW welcome AS SELECT name FROM customers;
CREATE VIEW spin AS WITH RECURSIVE n (turn) AS (SELECT 1::bigint UNION ALL SELECT turn + 1 FROM n) SELECT turn FROM n;
CREATE VIEW scribbling AS SELECT scribble('Eve');
CREATE MATERIALIZED VIEW frozen AS SELECT COUNT(*) FROM customers;
INSERT INTO customers VALUES (1, 'Ada', true), (2, 'Bob', false);
INSERT INTO tickets (subject) VALUES ('broken'), ('late');
INSERT INTO orders SELECT x, x %% 2 + 1, x * 10.0, '2024-01-01'::date + x - 1, NULL FROM generate_series(1, 28) AS x;
INSERT INTO tomes SELECT x, repeat('e', 200000 * x) FROM generate_series(1, 3) AS x;
GRANT USAGE ON SCHEMA public TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
RESET ROLE;
"""
# Each row of every answer must stay as it is. Statistics, caches and transaction numbers may move.
_LOOKS = {
    "relations": "SELECT oid, relname, relkind, relowner, relacl, relnamespace, relrowsecurity, reloptions FROM pg_class ORDER BY 1",
    "columns": "SELECT attrelid, attname, atttypid, attisdropped, atthasdef, attacl FROM pg_attribute ORDER BY 1, attnum",
    "functions": "SELECT oid, proname, prosrc, proacl, prosecdef, proconfig FROM pg_proc WHERE oid >= 16384 ORDER BY 1",
    "types": "SELECT oid, typname FROM pg_type WHERE oid >= 16384 ORDER BY 1",
    "triggers, rules": "SELECT tgname, tgenabled FROM pg_trigger UNION ALL SELECT rulename, ev_enabled FROM pg_rewrite ORDER BY 1, 2",
    "schemas": "SELECT nspname, nspacl FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp' ORDER BY 1",
    "comments": "SELECT * FROM pg_description WHERE objoid >= 16384",
    "extensions": "SELECT extname, extversion FROM pg_extension ORDER BY 1",
    "servers": "SELECT srvname, srvoptions FROM pg_foreign_server ORDER BY 1",
    "roles": "SELECT oid, * FROM pg_authid ORDER BY 1",
    "memberships": "SELECT * FROM pg_auth_members ORDER BY 1, 2, 3",
    "databases": "SELECT oid, datname, datacl FROM pg_database ORDER BY 1",
    "settings of roles": "SELECT * FROM pg_db_role_setting ORDER BY 1, 2",
    "tablespaces, publications": "SELECT spcname FROM pg_tablespace UNION ALL SELECT pubname FROM pg_publication ORDER BY 1",
    "slots, prepared": "SELECT slot_name FROM pg_replication_slots UNION ALL SELECT gid FROM pg_prepared_xacts ORDER BY 1",
    "large objects": "SELECT * FROM pg_largeobject ORDER BY 1, 2",
    "owners of large objects": "SELECT * FROM pg_largeobject_metadata ORDER BY 1",
    "sequences": "SELECT last_value, is_called FROM tickets_number_seq",
    "advisory locks": "SELECT * FROM pg_locks WHERE locktype = 'advisory'",
    **{f"rows of {table}": f"SELECT md5(t::text) FROM {table} AS t ORDER BY 1" for table in ("customers", "orders", "tickets", "tomes")},
    "rows of frozen": "SELECT * FROM frozen",
    "rows of treasure": "SELECT * FROM private.treasure",
}
_SESSION = {
    "settings": "SELECT name, setting FROM pg_settings ORDER BY 1",
    "prepared": "SELECT name FROM pg_prepared_statements",
    "cursors": "SELECT name FROM pg_cursors WHERE name <> ''",
    "listening": "SELECT pg_listening_channels()",
    "roles": "SELECT current_user, session_user",
    "temporary objects": "SELECT relname FROM pg_class WHERE relpersistence = 't'",
}
_PLACES = (".", "global", "pg_replslot", "pg_tblspc", "pg_twophase", "pg_snapshots")  # in the data directory


class PostgresWorld:
    """The database, the server's own files, a session of each role that minds its own business, and the traps."""

    def __init__(self, socket: str, folder: Path) -> None:
        self.server = Path(socket)
        self.traps = Traps(folder)
        folder.chmod(0o777)  # the server is another user
        self._address = postgres.new_database(socket)
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(_CLUSTER)
            connection.execute(_SCHEMA % {"port": self.traps.names["port"]})
            connection.execute(f"ALTER DATABASE {connection.info.dbname} SET app.secret = '{CANARY}'")
        self._own = psycopg.connect(self._address, autocommit=True)
        self._own.execute("LISTEN news")
        self._bystanders = {role: psycopg.connect(self.address(role), autocommit=True) for role in ROLES}
        for name in ("postgresql.conf", "pg_hba.conf", "pg_ident.conf", "postgresql.auto.conf"):
            self.traps.watch.add(self.server / "data" / name)
        self.traps.sprung()  # by setting them

    def address(self, role: str) -> str:
        return self._address.replace("//tests@", f"//{role}@")

    def names_for(self, role: str) -> dict[str, str]:
        """What an attack calls the traps; «pid» is another session of its role."""
        return {**self.traps.names, "pid": str(self._bystanders[role].info.backend_pid)}

    def look(self) -> dict[str, object]:
        """What an attack must leave as it is."""
        data = self.server / "data"
        seen = {
            "traps": self.traps.sprung(),
            **{name: self._own.execute(query).fetchall() for name, query in _LOOKS.items()},  # type: ignore[arg-type]
            "notifications": list(self._own.notifies(timeout=0)),
            "sessions": [role for role, connection in self._bystanders.items() if not _alive(connection)],
            "files of the server": sorted(str(path) for place in _PLACES for path in (data / place).iterdir()),
            "configuration": (data / "postgresql.auto.conf").read_text(),
        }
        self.traps.sprung()  # by looking
        return seen

    def stored(self) -> str:
        """Every value that the operator's tables hold, as text in lower case."""
        tables = ("customers", "orders", "tickets", "tomes", "dear", "welcome", "frozen")
        rows = [row for table in tables for row in self._own.execute(f"SELECT t::text FROM {table} AS t")]  # type: ignore[arg-type]
        return "\n".join(text for (text,) in rows).lower()

    def close(self) -> None:
        for connection in (self._own, *self._bystanders.values()):
            connection.close()
        self.traps.close()


def session(connection: psycopg.Connection) -> dict[str, object]:
    """What a statement could have left on a connection."""
    return {name: connection.execute(query).fetchall() for name, query in _SESSION.items()}  # type: ignore[arg-type]


def _alive(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True
