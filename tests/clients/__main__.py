"""Starts the service on the sample workspace, and lets other clients of OpenAI's API ask it: `make clients`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.load import serving


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.clients PYTHON, the interpreter of an environment with tests/clients/requirements.txt")
    with serving() as server:
        url = f"http://127.0.0.1:{server.port}/v1"
        sys.exit(subprocess.run([sys.argv[1], str(Path(__file__).with_name("ask.py")), url]).returncode)


if __name__ == "__main__":
    main()
