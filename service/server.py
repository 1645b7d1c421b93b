"""The web server, and how it stops: on SIGTERM or Ctrl+C it takes no more questions and says so, to whoever asks `/health/ready` and to
whoever asks anything, while what it has taken is answered; then it closes. A second signal does not wait.
"""

from __future__ import annotations

import sys
import time
from types import FrameType

import uvicorn
from fastapi import FastAPI

from service.engine import Engine
from service.settings import Settings

_PATIENCE = 30.0  # seconds in which what was taken is answered; whoever starts us must wait longer (`stop_grace_period` in compose.yaml)
_GOODBYE = 5  # seconds for responses that are still being sent then
# Seconds until an idle connection is closed. Whoever sends a request at that moment is cut off, so it must be later than clients stop using
# theirs: OpenAI's after 5, which is uvicorn's own number, aiohttp's after 15, nginx's after 60.
_IDLE = 75


class Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, engine: Engine) -> None:
        super().__init__(config)
        self.engine = engine
        self._waits_until: float | None = None  # once it is to stop

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._waits_until is None:
            self._waits_until = time.monotonic() + _PATIENCE
            self.engine.drain()
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if self._waits_until is not None and not self.should_exit:
            busy = any(self.engine.load) or self.server_state.tasks  # of the engine, and whatever else is being answered
            # Not uvicorn's own handler, which has the signal kill the process in the end, before its resources are given back.
            self.should_exit = not busy or time.monotonic() > self._waits_until
        return await super().on_tick(counter)


def server_of(app: FastAPI, settings: Settings) -> Server:
    """Its records go where ours go, and requests are logged by ourselves, with their ids."""
    config = uvicorn.Config(
        app, host=settings.host, port=settings.port, log_config=None, access_log=False, timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=_GOODBYE,
    )  # fmt: skip
    return Server(config, app.state.engine)


def serve(app: FastAPI, settings: Settings) -> None:
    """Until it is stopped."""
    server = server_of(app, settings)
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    if not server.started:  # it has said why, as of a port that is taken
        sys.exit(1)
