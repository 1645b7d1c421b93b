"""What an operator can set: environment variables RECKONER_*, then a .env file, then reckoner.toml, then the defaults.

Read once, by whoever starts the program, and passed on as a value. A mistake is a SettingsError with one line for each
setting that is wrong. `fields` lists every setting with its default and its description, for the README and `--help`.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings import SettingsError as SourceError

from models.shipped import EMBEDDER, SHIPPED
from tools.database_options import DatabaseOptions

PREFIX = "RECKONER_"


class SettingsError(Exception):
    """One or more settings are wrong; the message has a line for each."""


_ORIGIN = re.compile(r"https?://[^/?#@\s]+", re.IGNORECASE)
ADDRESSES = ("postgresql://", "postgres://")


def _object(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"is not a JSON object: {error}") from None


def _named_databases(value: Any) -> Any:
    """As `_named_files`, with addresses of PostgreSQL beside files; these are secrets, for a password may stand in them."""
    named = _named_files(value)
    if not isinstance(named, dict):
        return named
    if any(not isinstance(name, str) or set(name) & set("/:?@&") for name in named):
        raise ValueError("must be written as a JSON object where an address holds a comma")
    return {name: _place(at) if isinstance(at, str) else at for name, at in named.items()}


def _place(at: str) -> Path | SecretStr:
    return SecretStr(at) if at.startswith(ADDRESSES) else Path(at)


def _record_url(value: Any) -> Any:
    if isinstance(value, str) and value and not value.startswith(("sqlite:", "postgresql:", "postgresql+")):
        raise ValueError("must be the address of a PostgreSQL database, postgresql://user:password@host/name, or be left out")
    return value


def _options(value: Any) -> Any:
    return _object(value) if isinstance(value, str) else value


def _named_files(value: Any) -> Any:
    """`shop=shop.sqlite,hr=/data/hr.sqlite`, or a JSON object of the same; a table in reckoner.toml."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("{"):
        return _object(value)
    pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
    if not all(name.strip() and path.strip() for name, _, path in pairs):
        raise ValueError("must be written as NAME=FILE, several with commas between them")
    return {name.strip(): path.strip() for name, _, path in pairs}


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


def _there(path: Path | None) -> Path | None:
    if path is not None and not path.is_file():
        raise ValueError("must be a file that is there")
    return path


def _names(value: Any) -> Any:
    """`reckoner.example,other.example`; a list in reckoner.toml."""
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    """Each a scheme with a host, as browsers write where a page comes from, or `*`."""
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ValueError(f"must be written as https://host or https://host:port, not {origin[:100]!r}")
    return tuple(origin.lower() for origin in origins)


def _listed(value: Any) -> Any:
    """`a,b`; an array in reckoner.toml."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class DatabaseSettings(BaseModel):
    """What the operator says of a database; tools/database_options.py says what it means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schemas: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    synonyms: dict[str, tuple[str, ...]] = {}
    values: dict[str, dict[str, str]] = {}

    @property
    def options(self) -> DatabaseOptions:
        return DatabaseOptions(self.schemas, self.hidden, self.synonyms, self.values)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", toml_file="reckoner.toml", frozen=True, extra="forbid")

    workspace: Path = Field(Path("workspace"), description="The folder that holds the record of documents, `record.sqlite`.")
    record_url: Annotated[str, BeforeValidator(_record_url)] = Field(
        "", description="The address of the record's database; a SQLite file in the workspace where empty."
    )
    databases: Annotated[dict[str, Path | SecretStr], NoDecode, BeforeValidator(_named_databases)] = Field(
        {},
        description="The databases that may be asked, by name: SQLite files and addresses of PostgreSQL, "
        "`shop=shop.sqlite,hr=postgresql://user:password@host/hr`. They are only ever read.",
    )
    database_options: Annotated[dict[str, DatabaseSettings], NoDecode, BeforeValidator(_options)] = Field(
        {},
        description="What is said of a database, by its name: `hidden` tables and columns, `synonyms` of them and of `values`, and the "
        "`schemas` that are read; `[database_options.shop]` in reckoner.toml.",
    )
    tools: Annotated[dict[str, Path], NoDecode, BeforeValidator(_named_files)] = Field(
        {}, description="OpenAPI 3 descriptions in JSON, by name: `stock=stock.json`. Their GET operations are tools that answers may call."
    )
    tool_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = Field(
        (), description="The only hosts that tools may ask, `stock.example:8080,…`; the servers of the descriptions where unset."
    )
    model: Path = Field(SHIPPED, description="The checkpoint folder of the model that answers.")
    embedder: Annotated[Path | None, BeforeValidator(_none_if_empty)] = Field(
        EMBEDDER, description="The checkpoint folder of the embedder; where it is empty, documents are searched by words alone."
    )
    host: str = Field("127.0.0.1", description="The address to listen at.")
    port: int = Field(8321, ge=0, le=65535, description="The port to listen at; 0 takes any that is free.")
    open: bool = Field(
        False,
        description="Whether requests without a key are taken although the address is not the loopback one; once there is a key, none is.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = Field(
        (), description="While there is no key: names beside `localhost` under which requests may come, with commas between them."
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names), AfterValidator(_origins)] = Field(
        (),
        description="Where web pages come from whose scripts may ask and read the answers, `https://intranet.example,…`; `*` is anywhere, "
        "once there is a key.",
    )
    requests_per_minute: int = Field(
        1200, ge=0, description="Requests a minute of one key, or while there is none of one address, before 429; 0 is no limit."
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where the model runs; `auto` is a GPU if there is one.")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="What the model multiplies in; `auto` is bfloat16 where the processor or GPU has units for it."
    )
    beams: int = Field(6, ge=1, le=32, description="How many programs are considered for a question.")
    passages: int = Field(
        8, ge=0, le=32, description="The most passages that are read for a question; those found much less well than the best are not."
    )
    threshold: float | None = Field(
        None, ge=0, le=1, description="The confidence below which an answer is refused; the checkpoint's own where unset."
    )
    values_seconds: float = Field(
        60.0, ge=0, description="Seconds between two looks whether a database has changed, whose values are then read again; 0 never looks."
    )
    today: date | None = Field(None, description="The day that “last month” counts from; the real one where unset.")
    max_question_characters: int = Field(2000, ge=1, description="The longest question that is answered.")
    max_body_bytes: int = Field(1_000_000, ge=1, description="The largest request body that is read.")
    max_upload_bytes: int = Field(100_000_000, ge=1, description="The largest file that may be uploaded.")
    save_seconds: float = Field(20.0, gt=0, description="Seconds between two checkpoints of a training job: what a kill costs at most.")
    lease_seconds: float = Field(30.0, ge=1, description="Seconds after which a training job whose worker has died goes on in another.")
    exam: Annotated[Path | None, BeforeValidator(_none_if_empty), AfterValidator(_there)] = Field(
        None,
        description="A JSONL of questions that no new version may do worse on; `exam.jsonl` in the workspace where unset.",
    )
    training_jobs: int = Field(1, ge=0, le=16, description="Training jobs done at once beside the API; 0 leaves them to `reckoner worker`.")
    queue: int = Field(32, ge=0, description="How many questions may wait; one more is turned away with 429.")
    deadline_seconds: float = Field(
        30.0, gt=0, description="Seconds after which a question, waiting included, is given up with 504; so is it when its caller leaves."
    )
    workers: int = Field(
        default_factory=lambda: os.cpu_count() or 2, ge=1, le=256,
        description="Questions answered at once; `serve` searches for programs in as many processes, each on one core.",
    )  # fmt: skip
    log_format: Literal["text", "json"] = Field("text", description="How `serve` and `worker` log to stderr; `json` is one object a line.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least level that `serve` and `worker` log.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, dotenv_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def record_address(self) -> str:
        return self.record_url or f"sqlite:///{self.workspace / 'record.sqlite'}"


def read_settings(**given: Any) -> Settings:
    """The settings of this process; what is `given` (a command line's options) goes before every other source.

    Raises SettingsError, with a line for every mistake.
    """
    unknown = list(_unknown_variables())
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise SettingsError("\n".join([*unknown, *map(_in_words, error.errors())])) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError("\n".join([*unknown, f"reckoner.toml cannot be read: {error}"])) from None
    except (SourceError, OSError, UnicodeDecodeError) as error:
        raise SettingsError("\n".join([*unknown, f"the settings cannot be read: {error}"])) from None
    if unknown:
        raise SettingsError("\n".join(unknown))
    return settings


def fields() -> Iterator[tuple[str, str, str]]:
    """(environment variable, default, description) of every setting."""
    defaults = {"workers": "the number of cores", "model": "the one that ships", "embedder": "the one that ships"}
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, {}, (), "") else str(field.default)
        yield PREFIX + name.upper(), defaults.get(name, default), field.description or ""


def _unknown_variables() -> Iterator[str]:
    """A misspelt variable would be ignored in silence, and the operator believe that it holds."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    for variable in sorted(os.environ):
        if variable.upper().startswith(PREFIX) and variable.upper() not in known:
            near = difflib.get_close_matches(variable.upper(), known, 1)
            yield f"{variable} is no setting" + (f"; did you mean {near[0]}?" if near else "")


def _in_words(error: Any) -> str:
    name = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        known = DatabaseSettings.model_fields if name.startswith("database_options.") else Settings.model_fields
        near = difflib.get_close_matches(str(error["loc"][-1]).removeprefix(PREFIX.lower()), known, 1)
        return f"{name!r} is no setting" + (f"; did you mean {near[0]!r}?" if near else "")
    reason = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    given = repr(str(error["input"]) if isinstance(error["input"], Path) else error["input"])
    return f"{name} {reason}" + (f", not {given}" if "://" not in given else "; it is not shown, for a password may stand in it")
