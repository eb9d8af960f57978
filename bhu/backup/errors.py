"""Why no backup was made, or none was put back; each is a plain sentence for who looks after the server."""


class NoBackup(Exception):
    """Nothing was backed up."""


class CannotRestore(Exception):
    """Nothing was put back, or what was put back is not what was backed up: the text says which."""
