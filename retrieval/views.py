"""Where the views of a record rest between two runs, so that a start reads them instead of building them.

The record alone is the truth. A view that rests here says at which change of the record it stands, by its number and its token, and is
caught up from there; one that does not open, is damaged, or stands at a change that this record does not have is built anew. Several
processes may share the folder: the first to come keeps it, until it ends however it ends; the others read what rests here and change
nothing.
"""

from __future__ import annotations

import fcntl
import logging
import shutil
import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

import numpy as np

from retrieval.record import Record

_LATEST = 2  # embedders whose vectors rest here: the one that serves, and the one before or after it
_log = logging.getLogger("reckoner.views")


class Views:
    """A folder of its own for one record, which is made where it is missing. Where it cannot be, nothing rests."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.kept = folder, False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = (folder / "lock").open("a")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.kept = True
        except BlockingIOError:
            pass  # another process keeps it
        except OSError as error:
            _log.warning("Indexes are kept in memory alone: %s", error)

    def close(self) -> None:
        """Leaves the folder to whoever comes next."""
        if self.kept:
            self._lock.close()
            self.kept = False

    # --- Words: a directory that the index writes into itself -------------------------------------------------------------

    def directories(self) -> list[Path]:
        """Where an index of words may rest."""
        return sorted(self._folder.glob("words-*")) if self._folder.is_dir() else []

    def new_directory(self) -> Path:
        path = self._folder / f"words-{token_hex(4)}"
        path.mkdir()
        return path

    def keep_only(self, directory: Path | None) -> None:
        """Throws the other directories away; what another process still reads of them stays until it has done so."""
        for path in self.directories():
            if self.kept and path != directory:
                shutil.rmtree(path, ignore_errors=True)

    # --- Vectors: a file that is replaced whole ------------------------------------------------------------------------------

    def load_vectors(self, record: Record, embedder: str) -> tuple[int, dict[str, np.ndarray]] | None:
        """The change that they stand at, and what was saved. None where there is nothing that this record can go on from."""
        path = self._vectors(embedder)
        try:
            with np.load(path, allow_pickle=False) as file:  # a zip, which checks what it reads
                saved = {name: file[name] for name in file.files}
            sequence, token = int(saved.pop("sequence")), str(saved.pop("token"))
        except FileNotFoundError:
            return None
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            _log.warning("%s is damaged and is made anew: %s", path, error)
            return None
        return (sequence, saved) if record.has_change(sequence, token) else None

    def save_vectors(self, record: Record, embedder: str, sequence: int, arrays: dict[str, np.ndarray]) -> None:
        """Of an index that stands at this change. Where the folder takes nothing, a warning is all that comes of it."""
        if not self.kept:
            return
        path = self._vectors(embedder)
        try:
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix="saving-", delete=False) as file:
                np.savez(file, sequence=np.int64(sequence), token=np.array(record.token(sequence)), **arrays)  # type: ignore[arg-type]
            Path(file.name).replace(path)
            for left in self._folder.glob("saving-*"):  # by a process that was killed
                left.unlink()
            for older in sorted(self._folder.glob("vectors-*"), key=lambda p: p.stat().st_mtime)[:-_LATEST]:
                older.unlink()
        except OSError as error:
            _log.warning("Vectors could not be saved to %s: %s", path, error)

    def _vectors(self, embedder: str) -> Path:
        return self._folder / f"vectors-{sha256(embedder.encode()).hexdigest()[:16]}.npz"
