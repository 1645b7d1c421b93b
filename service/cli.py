"""The command line: `reckoner --help`.

Whatever an operator can get wrong (a missing checkpoint, a damaged index, a database that is not there) ends with one plain
sentence on stderr and exit code 1; wrong usage with 2. Commands import what they need when they run, so that help is fast.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from service import jobs_cli, keys_cli, snapshots_cli
from service.terminal import (
    DatabaseOption,
    Device,
    DeviceOption,
    JsonOption,
    ModelOption,
    ProcessesOption,
    SampleOption,
    WorkspaceOption,
    open_answering,
    progress_bar,
    resumable,
    say,
    searching,
    settings_of,
    training_bar,
)  # fmt: skip

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich",
                  help="Answers from your documents and databases, each with the evidence that it came from.",
                  epilog="Try: [bold]reckoner serve --sample[/bold] or [bold]reckoner ask --sample \"How many shops are there?\"[/bold]. "
                         "Settings come from RECKONER_… variables, .env and reckoner.toml; options go before them.")  # fmt: skip
trainer = typer.Typer(no_args_is_help=True, help="Train a model from prepared examples. The same command again goes on where it stopped.")
app.add_typer(trainer, name="train")
app.add_typer(jobs_cli.jobs, name="jobs")
app.add_typer(jobs_cli.models, name="models")
app.add_typer(keys_cli.keys, name="keys")
app.add_typer(snapshots_cli.snapshots, name="snapshots")
app.command("delete", epilog="Example: reckoner delete prices.md --everywhere --workspace /srv/reckoner")(snapshots_cli.delete_documents)

Size = StrEnum("Size", ["nano", "small", "base"])
Kind = StrEnum("Kind", ["squad", "spider", "geography", "wikisql", "calls", "math", "questions", "language", "retrieval"])




# --- Answering ------------------------------------------------------------------------------------------------------


@app.command(epilog="Example: reckoner serve --workspace /srv/reckoner --database shop=/srv/shop.sqlite --port 8321")
def serve(
    sample: SampleOption = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.", show_default="8321")] = None,
    device: DeviceOption = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    model: ModelOption = None,
) -> None:
    """Serve the HTTP API until stopped."""
    from models import forking

    if device != Device.cuda:  # where `auto` finds a GPU it will have nothing to do
        forking.start()

    from service import logs
    from service.api import create_app
    from service.auth import check_start
    from service.jobs.ledger import Ledger
    from service.jobs.worker import Workers
    from service.server import serve as run

    settings = settings_of(sample, database, host=host, port=port, device=device, workspace=workspace, model=model)
    check_start(settings)
    logs.configure(settings.log_format, settings.log_level)
    with searching(settings) as processes:
        answering = open_answering(settings, processes, at_once=True)  # makes the workspace where there is none yet
        ledger = Ledger(settings.record_address)
        app_ = create_app(answering, settings, ledger)
        _tell(f"Serving on http://{settings.host}:{settings.port} (API description at /docs); stop with Ctrl+C.")
        with Workers(ledger, settings, settings.training_jobs):
            run(app_, settings)


@app.command(epilog="Example: reckoner worker --workspace /srv/reckoner --database shop=/srv/shop.sqlite")
def worker(
    sample: SampleOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    model: ModelOption = None,
) -> None:
    """Do training jobs, one after the other, until stopped; for machines where `serve` runs with RECKONER_TRAINING_JOBS=0."""
    from service import logs
    from service.jobs.worker import main as work

    settings = settings_of(sample, database, workspace=workspace, model=model)
    logs.configure(settings.log_format, settings.log_level)
    _tell("Waiting for training jobs; stop with Ctrl+C.")
    work(settings)


@app.command(epilog='Example: reckoner ask "What share of the firm belongs to the staff trust?" --sample --trace')
def ask(
    question: Annotated[str, typer.Argument(help="What to ask, in quotation marks.")],
    sample: SampleOption = False,
    as_json: JsonOption = False,
    trace: Annotated[bool, typer.Option("--trace", help="Show the programs considered, the steps and the evidence as well.")] = False,
    device: DeviceOption = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    model: ModelOption = None,
) -> None:
    """Answer one question from the workspace, without a server."""
    from service.jobs.ledger import Ledger
    from service.serving import Serving

    settings = settings_of(sample, database, device=device, workspace=workspace, model=model)
    if not question.strip():
        raise typer.BadParameter("the question is empty", param_hint="QUESTION")
    if len(question) > settings.max_question_characters:
        raise typer.BadParameter(f"a question has at most {settings.max_question_characters} characters", param_hint="QUESTION")
    answer = Serving(open_answering(settings), Ledger(settings.record_address)).current[1].answer(question)
    if as_json:
        from dataclasses import asdict

        shown = {
            "question": answer.question, "kind": answer.kind, "answer": None if answer.refused else answer.text,
            "reason": answer.reason, "confidence": answer.confidence, "threshold": answer.threshold, "program": answer.program,
            "citations": [asdict(citation) for citation in answer.citations], "timings_ms": dict(answer.timings),
        }  # fmt: skip
        print(json.dumps(shown | ({"trace": answer.trace} if trace else {}), ensure_ascii=False))
        return
    print(answer.text)
    say(f"{answer.kind}, confidence {answer.confidence:.2f}" + (f" ({answer.reason})" if answer.reason else ""))
    if trace:
        print(json.dumps(answer.trace, ensure_ascii=False, indent=2))


@app.command(epilog="Example: reckoner index handbook/ prices.md --workspace /srv/reckoner")
def index(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Files (Markdown, text, HTML, PDF, DOCX, CSV, TSV) and folders "
                                                                  "with all below them.")],
    prune: Annotated[bool, typer.Option("--prune", help="Delete the documents whose files are no longer in these folders.")] = False,
    workspace: WorkspaceOption = None,
    device: DeviceOption = None,
) -> None:
    """Add documents to the workspace. What cannot be read is reported, with the reason, and exits with 1.

    May be interrupted at any time: the same command goes on with the rest.
    """  # fmt: skip
    from retrieval.ingest import index_documents
    from service.workspace import open_record, serving_embedder

    settings = settings_of(False, None, workspace=workspace, device=device)
    record = open_record(settings)
    _, embedder = serving_embedder(settings, record)
    try:
        with progress_bar() as bar, resumable("Stopped. What is indexed stays, and the same command goes on with the rest."):
            task = bar.add_task("indexing", total=None)
            report = index_documents(
                record, embedder, paths, lambda done, all_, name: bar.update(task, completed=done, total=all_, description=name)
            )
        if prune:
            for name in report.vanished:
                record.delete_document(name)
    finally:
        record.close()
    print(f"{len(report.added)} added ({report.passages} passages), {len(report.unchanged)} unchanged, {len(report.failed)} failed")
    if report.skipped:
        endings = sorted(report.skipped.items(), key=lambda pair: (-pair[1], pair[0]))
        say("passed over: " + ", ".join(f"{count} {ending or 'without an ending'}" for ending, count in endings))
    for name in report.vanished:
        say(f"{name}: its file is gone; " + ("so is the document" if prune else "the document stays, unless you say --prune"))
    for name, reason in report.failed:
        say(f"{name}: {reason}")
    if report.failed:
        raise typer.Exit(1)


# --- Learning -------------------------------------------------------------------------------------------------------


@app.command(epilog="Example: reckoner prepare --data data --out data/prepared --sets squad,wikisql")
def prepare(
    data: Annotated[Path, typer.Option(help="Folder of the public data sets' own files.")] = Path("data"),
    out: Annotated[Path, typer.Option(help="Folder for the prepared examples.")] = Path("data/prepared"),
    sets: Annotated[str | None, typer.Option(help="Names with commas between them.", show_default="all")] = None,
) -> None:
    """Turn public data sets into prepared examples, the only thing that training reads."""
    from service.prepare.prepare import MADE, READERS
    from service.prepare.prepare import prepare as prepare_sets

    names = [name.strip() for name in sets.split(",") if name.strip()] if sets else None
    have = [*READERS, *MADE]
    if unknown := sorted(set(names or ()) - set(have)):
        raise typer.BadParameter(f"no data set {', '.join(unknown)}; there are {', '.join(have)}", param_hint="--sets")
    with progress_bar() as bar:
        done = prepare_sets(data, out, names, bar)
    for prepared in done:
        print(f"{prepared.name}: {prepared.train} to train on, {prepared.valid} to validate on, {sum(prepared.skipped.values())} skipped")
        for reason, count in sorted(prepared.skipped.items(), key=lambda pair: -pair[1]):
            print(f"  {count} {reason}")


@app.command(epilog="Example: reckoner practice --database shop=shop.sqlite --out data/prepared -n 5000")
def practice(
    out: Annotated[Path, typer.Option(help="Folder of prepared examples, where practice.*.jsonl is written.")] = Path("data/prepared"),
    n: Annotated[int, typer.Option("-n", min=1, help="About how many examples.")] = 5000,
    invented: Annotated[float, typer.Option(min=0, max=1, help="The share of them over invented databases.")] = 0.55,
    seed: Annotated[int, typer.Option(help="The same seed gives the same examples.")] = 0,
    sample: SampleOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
) -> None:
    """Let the connected databases yield questions of their own, with no labels, to study before the next training."""
    from service.connected import open_databases
    from service.practice.databases import write_practice
    from service.practice.study import Study

    settings = settings_of(sample, database, workspace=workspace)
    studies = [Study.of_database(database) for database in open_databases(settings).values()]
    if not studies and invented == 0:
        raise typer.BadParameter("connect a database, or allow invented ones with --invented", param_hint="--database")
    out.mkdir(parents=True, exist_ok=True)
    counts = write_practice(out, studies, n, seed, invented if studies else 1.0)
    print(", ".join(f"{count} to {'train' if part == 'train' else 'validate'} on" for part, count in counts.items()) + f", in {out}")


@trainer.command("answerer", epilog="Example: reckoner train answerer --data data/prepared --out runs/nano --steps 2000")
def train_answerer(
    data: Annotated[Path, typer.Option(help="Folder of prepared examples.")] = Path("data/prepared"),
    out: Annotated[Path, typer.Option(help="Folder of the run.")] = Path("runs/nano"),
    size: Annotated[Size, typer.Option(help="How large a model.")] = Size.nano,
    steps: Annotated[int, typer.Option(min=1, help="Of all stages together.")] = 2000,
    rate: Annotated[float, typer.Option(min=0, help="Peak learning rate.")] = 1.2e-3,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    begin_from: Annotated[Path | None, typer.Option(help="Checkpoint to go on from.", show_default="from nothing")] = None,
    processes: ProcessesOption = 2,
    device: DeviceOption = None,
) -> None:
    """Train the model that answers."""
    from models.fit import fast_precision
    from models.train import Recipe, Watching, stages
    from models.train import train as run
    from service.workspace import choose_device

    where = choose_device(device or "auto")
    recipe = Recipe(str(size), stages=stages(steps, rate), seed=seed, processes=processes, device=where, precision=fast_precision(where))
    with training_bar() as (bar, report), resumable():
        model = run(data, out, recipe, Watching(report, bar.console.print), begin_from)
    print(f"The model is in {model}. Next: reckoner calibrate --model {model} --data {data}")


@trainer.command("embedder", epilog="Example: reckoner train embedder --data data/prepared --start runs/nano/public/model")
def train_embedder(
    data: Annotated[Path, typer.Option(help="Folder of prepared examples.")] = Path("data/prepared"),
    start: Annotated[
        Path, typer.Option(help="Answerer whose tokenizer and word vectors to begin with, or an embedder to go on from.")
    ] = Path("runs/nano/public/model"),
    out: Annotated[Path, typer.Option(help="Folder of the run.")] = Path("runs/embedder"),
    steps: Annotated[int, typer.Option(min=1)] = 4000,
    rate: Annotated[float | None, typer.Option(min=0, help="Peak learning rate.", show_default="what suits the start")] = None,
) -> None:
    """Train the model that finds passages by their meaning."""
    from models.fit import FitConfig
    from models.train import Watching
    from models.train_embedder import Recipe, learning_rate
    from models.train_embedder import train as run

    config = FitConfig(steps, learning_rate(start) if rate is None else rate, warmup=min(100, steps), validate_every=250)
    with training_bar() as (bar, report), resumable():
        model = run(data, start, out, Recipe(config), Watching(report, bar.console.print))
    print(f"The embedder is in {model}.")


@app.command(epilog="Example: reckoner calibrate --model runs/nano/everything/model --data data/prepared --databases data/spider/database")
def calibrate(
    data: Annotated[Path, typer.Option(help="Folder of prepared examples; those to validate on are asked.")] = Path("data/prepared"),
    databases: Annotated[
        Path | None, typer.Option(exists=True, help="Folder with the examples' SQLite files, to compare rows rather than programs.")
    ] = None,
    precision: Annotated[
        float, typer.Option(min=0, max=1, help="The share of the answers given that should be right; sets the threshold.")
    ] = 0.6,
    limit: Annotated[int, typer.Option(min=1, help="Questions a set.")] = 250,
    processes: ProcessesOption = 2,
    model: ModelOption = None,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn how sure the model may be and where to refuse; writes calibration.json beside its weights."""
    from service.calibrate import calibrate as learn
    from service.exams.validation import ValidationExam

    settings = settings_of(False, None, model=model, device=device)
    with progress_bar() as bar:
        task = bar.add_task("answering validation questions", total=None)
        result = learn(
            ValidationExam(data, databases, limit), data / "workspaces", settings, precision=precision, processes=processes,
            progress=lambda done, all_: bar.update(task, completed=done, total=all_),
        )  # fmt: skip
    threshold = result.calibration.threshold
    if as_json:
        shown = {"threshold": threshold, "target_precision": precision, "held": {
            "ece": result.ece, "ece_before": result.ece_before, "precision": result.precision, "coverage": result.coverage,
        }, "answers": result.answers, "right": result.right, "sets": result.kinds}  # fmt: skip
        print(json.dumps(shown))
        return
    for kind, counts in result.kinds.items():
        asked = f"{counts['n']} asked, {counts['unanswerable']} of them without an answer"
        print(f"{kind}: {asked}; {counts['answered']} answered, {counts['right']} right")
    print(f"right on the held half: {100 * result.right_after:.1f} % (as it was: {100 * result.right_before:.1f} %)")
    print(f"calibration error on the held half: {result.ece:.3f} (as it was: {result.ece_before:.3f})")
    reached = "no answer" if result.precision is None else f"{result.precision:.1%} of the answers"
    print(f"threshold {threshold:.3f} for a precision of {precision:.0%}: on the held half {reached} right, {result.coverage:.1%} answered")
    print(f"written to {settings.model / 'calibration.json'}")


