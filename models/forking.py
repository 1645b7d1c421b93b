"""The server that processes that search are forked from (`models/processes.py`): it imports what they need once, and shares its memory.

Nothing heavy is imported here, so that who starts may have it import on another core beside its own imports: each takes seconds.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext


def context() -> ForkServerContext:
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["models.preloaded"])
    return found


def start() -> None:
    """Starts the server if it does not run yet, and does not wait for it."""
    context()
    forkserver.ensure_running()
