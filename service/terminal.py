"""What commands share: options, the settings with the options before them, progress bars, and a line on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

    from service.settings import Settings

Device = StrEnum("Device", ["auto", "cpu", "cuda"])

SampleOption = Annotated[bool, typer.Option("--sample", help="Use the sample workspace: an invented outdoor shop.")]
WorkspaceOption = Annotated[Path | None, typer.Option("--workspace", help="Folder of the record.", show_default="workspace")]
DatabaseOption = Annotated[
    list[str] | None, typer.Option("--database", help="A database to connect: NAME=FILE or NAME=postgresql://…; may be repeated.")
]
DeviceOption = Annotated[Device | None, typer.Option("--device", help="Where the model runs.", show_default="auto")]
ModelOption = Annotated[Path | None, typer.Option("--model", help="Checkpoint of the answerer.", show_default="the one that ships")]
ProcessesOption = Annotated[int, typer.Option("--processes", min=1, help="Processes, with one thread each.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")]


def settings_of(sample: bool, database: Sequence[str] | None, **given: Any) -> Settings:
    """The settings with the command's options before them; with `sample`, its workspace is made ready and used."""
    from service.settings import read_settings

    options = {name: str(value) if isinstance(value, StrEnum) else value for name, value in given.items()}
    settings = read_settings(**options, databases=_named(database) or None)
    if not sample:
        return settings
    from service.workspace import prepare_sample

    folder = settings.workspace / "sample"
    with progress_bar() as bar:
        task = bar.add_task("preparing the sample workspace", total=None)
        databases = prepare_sample(
            folder, lambda done, all_, _: bar.update(task, completed=done, total=all_), record_url=settings.record_url
        )
    return read_settings(**(options | {"workspace": folder}), databases={**settings.databases, **databases})


def _named(database: Sequence[str] | None) -> dict[str, str]:
    named = {}
    for given in database or ():
        name, equals, path = given.partition("=")
        if not (name and equals and path):
            raise typer.BadParameter(f"{given!r} is not NAME=PATH", param_hint="--database")
        named[name] = path
    return named


def open_answering(settings: Settings, processes: Any = None, *, at_once: bool = False) -> Any:
    """With `processes` (models.processes.Processes), it is they that search for programs. `at_once` as `Workspace.open` has it."""
    from service.answering import Answering
    from service.workspace import Workspace, load_answerer

    return Answering(Workspace.open(settings, at_once=at_once), load_answerer(settings.model, settings, processes), settings)


@contextmanager
def searching(settings: Settings) -> Iterator[Any]:
    """Processes that search for programs, one for each question that is answered at once; None where there is a GPU to share."""
    from models.processes import Processes
    from service.workspace import choose_device, choose_precision

    device = choose_device(settings.device)
    if device != "cpu":
        yield None
        return
    with Processes(settings.workers, settings.model.resolve(), choose_precision(settings.precision, device)) as processes:
        yield processes


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress bar on stderr, so that stdout holds the result alone; nothing where stderr is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress


def learning_bar() -> Progress:
    """A bar on stderr whose tasks have a `state`: loss, validation, time left; nothing where stderr is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[state]}"))
    return Progress(*columns, console=console, disable=not console.is_terminal)


@contextmanager
def training_bar() -> Iterator[tuple[Any, Any]]:
    """A bar for each stage with loss, validation and time left; a line now and then where stderr is not a terminal."""
    tasks: dict[str, Any] = {}
    checked: dict[str, str] = {}
    with learning_bar() as bar:
        console = bar.console

        def report(stage: str, p: Any) -> None:
            if p.valid_loss is not None:
                checked[stage] = f"  valid {p.valid_loss:.3f}, {100 * (p.valid_exact or 0):.1f} % exact"
            left = (p.steps - p.step) * p.seconds / p.step / 60
            state = f"loss {p.loss:.3f}{checked.get(stage, '')}  {left:.0f} min left"
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=p.steps, state=state)
            bar.update(tasks[stage], completed=p.step, state=state)
            if not console.is_terminal and (p.step % 100 == 0 or p.valid_loss is not None):
                say(f"{stage} {p.step}/{p.steps}  {state}")

        yield bar, report


@contextmanager
def resumable(word: str = "Stopped. The same command goes on from the last save.") -> Iterator[None]:
    """Says this on Ctrl+C, and exits with 130."""
    try:
        yield
    except KeyboardInterrupt:
        say(word)
        raise typer.Exit(130) from None


def day(seconds: int) -> str:
    """Unix time as people read it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
