"""What is sealed into a folder: sections, the wraps of their keys, and the signed chain that says what there is."""

from django.db import models
from django.utils import timezone

from agencies.models import Agency, one_of
from agencies.vault.models import AgencyKey
from audit.uuid7 import uuid7
from fhir.content.compartments import Compartment

from .referral import Folder, ReferralTask


class Section(models.Model):
    """One stored version of one resource of one compartment for one audience; never overwritten."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    folder = models.ForeignKey(Folder, on_delete=models.PROTECT, related_name="sections")
    compartment = models.CharField(max_length=10)
    task = models.ForeignKey(ReferralTask, null=True, on_delete=models.PROTECT, related_name="sections")
    epoch = models.PositiveIntegerField()
    type = models.CharField(max_length=32)
    resource_id = models.UUIDField()
    version = models.PositiveIntegerField(default=1)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    membership_id = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sealed = models.BinaryField()
    attested = models.BinaryField(default=b"")

    class Meta:
        indexes = [models.Index(fields=["resource_id"], name="section_by_resource")]
        constraints = [
            one_of("compartment", Compartment),
            models.UniqueConstraint(fields=["folder", "resource_id", "version"], name="version_once_per_resource"),
        ]


class Wrap(models.Model):
    """The data keys of some compartments of one epoch, sealed to one agency's key of one purpose.

    ``own``: of what that agency wrote in the same act. It keeps these when its place closes.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    folder = models.ForeignKey(Folder, on_delete=models.PROTECT, related_name="wraps")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    key = models.ForeignKey(AgencyKey, on_delete=models.PROTECT, related_name="+")
    mask = models.PositiveSmallIntegerField()
    sealed = models.BinaryField()
    delegated_by = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="+")
    own = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["folder", "agency"], name="wrap_lookup")]


class Manifest(models.Model):
    """One link of a referral's signed chain: who takes part and what was added (docs/encryption.md)."""

    folder = models.ForeignKey(Folder, on_delete=models.PROTECT, related_name="manifests")
    number = models.PositiveIntegerField()
    body = models.BinaryField()
    signer = models.ForeignKey(AgencyKey, on_delete=models.PROTECT, related_name="+")
    signature = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["folder", "number"], name="manifest_number_once")]
