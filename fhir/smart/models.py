"""Partners' systems as they are registered, and what all processes share: used assertions, counts, fetched keys.

Tokens are rows of django-oauth-toolkit, which keeps the SHA-256 of each and never the token.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from oauth2_provider.models import AbstractApplication

from agencies.kinds import Purpose
from agencies.models import MachineClient, Membership, User, one_of

AUTH_METHOD = "private_key_jwt"


class Application(AbstractApplication):  # type: ignore[misc]  # its base ships no types
    """A partner's system that may ask for tokens. It acts by ``membership``, and by no other that its machine may have.

    ``client_id`` is the machine's id. ``token_endpoint_auth_method``, ``client_jwks`` and ``client_jwks_uri`` bear the
    names that the toolkit's next release gives them. ``scopes`` is the most it may be granted.
    """

    user = None  # the toolkit's; a client belongs to an agency, and nobody's leaving deletes it
    machine = models.OneToOneField(MachineClient, on_delete=models.PROTECT, related_name="application")
    membership = models.OneToOneField(Membership, on_delete=models.PROTECT, related_name="+")
    token_endpoint_auth_method = models.CharField(max_length=30, default=AUTH_METHOD)
    client_jwks = models.TextField(blank=True, default="")
    client_jwks_uri = models.URLField(max_length=500, blank=True, default="")
    scopes = models.TextField()
    purpose = models.CharField(max_length=10)
    registered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            one_of("purpose", Purpose),
            # No secret, and so no way in but by a key.
            models.CheckConstraint(
                condition=Q(token_endpoint_auth_method=AUTH_METHOD, client_secret=""), name="application_has_no_secret"
            ),
            models.CheckConstraint(
                condition=(Q(client_jwks="") & ~Q(client_jwks_uri="")) | (~Q(client_jwks="") & Q(client_jwks_uri="")),
                name="application_keys_from_one_place",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="application_approved_whole",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("registered_by")),
                name="application_approved_by_another",
            ),
        ]

    @property
    def target(self) -> str:
        """What the log calls it."""
        return f"MachineClient/{self.machine_id}"

    def is_usable(self, request: Any) -> bool:  # noqa: ARG002  # the toolkit asks with the request
        """Whether it is approved and not switched off; the toolkit asks this of every token too."""
        return self.approved_at is not None and self.disabled_at is None


class SpentAssertion(models.Model):
    """An assertion that was used, by the SHA-256 of its ``jti``. Kept for longer than anybody would take it."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    jti_hash = models.CharField(max_length=64)
    keep_until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "jti_hash"], name="assertion_used_once")]
        indexes = [models.Index(fields=["keep_until"], name="assertion_to_forget")]


class RequestCount(models.Model):
    """How many requests of one kind came within the minute that ends at ``until`` (seconds since 1970)."""

    bucket = models.CharField(max_length=60, primary_key=True)
    until = models.BigIntegerField()
    count = models.PositiveIntegerField()


class FetchedKeys(models.Model):
    """The keys as a client's own address last gave them. ``keys`` is empty if it gave none."""

    application = models.OneToOneField(Application, on_delete=models.CASCADE, primary_key=True, related_name="+")
    uri = models.URLField(max_length=500)
    keys = models.TextField(blank=True)
    tried_at = models.DateTimeField(default=timezone.now)
    fresh_until = models.DateTimeField()