# --- Measuring ------------------------------------------------------------------------------------------------------


@app.command(epilog="Examples: reckoner exam squad dev-v1.1.json --limit 500 · reckoner exam spider data/spider · "
             "reckoner exam retrieval collections/cacm --practice · reckoner exam questions (the sample's own) · "
             "reckoner exam questions mine.jsonl --workspace /srv/reckoner")  # fmt: skip
def exam(
    kind: Annotated[Kind, typer.Argument(help="Which benchmark. `questions` is a JSONL of your own; `language` needs no model.")],
    path: Annotated[Path | None, typer.Argument(help="The benchmark's own file or folder.", show_default=False)] = None,
    as_json: JsonOption = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Ask only so many, drawn with a fixed seed.", show_default="all")] = None,
    split: Annotated[str | None, typer.Option(help="Of geography (all by default), wikisql (dev) and retrieval (test).")] = None,
    practice: Annotated[bool, typer.Option("--practice", help="Of retrieval: let the embedder learn the documents first.")] = False,
    marks: Annotated[Path | None, typer.Option(help="Keep every question's mark in this file, to draw pictures from.")] = None,
    postgres: Annotated[
        str, typer.Option(help="Of language: an address, postgresql://…, to ask the same of copies there.", show_default=False)
    ] = "",
    processes: ProcessesOption = 2,
    sample: SampleOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    model: ModelOption = None,
    device: DeviceOption = None,
) -> None:
    """Score the running configuration on a public benchmark's own files, or on questions of your own."""
    if kind is Kind.language:
        _print(_language(_needed(path), limit, postgres), as_json)
        return
    if kind is Kind.retrieval:
        _retrieval(_needed(path), device, practice, split, limit, marks, as_json)
        return
    from service.exams.catalogue import KINDS, WORKSPACE
    from service.exams.examinee import Admission
    from service.exams.runner import sit
    from service.exams.table import as_table

    sample = sample or (kind is Kind.questions and path is None)
    if kind is Kind.questions and path is None:
        from service.sample import EXAM as path
    if not _needed(path).exists():
        raise typer.BadParameter(f"there is no {path}", param_hint="PATH")
    settings = settings_of(sample, database, workspace=workspace, model=model, device=device)
    with progress_bar() as bar:
        task = bar.add_task(f"{kind} exam", total=None)
        report = sit(
            KINDS[kind](_needed(path), split), Admission(settings, kind in WORKSPACE), limit=limit, processes=processes,
            progress=lambda done, all_: bar.update(task, completed=done, total=all_),
        )  # fmt: skip
    if marks is not None:
        from service.exams.pictures import save_marks

        save_marks(marks, report.marks)
    _print_table(report.to_json(), as_table, as_json)


