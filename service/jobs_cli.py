"""`reckoner jobs` and `reckoner models`: training jobs and what they made, from the command line of the machine that serves."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.terminal import JsonOption, ModelOption, SampleOption, WorkspaceOption, learning_bar, progress_bar, resumable, say, settings_of

if TYPE_CHECKING:
    from service.jobs.ledger import Job, Ledger, Part
    from service.settings import Settings

jobs = typer.Typer(no_args_is_help=True, help="Training jobs: submit them, watch them, stop them.")
models = typer.Typer(no_args_is_help=True, help="Versions of the model: which there are, which serves.")
_LOOK = 0.5  # seconds

IdArgument = Annotated[str, typer.Argument(help="The job, as `reckoner jobs list` shows it.")]


@jobs.command(epilog="Examples: reckoner jobs submit --watch · reckoner jobs submit --file mine.jsonl --suffix shop · "
              "reckoner jobs submit --embedder")  # fmt: skip
def submit(
    file: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="JSONL of examples; practice without one.")] = None,
    corrections: Annotated[bool, typer.Option("--corrections", help="Learn what people have said is right.")] = False,
    embedder: Annotated[bool, typer.Option("--embedder", help="Let the embedder learn the indexed documents.")] = False,
    suffix: Annotated[str, typer.Option(help="A word for the new model's name.")] = "",
    epochs: Annotated[
        float | None,
        typer.Option(min=0.01, max=50, help="Times each example is learned from.", show_default="2; more of few; for the embedder 15"),
    ] = None,
    n_examples: Annotated[
        int | None,
        typer.Option(min=20, max=50_000, help="Questions that practice makes.", show_default="3000; for the embedder 24 a passage"),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of everything random.", show_default="drawn")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Follow the job to its end.")] = False,
    sample: SampleOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Submit a training job; a worker (`reckoner serve`, `reckoner worker`) does it."""
    from service.jobs.folders import EMBEDDER, file_path, model_folder
    from service.jobs.ledger import CORRECTIONS, JobError, Rivals
    from service.serving import base_name

    if embedder and file is not None:
        raise typer.BadParameter("the embedder learns from the indexed documents, not from a file", param_hint="--file")
    if corrections and (embedder or file is not None):
        raise typer.BadParameter("corrections are learned by the model that answers, without a file", param_hint="--corrections")
    settings, ledger = _open(sample, workspace)
    model = (ledger.serving("embedder")[1] or EMBEDDER) if embedder else (ledger.serving()[1] or base_name(settings.model))
    try:
        model_folder(model, ledger, settings)
    except JobError as error:
        raise typer.BadParameter(str(error)) from None
    if corrections and not ledger.to_learn():
        raise typer.BadParameter("there are none yet; POST /v1/feedback takes them", param_hint="--corrections")
    stored = ""
    if file is not None:
        content = file.read_bytes()
        stored = f"file-{uuid.uuid4().hex[:24]}"
        file_path(settings, stored).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, file_path(settings, stored))
        ledger.add_file(stored, file.name, "fine-tune", len(content), hashlib.sha256(content).hexdigest())
    given = {name: value for name, value in (("n_epochs", epochs), ("n_examples", n_examples)) if value is not None}
    wanted = {
        "model": model, "training_file": CORRECTIONS if corrections else stored, "validation_file": None, "suffix": suffix,
        "seed": random.randrange(2**31) if seed is None else seed, "hyperparameters": given, "metadata": None,
    }  # fmt: skip
    try:
        job = ledger.submit(wanted)
    except Rivals as rivals:
        if stored:
            ledger.drop_file(stored)
            file_path(settings, stored).unlink(missing_ok=True)
        raise typer.BadParameter(str(rivals)) from None
    print(job.id)
    if watch:
        _follow(ledger, job.id)


