"""What can be wrong with the database as a whole."""


class DatabaseError(Exception):
    """Base of what can be wrong with the database as a whole. Its text is one plain sentence."""


class DatabaseUnusable(DatabaseError):
    """It can't be opened, read or written; an operator has to act."""


class DatabaseCorrupted(DatabaseUnusable):
    """What is in it can't be trusted any more: to go on would make it worse."""


class DatabaseUnavailable(DatabaseError):
    """Not now (locked by another process, disk full, no answer); nothing was written, worth another try."""
