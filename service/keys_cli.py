"""`reckoner keys`: API keys, from the command line of the machine that serves."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.terminal import JsonOption, SampleOption, WorkspaceOption, day, say, settings_of

if TYPE_CHECKING:
    from service.keys import Keys

keys = typer.Typer(no_args_is_help=True, help="API keys: make, list, revoke. From the first on, every request but the probes needs one.")

Scope = StrEnum("Scope", ["ask", "manage", "train", "admin"])  # those of service/keys.py, which help must not wait for
_SCOPE_HELP = (
    "What it may do; may be repeated. [b]ask[/b]: questions, embeddings, traces, feedback. [b]train[/b]: jobs, files, corrections. "
    "[b]manage[/b]: which version serves, metrics, files and vector stores. [b]admin[/b]: everything."
)


@keys.command(epilog="Example: reckoner keys create website --scope ask --workspace /srv/reckoner")
def create(
    name: Annotated[str, typer.Argument(help="Who or what will use it, for the list.")],
    scope: Annotated[list[Scope], typer.Option(help=_SCOPE_HELP, show_default=False)],
    requests_per_minute: Annotated[
        int | None, typer.Option(min=0, help="How often it may ask; 0 is no limit.", show_default="that of the settings")
    ] = None,
    sample: SampleOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Make a key. It is printed alone on stdout, and cannot be shown again."""
    from service.keys import BadName

    store = _open(sample, workspace)
    first = not store.all()
    try:
        key, told = store.create(name, [str(given) for given in scope], requests_per_minute)  # type: ignore[misc]
    except BadName as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from None
    print(told)
    say(f"Keep it: it is not shown again. Clients send it as `Authorization: Bearer …`; openai's reads it from OPENAI_API_KEY. "
        f"`reckoner keys revoke {key.id}` takes it back.")  # fmt: skip
    if first:
        say("It is the first: within a second every request needs a key.")


@keys.command("list", epilog="Example: reckoner keys list --json --workspace /srv/reckoner")
def list_keys(sample: SampleOption = False, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """All keys, one a line: id, name, scopes, when made, used last (to a minute) and revoked, its own limit. Never the keys themselves."""
    found = _open(sample, workspace).all()
    if as_json:
        print(json.dumps([asdict(key) for key in found], ensure_ascii=False))
        return
    for key in found:
        used = f"used {day(key.used)}" if key.used else "never used"
        revoked = f"  revoked {day(key.revoked)}" if key.revoked else ""
        limit = "" if key.requests_per_minute is None else f"  {key.requests_per_minute or 'any number of'} requests a minute"
        print(f"{key.id}  {key.name}  {','.join(key.scopes)}  made {day(key.created)}  {used}{revoked}{limit}")


@keys.command(epilog="Example: reckoner keys revoke 3f9c0a71b2de --workspace /srv/reckoner")
def revoke(
    id: Annotated[str, typer.Argument(help="The key's id, as `reckoner keys list` shows it.")],
    sample: SampleOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Take a key back. Whoever serves refuses it within a second; that cannot be undone."""
    from service.keys import id_of

    store = _open(sample, workspace)
    try:
        key = store.revoke(id_of(id))
    except KeyError:  # what was given is not repeated: it may be most of a key
        raise typer.BadParameter("there is no such key; see `reckoner keys list`", param_hint="ID") from None
    print(f"{key.id} ({key.name}) is revoked")
    if all(other.revoked for other in store.all()):
        say("It was the last: the service takes no request until there is another key.")


def _open(sample: bool, workspace: Path | None) -> Keys:
    from service.keys import Keys

    settings = settings_of(sample, None, workspace=workspace)
    settings.workspace.mkdir(parents=True, exist_ok=True)
    return Keys(settings.record_address)
