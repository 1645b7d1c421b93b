"""Names as SQL writes them."""


def quote(name: str) -> str:
    """An identifier of any spelling, for a statement."""
    return '"' + name.replace('"', '""') + '"'
