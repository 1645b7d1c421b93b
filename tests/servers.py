"""Servers for tests: an application behind uvicorn, on a port of its own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import uvicorn

from models.answerer import Answerer
from retrieval.search import Embedder
from service.answering import Answering
from service.api import create_app
from service.jobs.ledger import Ledger
from service.settings import Settings
from service.workspace import Workspace


class Server:
    """The application behind uvicorn, in a thread, on a port of its own."""

    def __init__(self, app: Any) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]})

    def __enter__(self) -> Server:
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.socket.close()


@contextmanager
def served(settings: Settings, ledger: Ledger, embedder: Embedder | None = None) -> Iterator[Server]:
    """The workspace and the model of the settings, the latter in this process; with another embedder where one is given."""
    workspace = Workspace.open(settings)
    shown = workspace if embedder is None else replace(workspace, embedder=embedder)
    with Server(create_app(Answering(shown, Answerer.load(settings.model), settings), settings, ledger)) as running:
        yield running
    workspace.close()
