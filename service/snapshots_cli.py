"""`reckoner snapshots` and `reckoner delete`: going back to what a collection held, and taking documents out of it, from the command line
of the machine that serves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.terminal import JsonOption, SampleOption, WorkspaceOption, day, say, settings_of

if TYPE_CHECKING:
    from retrieval.snapshots import Snapshot, Snapshots

snapshots = typer.Typer(
    no_args_is_help=True, help="Snapshots of the workspace's documents, or of a vector store: take them, go back to them."
)
_PAGE = 100

StoreOption = Annotated[str | None, typer.Option("--store", help="Id of a vector store.", show_default="the workspace's own documents")]
IdArgument = Annotated[str, typer.Argument(help="The snapshot, as `reckoner snapshots list` shows it.")]


@snapshots.command(epilog='Example: reckoner snapshots create --name "before the new handbook"')
def create(
    name: Annotated[str, typer.Option(help="A few words, for the list.")] = "",
    store: StoreOption = None,
    sample: SampleOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Take a snapshot. It copies nothing: what is deleted or replaced from now on is kept for it."""
    with _opened(sample, workspace, store) as (found, of):
        snapshot = found.create(of, name)
    print(snapshot.id)
    say(f"{snapshot.documents} documents. `reckoner snapshots rollback {snapshot.id}` goes back to them.")


@snapshots.command("list")
def list_snapshots(
    store: StoreOption = None, sample: SampleOption = False, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """All snapshots, the latest first: id, when taken, how many documents, how many of them stand in snapshots alone, name."""
    with _opened(sample, workspace, store) as (found, of):
        every = list(_all(found, of))
    if as_json:
        print(json.dumps([asdict(snapshot) for snapshot in every], ensure_ascii=False))
        return
    for one in every:
        print(f"{one.id}  {day(one.created)}  {one.documents} documents  {one.kept} of them kept  {one.name}".rstrip())


@snapshots.command(epilog="Example: reckoner snapshots rollback snap_3f9c0a71b2de --workspace /srv/reckoner")
def rollback(
    id: IdArgument, store: StoreOption = None, sample: SampleOption = False, workspace: WorkspaceOption = None
) -> None:  # fmt: skip
    """Go back to a snapshot. Whoever serves sees it at the next question. A snapshot of what it replaces is taken first."""
    from retrieval.snapshots import UnknownSnapshot

    with _opened(sample, workspace, store) as (found, of):
        try:
            back = found.roll_back(of, id)
        except UnknownSnapshot:
            raise _unknown(id) from None
    print(f"{back.restored} documents came back, {back.removed} went")
    say(f"`reckoner snapshots rollback {back.undo.id}` undoes it.")


@snapshots.command()
def delete(id: IdArgument, store: StoreOption = None, sample: SampleOption = False, workspace: WorkspaceOption = None) -> None:
    """Delete a snapshot, and for good what is kept for it alone."""
    with _opened(sample, workspace, store) as (found, of):
        if not found.delete(of, id):
            raise _unknown(id)
    print(f"{id} is deleted")


def delete_documents(
    names: Annotated[list[str], typer.Argument(help="Documents of the workspace, by the names that `reckoner index` gave them.")],
    everywhere: Annotated[bool, typer.Option("--everywhere", help="For good: from every snapshot, too.")] = False,
    sample: SampleOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Delete documents: the next question does not find them. Snapshots keep them, and going back brings them back, unless --everywhere."""
    with _opened(sample, workspace, None) as (found, _):
        missing = [name for name in names if not _deleted(found, name, everywhere)]
    print(f"{len(names) - len(missing)} deleted")
    if missing:
        raise typer.BadParameter(f"there is no document {', '.join(map(repr, missing))}", param_hint="NAMES")


def _deleted(found: Snapshots, name: str, everywhere: bool) -> bool:
    if everywhere:
        return found.erase(name)
    document = found.record.document(name)
    return document is not None and not document.file and found.record.delete_document(name)


def _all(found: Snapshots, store: str) -> Iterator[Snapshot]:
    from retrieval.paging import Page

    last: str | None = None
    more = True
    while more:
        page, more = found.all(store, Page(_PAGE, after=last))
        yield from page
        last = page[-1].id if page else None


@contextmanager
def _opened(sample: bool, workspace: Path | None, store: str | None) -> Iterator[tuple[Snapshots, str]]:
    from retrieval.snapshots import Snapshots
    from retrieval.stores import WORKSPACE, Stores
    from service.workspace import open_record

    record = open_record(settings_of(sample, None, workspace=workspace))
    try:
        of = store or WORKSPACE
        if Stores(record).store(of) is None:
            raise typer.BadParameter(f"there is no vector store {of!r}", param_hint="--store")
        yield Snapshots(record), of
    finally:
        record.close()


def _unknown(id: str) -> typer.BadParameter:
    return typer.BadParameter(f"there is no snapshot {id!r} of this collection; see `reckoner snapshots list`", param_hint="ID")
