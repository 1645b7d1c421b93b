"""Requests that nobody would think of, to every endpoint of the description: none may be answered with a 5xx.

    pip install 'reckoner[test,proofs]'
    python -m tests.fuzz [--examples 100] [--seed 1]

schemathesis makes the requests from the description, valid ones and broken ones; the service is a tiny workspace, whose model has learned
nothing, behind a real server. Among the ids are some of things that are there, so that requests get further than to a 404.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2

from service.jobs.ledger import Ledger
from tests.servers import Server, served
from tests.test_metrics_api import scrape
from tests.workspaces import TENTS, tiny_workspace, untrained_checkpoint, untrained_embedder

_EACH = 8  # things of a kind that are there; requests delete some


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzz the whole API.")
    parser.add_argument("--examples", type=int, default=100, help="requests made up for each endpoint, beside those for its bounds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="a path, to look closer at one endpoint")
    options = parser.parse_args()
    beside = Path(sys.executable).with_name("schemathesis")
    found = str(beside) if beside.exists() else shutil.which("schemathesis")
    if found is None:
        sys.exit("schemathesis is not installed: pip install 'reckoner[proofs]'")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        workspace, settings = tiny_workspace(folder, model=untrained_checkpoint(folder / "base"), queue=256)
        workspace.close()
        ledger = Ledger(settings.record_address)
        with served(settings, ledger, untrained_embedder()) as server:
            described = folder / "openapi.json"
            described.write_text(json.dumps(with_ids(httpx2.get(f"{server.url}/openapi.json").json(), things(server))))
            command = [
                found, "run", str(described), "--url", server.url,
                "--checks", "not_a_server_error", "--phases", "examples,coverage,fuzzing",
                "--max-examples", str(options.examples), "--seed", str(options.seed), "--generation-database", "none",
                "--no-shrink", "--continue-on-failure", "--warnings", "off",
                *(["--include-path", options.only] if options.only else []),
            ]  # fmt: skip
            ended = subprocess.run(command, cwd=folder).returncode
            answered: Counter[str] = Counter()
            for (name, labels), count in scrape(server).items():
                if name == "requests_total":
                    answered[dict(labels)["status"]] += int(count)
        ledger.close()
    print("answered:", ", ".join(f"{count} × {status}" for status, count in sorted(answered.items())))
    failed = sum(count for status, count in answered.items() if status.startswith("5"))
    sys.exit(ended or min(failed, 1))


def things(server: Server) -> dict[str, list[str]]:
    """The ids of what is there, by the start of the paths that take them."""

    def post(path: str, body: Any = None, **more: Any) -> Any:
        answer = httpx2.post(f"{server.url}/v1{path}", json=body, timeout=60, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    files = [
        post("/files", files={"file": (f"{number}.md", TENTS.encode()), "purpose": (None, "assistants")})["id"]
        for number in range(_EACH)
    ]
    stores = [post("/vector_stores", {"name": str(number), "file_ids": files[:2]})["id"] for number in range(_EACH)]
    return {
        "/v1/files": files,
        "/v1/vector_stores": stores,
        "/v1/answers": [post("/responses", {"input": TENTS})["id"] for _ in range(_EACH)],
        "/v1/feedback": [post("/feedback", {"question": TENTS, "answer": "24 months"})["id"] for _ in range(_EACH)],
        "/v1/fine_tuning": [post("/fine_tuning/jobs", {"model": "reckoner", "training_file": "practice"})["id"]],
        "/v1/models": ["reckoner", "reckoner-tiny", "reckoner-embedder"],
        "/v1/databases": ["shop"],
        "file": files,
        "batch": [post(f"/vector_stores/{stores[0]}/file_batches", {"file_ids": files[2:4]})["id"]],
    }


def with_ids(described: dict[str, Any], things: dict[str, list[str]]) -> dict[str, Any]:
    """The description with these ids among the values of the places in paths."""
    for path, operations in described["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    start = next((start for start in things if path.startswith(start)), "")
                    there = things.get(parameter["name"]) or things[start]
                    parameter["schema"] = {"anyOf": [{"enum": there}, {"type": "string"}]}
    return described


if __name__ == "__main__":
    main()
