"""Why a file does not become a document."""

from __future__ import annotations


class Unreadable(Exception):
    """A file that cannot become a document; the message is the reason."""


class Unsupported(Unreadable):
    """A file of a format that is not read at all."""