@jobs.command("list")
def list_jobs(sample: SampleOption = False, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """The latest jobs, one a line."""
    _, ledger = _open(sample, workspace)
    found, _ = ledger.jobs(50)
    if as_json:
        print(json.dumps([_shown(job) for job in found]))
        return
    for job in found:
        what = job.request["training_file"] or "practice"
        print(f"{job.id}  {job.status:<10}  {what}  {job.outcome.get('fine_tuned_model', '')}")


@jobs.command()
def show(id: IdArgument, sample: SampleOption = False, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """A job and its latest events."""
    _, ledger = _open(sample, workspace)
    job = _known(ledger, id)
    if as_json:
        print(json.dumps(_shown(job)))
        return
    print(f"{job.id}: {job.status}, going on from {job.request['model']}")
    events, _ = ledger.events(job.id, 20)
    for event in reversed(events):
        print(f"  {event.level:<5} {event.message}")


@jobs.command()
def watch(id: IdArgument, sample: SampleOption = False, workspace: WorkspaceOption = None) -> None:
    """Follow a job: its steps, loss and time left, to its end."""
    _, ledger = _open(sample, workspace)
    _follow(ledger, _known(ledger, id).id)


@jobs.command()
def cancel(id: IdArgument, sample: SampleOption = False, workspace: WorkspaceOption = None) -> None:
    """End a job; what it learned is given up."""
    _want(id, "cancel", sample, workspace)


@jobs.command()
def pause(id: IdArgument, sample: SampleOption = False, workspace: WorkspaceOption = None) -> None:
    """Stop a job after the step at hand, for `resume` to go on with."""
    _want(id, "pause", sample, workspace)


@jobs.command()
def resume(id: IdArgument, sample: SampleOption = False, workspace: WorkspaceOption = None) -> None:
    """Let a paused job go on."""
    _want(id, "resume", sample, workspace)


@models.command("list")
def list_models(sample: SampleOption = False, workspace: WorkspaceOption = None, model: ModelOption = None) -> None:
    """The models of the settings and every version that a job made; a star at the one that answers and at the one that embeds. Where it has
    passages still to embed it says how many, and the one before it serves until then."""
    from service.jobs.folders import EMBEDDER
    from service.serving import base_name

    settings, ledger = _open(sample, workspace, model)
    parts: tuple[tuple[Part, str, bool], ...] = (
        ("answerer", base_name(settings.model), True), ("embedder", EMBEDDER, settings.embedder is not None and settings.embedder.exists()),
    )  # fmt: skip
    for part, base, there in parts:
        serving = ledger.serving(part)[1]
        left = _left_to_embed(serving, ledger, settings) if part == "embedder" and (serving or there) else ""
        if there:
            print(f"* {base}{left}" if not serving else f"  {base}")
        for version in ledger.versions(part):
            print(f"{'*' if version.id == serving else ' '} {version.id}{left if version.id == serving else ''}  {version.about['why']}")


@models.command()
def promote(
    name: Annotated[str, typer.Argument(help="The version, as `reckoner models list` shows it.")],
    sample: SampleOption = False, workspace: WorkspaceOption = None, model: ModelOption = None,
) -> None:  # fmt: skip
    """Let a version serve: whoever serves swaps it in within a second, and no request fails. An embedder first embeds every passage, while
    what serves goes on; stopped in the middle, the same command goes on."""
    from service.serving import base_name
    from service.serving import promote as promote_version

    settings, ledger = _open(sample, workspace, model)
    _embed(name, ledger, settings)
    try:
        promote_version(ledger, name, base_name(settings.model), "promoted by hand")
    except KeyError:
        raise typer.BadParameter(f"there is no version {name!r}; see `reckoner models list`", param_hint="NAME") from None
    print(f"{name} serves")


@models.command()
def rollback(
    embedder: Annotated[bool, typer.Option("--embedder", help="Of the embedders; without it, of the models that answer.")] = False,
    sample: SampleOption = False, workspace: WorkspaceOption = None, model: ModelOption = None,
) -> None:  # fmt: skip
    """Let serve what served before; an embedder first embeds every passage again."""
    from service.jobs.folders import EMBEDDER
    from service.serving import base_name, roll_back, served_before

    settings, ledger = _open(sample, workspace, model)
    base = EMBEDDER if embedder else base_name(settings.model)
    part: Part = "embedder" if embedder else "answerer"
    _embed(served_before(ledger, part) or base, ledger, settings)
    print(f"{roll_back(ledger, 'rolled back by hand', part) or base} serves")


def _left_to_embed(version: str, ledger: Ledger, settings: Settings) -> str:
    from service.workspace import embedder_id, open_record

    record = open_record(settings)
    try:
        unseen, of = record.count_without_vectors(embedder_id(version, ledger, settings))
    finally:
        record.close()
    return f"  ({of - unseen} of {of} passages embedded)" if unseen else ""


def _embed(name: str, ledger: Ledger, settings: Settings) -> None:
    """Lets the embedder of this name embed what it has not, with a bar; there is nothing to do where the name is another model's."""
    from retrieval.ingest import embed_missing
    from service.jobs.folders import part_of
    from service.workspace import load_promoted, open_record

    if part_of(name, ledger) != "embedder":
        return
    embedder = load_promoted(name, ledger, settings)
    if embedder is None:
        return
    record = open_record(settings)
    try:
        with progress_bar() as bar, resumable("Stopped. What serves goes on; the same command goes on with the rest."):
            task = bar.add_task("embedding passages", total=None)
            embed_missing(record, embedder, lambda done, of: bar.update(task, completed=done, total=of))
    finally:
        record.close()


def _open(sample: bool, workspace: Path | None, model: Path | None = None) -> tuple[Settings, Ledger]:
    from service.jobs.ledger import Ledger

    settings = settings_of(sample, None, workspace=workspace, model=model)
    settings.workspace.mkdir(parents=True, exist_ok=True)
    return settings, Ledger(settings.record_address)


def _known(ledger: Ledger, id: str) -> Job:
    found = ledger.job(id)
    if found is None:
        raise typer.BadParameter(f"there is no job {id!r}; see `reckoner jobs list`", param_hint="ID")
    return found


def _want(id: str, wish: Any, sample: bool, workspace: Path | None) -> None:
    from service.jobs.ledger import Over

    _, ledger = _open(sample, workspace)
    try:
        job = ledger.want(_known(ledger, id).id, wish)
    except Over as over:
        raise typer.BadParameter(f"the job has ended already: it is {over}", param_hint="ID") from None
    print(f"{job.id}: {job.status}" + (f", will {job.wish} after the step at hand" if job.wish else ""))


def _shown(job: Job) -> dict[str, Any]:
    return {"id": job.id, "status": job.status, "created_at": job.created, "finished_at": job.finished, **job.request, **job.outcome}


def _follow(ledger: Ledger, id: str) -> None:
    """A bar while the job learns, and each of its messages as it comes."""
    from service.jobs.ledger import OVER

    seen: set[str] = set()
    with learning_bar() as bar:
        task = bar.add_task("waiting", total=None, state="")
        valid = ""
        while True:
            job = _known(ledger, id)
            events, _ = ledger.events(id, 1000)
            for event in reversed(events):
                if event.id in seen:
                    continue
                seen.add(event.id)
                if event.kind == "metrics":
                    if "valid_loss" in event.data:
                        valid = f"  valid {event.data['valid_loss']:.3f}"
                    left = event.data["seconds_left"] / 60
                    state = f"loss {event.data['train_loss']:.3f}{valid}  {left:.0f} min left"
                    bar.update(task, description="learning", completed=event.data["step"], total=event.data["total_steps"], state=state)
                else:
                    (bar.console.print if bar.console.is_terminal else say)(event.message)
            if job.status in OVER or job.status == "paused":
                break
            time.sleep(_LOOK)
    print(f"{job.status}  {job.outcome.get('fine_tuned_model', '')}".strip())
    if job.status == "failed":
        raise typer.Exit(1)