@app.command(epilog="Example: reckoner exam squad dev-v1.1.json --marks marks/squad.jsonl && reckoner draw marks/*.jsonl --out pictures")
def draw(
    marks: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Files that `reckoner exam --marks` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder for risk-coverage.svg and reliability.svg.")] = Path("pictures"),
) -> None:
    """Draw how far the confidence can be trusted: risk against coverage, and a reliability diagram."""
    from service.exams.pictures import draw as drawn
    from service.exams.pictures import read_marks

    for path in drawn({file.stem: read_marks(file) for file in marks}, out):
        print(f"written to {path}")


def _tell(sentence: str, level: int = logging.INFO) -> None:
    """Says a sentence on stderr; as a record where nothing but records may be there."""
    from service import logs

    if logs.in_json():
        logging.getLogger("reckoner").log(level, sentence)
    else:
        say(sentence)


def _language(path: Path, limit: int | None, postgres: str) -> dict[str, object]:
    from service.exams.exam import ExamError
    from service.exams.language import measure

    if not (path / "tables.json").is_file():
        raise ExamError(f"{path} is not a folder in Spider's layout: it has no tables.json.")
    return measure(path, limit, postgres)


def _retrieval(
    path: Path, device: str | None, practice: bool, split: str | None, limit: int | None, marks: Path | None, as_json: bool
) -> None:
    from service.exams.files import write_records
    from service.exams.retrieval import measure
    from service.exams.table import scores_table

    with progress_bar() as bar:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=of)
            bar.update(tasks[what], completed=done, total=of)

        report = measure(path, settings_of(False, None, device=device), practice=practice, split=split, limit=limit, progress=show)
    if marks is not None:
        write_records(marks, report.marks)
    _print_table(report.to_json(), scores_table, as_json)


