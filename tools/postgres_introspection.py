"""The schema of a PostgreSQL database, as programs see it: one query for each kind of thing, however many tables there are.

Tables, partitioned ones once, views, materialised views and foreign tables of the schemas that are read, with the columns that the
connection's role may select. PostgreSQL has far more types than programs know (numbers, texts, dates, booleans): what is none of them
is read as text, money as a number, bytes as hex; `Source.select` says how.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tools.database_options import WrongOptions
from tools.evidence import ColumnInfo, ForeignKey, Schema, TableInfo, Type
from tools.foreign_keys import composite, marked
from tools.identifiers import quote

Ask = Callable[..., list[tuple]]  # type: ignore[type-arg]  # a statement and its parameters to its rows

_NUMBERS = frozenset({"int2", "int4", "int8", "float4", "float8", "numeric", "oid"})
_TEXTS = frozenset({"text", "varchar"})
_DATES = frozenset({"date", "timestamp", "timestamptz"})
_AS_IT_IS: dict[str, Type] = {
    **dict.fromkeys(_NUMBERS, "number"), **dict.fromkeys(_TEXTS, "text"), **dict.fromkeys(_DATES, "date"), "bool": "boolean",
}  # fmt: skip
_COMMENT = 60  # characters; a longer comment is prose, no other word for the thing

_TABLES = """
SELECT c.oid, n.nspname, c.relname, obj_description(c.oid, 'pg_class')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'v', 'm', 'p', 'f') AND NOT c.relispartition
  AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
ORDER BY array_position(%s, n.nspname::text), c.oid"""
_COLUMNS = """
SELECT a.attrelid, a.attnum, a.attname, a.atttypid, col_description(a.attrelid, a.attnum)
FROM pg_attribute AS a
WHERE a.attrelid = ANY(%s) AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
ORDER BY a.attrelid, a.attnum"""
_TYPES = "SELECT oid, typname, typtype::text, typbasetype FROM pg_type"
_KEYS = """
SELECT contype::text, conrelid, conkey, confrelid, confkey FROM pg_constraint
WHERE contype IN ('p', 'f') AND conrelid = ANY(%s) AND conparentid = 0
ORDER BY conrelid, conkey, confrelid, oid"""


@dataclass(frozen=True, slots=True)
class Source:
    """A table as the server knows it. `columns` are (name, expression) pairs; the expression reads it in a type that programs know."""

    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]
    plain: bool  # whether the table's own name, without the schema, reads exactly these columns as they are

    @property
    def qualified(self) -> str:
        return f"{quote(self.schema)}.{quote(self.name)}"

    def select(self, hidden: frozenset[str] = frozenset()) -> str:
        """A query for the table with everything that programs may see of it."""
        items = ", ".join(f"{expression} AS {quote(name)}" for name, expression in self.columns if name not in hidden)
        return f"SELECT {items} FROM {self.qualified}"


def introspect(ask: Ask, name: str, schemas: Sequence[str]) -> tuple[Schema, dict[str, Source]]:
    """Tables with their columns, types, comments and keys, and where each is read from, by the name that programs use: its own,
    and `schema.table` where a schema before it has a table of that name."""
    _check_schemas(ask, name, schemas)
    tables = ask(_TABLES, (list(schemas), list(schemas)))
    oids = [oid for oid, *_ in tables]
    columns: dict[int, list[tuple[int, str, int, str | None]]] = defaultdict(list)
    for oid, number, column, kind, comment in ask(_COLUMNS, (oids,)):
        columns[oid].append((number, column, kind, comment))
    types = {oid: (kind, sort, base) for oid, kind, sort, base in ask(_TYPES, ())}
    names = _names(tables)
    keys = ask(_KEYS, (oids,))
    numbered = {(oid, number): column for oid, found in columns.items() for number, column, *_ in found}
    foreign = _foreign_keys(keys, names, numbered)
    primary = {(oid, number) for kind, oid, own, *_ in keys if kind == "p" for number in own}
    infos, sources = [], {}
    for oid, schema, table, comment in tables:
        own_keys = {column for key in foreign if key.table == names[oid] for column in [key.column]}
        kept = [(column, _based(kind, types), said, (oid, number) in primary) for number, column, kind, said in columns[oid]]
        read = tuple((column, _expression(column, kind, is_primary or column in own_keys)) for column, kind, _, is_primary in kept)
        infos.append(
            TableInfo(
                names[oid],
                tuple(
                    ColumnInfo(column, column_type(kind), key="primary" if is_primary else "", synonyms=_said(said))
                    for column, kind, said, is_primary in kept
                ),
                synonyms=_said(comment),
            )
        )
        plain = names[oid] == table and not table.startswith("pg_") and all(quote(column) == expression for column, expression in read)
        sources[names[oid]] = Source(schema, table, read, plain)
    return Schema(name, tuple(marked(info, foreign) for info in infos), foreign), sources


def column_type(kind: str) -> Type:
    """The type that programs give a column of this PostgreSQL type."""
    return _AS_IT_IS.get(kind, "number" if kind == "money" else "text")


def _check_schemas(ask: Ask, name: str, schemas: Sequence[str]) -> None:
    there = {schema for (schema,) in ask("SELECT nspname FROM pg_namespace", ())}
    if missing := [schema for schema in schemas if schema not in there]:
        own = sorted(schema for schema in there if not schema.startswith("pg_") and schema != "information_schema")
        raise WrongOptions(f"the options of the database {name!r} name a schema that it lacks: {missing[0]!r}; it has {own}")


def _names(tables: Sequence[tuple[int, str, str, str | None]]) -> dict[int, str]:
    """A name for each table; of two that have the same, the one in the earlier schema keeps it."""
    names: dict[int, str] = {}
    taken: set[str] = set()
    for oid, schema, table, _ in tables:
        names[oid] = table if table not in taken else f"{schema}.{table}"
        taken.add(names[oid])
    return names


def _based(oid: int, types: Mapping[int, tuple[str, str, int]]) -> str:
    """The name of a type; of a domain, of what it is a domain over."""
    kind, sort, base = types[oid]
    return _based(base, types) if sort == "d" else kind


def _expression(column: str, kind: str, is_key: bool) -> str:
    """How a column is read: as it is where programs know its type, and where casting a key would cost the index that joins need."""
    name = quote(column)
    if kind in _AS_IT_IS or (is_key and kind == "uuid"):
        return name
    if kind == "bytea":
        return f"encode({name}, 'hex')"
    return f"CAST({name} AS {'numeric' if kind == 'money' else 'text'})"


def _said(comment: str | None) -> tuple[str, ...]:
    """A comment as another word for the thing, where it is short enough to be one."""
    words = " ".join((comment or "").split()).rstrip(".")
    return (words,) if words and len(words) <= _COMMENT else ()


def _foreign_keys(
    keys: Sequence[tuple],
    names: Mapping[int, str],
    numbered: Mapping[tuple[int, int], str],  # type: ignore[type-arg]
) -> tuple[ForeignKey, ...]:
    found: list[ForeignKey] = []
    for kind, own, columns, other, others in keys:
        if kind != "f" or other not in names:
            continue
        pairs = [(numbered.get((own, a)), numbered.get((other, b))) for a, b in zip(columns, others, strict=True)]
        if all(a and b for a, b in pairs):
            found.extend(composite(names[own], names[other], [(str(a), str(b)) for a, b in pairs]))
    return tuple(dict.fromkeys(found))
