"""The number people say on the phone: eight random Crockford letters, ``K7QF-2M9D``."""

import secrets

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_HEARD_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_reference() -> str:
    """A fresh number: 40 random bits, so a clash is caught by the column's unique constraint, not expected."""
    letters = "".join(secrets.choice(CROCKFORD) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def read_reference(spoken: str) -> str | None:
    """The number somebody said or typed, in its one form; ``None`` if it can't be one.

    Case, blanks and dashes are free; O is heard as 0, I and L as 1 (Crockford's base 32).
    """
    letters = "".join(spoken.upper().split()).replace("-", "").translate(_HEARD_AS)
    if len(letters) != 8 or any(letter not in CROCKFORD for letter in letters):
        return None
    return f"{letters[:4]}-{letters[4:]}"
