"""The tabs of a referral: each opens its own parts alone, so that the log says what somebody really looked at."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from fhir.content.compartments import Compartment
from referrals.web.words import PARTS


@dataclass(frozen=True, slots=True)
class Tab:
    """What stands behind ``?part=name``; ``label`` is marked for translation."""

    name: str
    label: str
    parts: frozenset[Compartment]

    @property
    def asked(self) -> frozenset[Compartment] | None:
        """The part that must be open to who asks for it by name; ``None`` where what is open is enough."""
        return self.parts if len(self.parts) == 1 else None


SUMMARY = Tab("", _("Summary"), frozenset({Compartment.REQUEST, Compartment.CONTACT}))
EVERYTHING = Tab("all", _("Everything"), frozenset(Compartment))
TABS = (
    SUMMARY,
    *(Tab(part.value, PARTS[part], frozenset({part})) for part in Compartment if part not in SUMMARY.parts),
    EVERYTHING,
)
BY_NAME = {tab.name: tab for tab in TABS}


def shown(parts: Iterable[Compartment]) -> list[Tab]:
    """The tabs for who may open ``parts``: no tab stands there for what cannot be opened."""
    found = frozenset(parts)
    tabs = [tab for tab in TABS if tab.parts & found or tab is SUMMARY]
    return tabs if found - SUMMARY.parts else [SUMMARY]
