"""What an attack could change or reach, and how a test sees it: by looking at the world, not at the error.

`Traps` is a folder with files worth stealing and a port that somebody may call. Linux's inotify reports every opening of a file in it,
so an attack that reads a file and keeps quiet is seen as well as one that writes.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import socket
import sqlite3
import struct
from pathlib import Path

CANARY = "CANARY-7f3a"  # stands in everything that no answer may hold

_IN_ACCESS, _IN_MODIFY, _IN_ATTRIB, _IN_OPEN = 0x1, 0x2, 0x4, 0x20
_IN_MOVED, _IN_CREATE, _IN_DELETE = 0xC0, 0x100, 0x200
CHANGES = _IN_MODIFY | _IN_ATTRIB | _IN_MOVED | _IN_CREATE | _IN_DELETE
TOUCHES = CHANGES | _IN_ACCESS | _IN_OPEN


class Watch:
    """Which files were touched, as Linux saw it; nobody who has the file open can keep it quiet."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._handle = self._libc.inotify_init1(os.O_NONBLOCK)
        assert self._handle >= 0, os.strerror(ctypes.get_errno())
        self._paths: dict[int, Path] = {}

    def add(self, path: Path, mask: int = TOUCHES) -> None:
        number = self._libc.inotify_add_watch(self._handle, os.fsencode(path), mask)
        assert number >= 0, os.strerror(ctypes.get_errno())
        self._paths[number] = path

    def seen(self) -> list[str]:
        """What happened since the last look."""
        events = []
        try:
            raw = os.read(self._handle, 1 << 16)
        except BlockingIOError:
            return []
        while raw:
            number, mask, _, length = struct.unpack_from("iIII", raw)
            name = raw[16 : 16 + length].rstrip(b"\0").decode()
            events.append(f"{self._paths[number] / name} {mask:#x}")
            raw = raw[16 + length :]
        return events

    def close(self) -> None:
        os.close(self._handle)


class Traps:
    """Files and a port that nothing may touch."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        (folder / "secret.txt").write_text(f"the password is {CANARY}\n")
        (folder / "evil.so").write_bytes(b"\x7fELF not quite")
        with sqlite3.connect(folder / "other.sqlite") as connection:
            connection.execute("CREATE TABLE treasure AS SELECT ? AS secret", (CANARY,))
        connection.close()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.watch = Watch()
        self.watch.add(folder)

    @property
    def names(self) -> dict[str, str]:
        """What an attack calls them."""
        return {"folder": str(self.folder), "port": str(self._listener.getsockname()[1])}

    def sprung(self) -> list[str]:
        """Everything that was touched since the last look."""
        found = self.watch.seen()
        try:
            peer, address = self._listener.accept()
        except BlockingIOError:
            return found
        peer.close()
        return [*found, f"a connection from {address}"]

    def close(self) -> None:
        self._listener.close()
        self.watch.close()


def digest(folder: Path) -> dict[str, str]:
    """The content of every file below `folder`, by its path."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
