"""Who belongs to an agency, as its administrator sees it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from .models import Agency, Membership, User
from .roles import NAMES, Role

FACTORS: Mapping[str, str] = {
    Authenticator.Type.WEBAUTHN.value: _("passkey"),
    Authenticator.Type.TOTP.value: _("authenticator app"),
}
"""Recovery codes are no way of their own: they come with either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One living membership of a person."""

    membership: Membership
    user: User
    factors: tuple[str, ...]

    @property
    def role_name(self) -> str:
        """What the role is called."""
        return gettext(NAMES[Role(self.membership.role)])


def members_of(agency: Agency) -> list[Member]:
    """The people who belong to ``agency`` now, by name; two queries, however many they are."""
    live = Membership.objects.live(timezone.now()).filter(agency=agency, user__isnull=False)
    rows = list(live.select_related("user").order_by("user__name", "id"))
    factors = _factors({row.user_id for row in rows if row.user_id})
    return [Member(membership=row, user=row.user, factors=factors[row.user.pk]) for row in rows if row.user is not None]


def _factors(users: Iterable[UUID]) -> Mapping[UUID, tuple[str, ...]]:
    found: dict[UUID, tuple[str, ...]] = defaultdict(tuple)
    kinds = Authenticator.objects.filter(user_id__in=users, type__in=FACTORS).order_by("type").distinct()
    for user_id, kind in kinds.values_list("user_id", "type"):
        found[user_id] += (gettext(FACTORS[kind]),)
    return found
