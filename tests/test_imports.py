"""The import rule, held over the syntax trees: who may know of whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("models", "retrieval", "service", "tools")
LEAVES: dict[str, tuple[str, ...]] = {"tools.evidence": (), "tools.patience": (), "tools.language": ("tools.evidence",)}
"""What every package may know, and what of ours each of these knows itself."""
WEB = {
    f"service/{name}.py"
    for name in (
        "api", "auth", "bodies", "connections_api", "description", "errors", "feedback_api", "hosts", "jobs_api", "one_step_api", "pace",
        "pages", "schemas", "server", "snapshots_api", "store_requests", "vector_stores", "waiting",
    )
}  # fmt: skip
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """The full name of every module that `path` imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def package(module: str) -> str:
    return module.partition(".")[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_packages_know_only_those_they_may(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    mine = package(name.replace("/", "."))
    ours = [module for module in imported(path) if package(module) in PACKAGES]
    if (leaf := name.removesuffix(".py").replace("/", ".")) in LEAVES:
        assert [module for module in ours if not module.startswith(LEAVES[leaf])] == []
    elif mine != "service":
        assert [module for module in ours if package(module) != mine and not module.startswith(tuple(LEAVES))] == []
    if name not in WEB:
        assert [module for module in imported(path) if package(module) in ("fastapi", "starlette")] == []


def test_only_errors_knows_status_codes() -> None:
    for name in ("api", "auth", "schemas", "engine", "answering", "workspace"):
        tree = ast.parse((ROOT / "service" / f"{name}.py").read_text(encoding="utf-8"))
        numbers = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is int}
        assert not numbers & {400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503}, name


@pytest.mark.parametrize("module", ["service.cli", "service.settings", "models.forking"])
def test_what_starts_the_service_waits_for_nothing_heavy(module: str) -> None:
    heavy = "torch", "fastapi", "faiss"
    script = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"
