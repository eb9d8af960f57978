"""One mark in both databases: it says that this main database and this store of shred secrets belong together.

A wrong address, or a database of another installation, would else be taken for our own: new secrets would go into a
stranger's store, and a sweep would find a store full of secrets without folders. The mark is no secret and is not
signed; it is there against mistakes, not against somebody who can write to both.
"""

from uuid import UUID, uuid4

from .models import InstallationMark
from .shred.models import ShredSecret, StoreMark


class Apart(RuntimeError):
    """The two databases do not carry one mark."""


def together() -> bool:
    """Whether both databases carry the same mark."""
    main, store = _marks()
    return main is not None and main == store


def require_together() -> None:
    """Raise ``Apart`` unless both databases carry the same mark."""
    if not together():
        raise Apart("The main database and the shred store do not carry one mark: they may be of two installations.")


def settle(*, joined: bool = False) -> None:
    """Mark both databases, if neither is. Done again it changes nothing.

    Where one of them alone carries a mark, it takes somebody's word (``joined``) that they belong together, unless
    no secret was ever kept: then this was stopped half-way. Raises ``Apart`` for that, and always for two marks.
    """
    main, store = _marks()
    if main is not None and main == store:
        return
    if not joined and (main is not None or (store is not None and ShredSecret.objects.exists())):
        raise Apart("Only one of main database and shred store is marked, or each with another mark.")
    mark = main or uuid4()
    # The store first: then a main database is never marked whose store is not.
    StoreMark.objects.bulk_create([StoreMark(number=1, mark=mark)], ignore_conflicts=True)
    InstallationMark.objects.bulk_create(
        [InstallationMark(number=1, mark=StoreMark.objects.get().mark)], ignore_conflicts=True
    )
    require_together()


def _marks() -> tuple[UUID | None, UUID | None]:
    found = (model.objects.values_list("mark", flat=True).first() for model in (InstallationMark, StoreMark))
    main, store = found
    return main, store
