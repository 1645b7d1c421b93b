"""A real PostgreSQL server for tests, from the machine's own package; tests that need it are skipped where there is none."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)  # Debian keeps it off the path


def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`; None where PostgreSQL is not installed."""
    return next((place for place in _PLACES if (place / "initdb").exists()), None)


@contextmanager
def running() -> Iterator[str]:
    """The folder of the socket of a server that lives as long as the block. It is reached by no network."""
    place = binaries()
    assert place is not None
    # The server refuses to run as root; Debian's package brings a user for it.
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path must be short
    shutil.chown(folder, user)
    run = {"user": user, "check": True, "capture_output": True, "env": {**os.environ, "LC_ALL": "C"}}
    try:
        subprocess.run([place / "initdb", "-D", folder / "data", "-U", "tests", "-A", "trust", "-E", "UTF8"], **run)  # type: ignore[call-overload]
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        start = [place / "pg_ctl", "-D", folder / "data", "-o", options, "-w", "-l", folder / "log", "start"]
        subprocess.run(start, **{**run, "capture_output": False})  # type: ignore[call-overload]
        try:
            yield str(folder)
        finally:
            subprocess.run([place / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop"], **run)  # type: ignore[call-overload]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(socket: str) -> str:
    """The address of an empty database."""
    name = f"d{uuid.uuid4().hex}"
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://tests@/postgres?host={socket}", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return f"postgresql://tests@/{name}?host={socket}"
