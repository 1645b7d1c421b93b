"""What can go wrong in a tool, in the two kinds that matter to whoever asked."""


class ToolError(Exception):
    """A tool could not do what a program asked for; the message is a plain reason that can be shown."""


class FixArguments(ToolError):
    """The arguments are wrong; the same step with other arguments may work."""


class Unanswerable(ToolError):
    """It cannot be done with this data, whatever the arguments."""


class DatabaseError(ToolError):
    """The database itself is missing, damaged or busy: no question to it can be answered until someone looks."""


class Unreachable(DatabaseError):
    """The database's server does not answer just now; it may again, without anyone's doing here."""
