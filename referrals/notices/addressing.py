"""Who hears of one notice, and by which channel. Pure: whom it may be told to has been asked already."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from .kinds import Channel, Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who may be told. ``mail`` is ``None`` for who never said how they want to hear."""

    membership_id: UUID
    mail: Wish | None = None
    text: Wish = Wish.NONE
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How an agency is reached besides its people: whether it has a mailbox, its webhooks, who is on call now."""

    mailbox: bool = False
    webhooks: tuple[UUID, ...] = ()
    on_call: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Address:
    """One recipient by one channel; ``to`` is a membership, a webhook, or the agency itself (its mailbox)."""

    channel: Channel
    to: UUID


def addresses(
    readers: Sequence[Reader], ways: Ways, *, agency_id: UUID, urgent: bool, shared: bool, called: UUID | None = None
) -> list[Address]:
    """Where a notice goes, nobody twice; none if there is no reader, and then nobody else hears of it either.

    ``shared``: everybody who works there may know of it, so the agency's mailbox and webhooks may, too. ``called``:
    the ladder calls this person. Who is on call, or called, hears by every way there is, whatever else they wish.
    """
    if not readers:
        return []
    found = [Address(Channel.PAGE, reader.membership_id) for reader in readers]
    pressed = {called} if called else set(ways.on_call[:1])
    for reader in readers:
        found += _personal(reader, ways, urgent=urgent, shared=shared, pressed=reader.membership_id in pressed)
    if shared and ways.mailbox:
        found.append(Address(Channel.MAIL, agency_id))
    if shared:
        found += [Address(Channel.HOOK, webhook) for webhook in ways.webhooks]
    return list(dict.fromkeys(found))


def _personal(reader: Reader, ways: Ways, *, urgent: bool, shared: bool, pressed: bool) -> Iterator[Address]:
    mail = reader.mail or (Wish.URGENT if shared and ways.mailbox else Wish.ALL)
    if pressed or _wants(mail, urgent):
        yield Address(Channel.MAIL, reader.membership_id)
    if reader.phone and (pressed or _wants(reader.text, urgent)):
        yield Address(Channel.TEXT, reader.membership_id)


def _wants(wish: Wish, urgent: bool) -> bool:
    return wish is Wish.ALL or (wish is Wish.URGENT and urgent)