def _print_table(report: dict[str, Any], table: Callable[[dict[str, Any]], Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
        return
    from rich.console import Console

    Console().print(table(report))


def _print(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
        return
    for name, value in report.items():
        if name != "reasons":
            print(f"{name}: {value:.3f}" if isinstance(value, float) else f"{name}: {value}")
    for reason, found in report.get("reasons", {}).items():
        print(f"  {found['count']} {reason}")


def _needed(path: Path | None) -> Path:
    if path is None:
        raise typer.BadParameter("this exam needs the path of its files", param_hint="PATH")
    return path


def _expected() -> tuple[type[Exception], ...]:
    """What an operator can cause, each with a message that says what to do."""
    from models.checkpoint import CheckpointError
    from retrieval.record import RecordError
    from service.exams.exam import ExamError
    from service.prepare.sources import SourceError
    from service.settings import SettingsError
    from tools.errors import ToolError

    return CheckpointError, RecordError, ExamError, SourceError, SettingsError, ToolError, OSError


def main(arguments: Sequence[str] | None = None) -> None:
    try:
        app(args=None if arguments is None else list(arguments), prog_name="reckoner")
    except Exception as error:
        if not isinstance(error, _expected()):
            raise
        _tell(f"reckoner: {error}", logging.ERROR)
        sys.exit(1)


if __name__ == "__main__":
    main()
