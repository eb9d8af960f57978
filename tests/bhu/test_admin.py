"""Django's admin: for technical staff by passkey, shows nothing of any client, and changes nothing."""

import pytest
from django.apps import apps
from django.db import models
from django.test import Client

from agencies.models import Agency, User
from bhu.admin import HIDDEN, SHOWN
from tests.county import make_county
from tests.web.signing import PASSWORD, TOTP, signed_in

pytestmark = pytest.mark.django_db
TABLES = [model._meta.model_name for model, _columns in SHOWN]


@pytest.fixture
def staff() -> User:
    make_county()
    return User.objects.create_superuser("root2@example.org", name="Ione Juniper", password="heron over the millrace")


def test_technical_staff_read_every_table_and_every_row(staff: User) -> None:
    client = signed_in(staff)
    assert client.get("/admin/").status_code == 200
    for table in TABLES:
        assert client.get(f"/admin/agencies/{table}/").status_code == 200, table
    page = client.get(f"/admin/agencies/user/{staff.pk}/change/")
    assert page.status_code == 200
    assert staff.password not in page.content.decode()


def test_nothing_is_changed_there(staff: User) -> None:
    client, agency = signed_in(staff), Agency.objects.first()
    assert agency is not None
    assert client.get("/admin/agencies/agency/add/").status_code == 403
    assert client.post(f"/admin/agencies/agency/{agency.pk}/change/", {"name": "X"}).status_code == 403
    assert client.post(f"/admin/agencies/agency/{agency.pk}/delete/", {"post": "yes"}).status_code == 403


def test_nobody_else_finds_anything_there_and_no_other_way_in(staff: User) -> None:
    other = signed_in(User.objects.create_user("ada@example.org"))
    assert other.get("/admin/", follow=True).status_code == 404
    assert other.get("/admin/agencies/user/", follow=True).status_code == 404
    assert Client().get("/admin/login/").headers["Location"].startswith("/account/login/")
    assert signed_in(staff, PASSWORD, TOTP).get("/admin/").headers["Location"].startswith("/account/setup/")


def test_it_shows_no_table_that_hangs_on_a_client_or_a_referral() -> None:
    """By what each table points at, so that a table added later is judged, too."""
    kept = {"referrals", "consents", "emergencies", "legal", "later", "signing", "receipts", "retention", "vault"}
    for model, _columns in SHOWN:
        points_at = {
            field.related_model._meta.app_label
            for field in model._meta.get_fields()
            if isinstance(field, models.ForeignKey) and field.related_model
        }
        assert model._meta.app_label == "agencies"
        assert not points_at & kept
        assert not any(isinstance(field, models.BinaryField) for field in model._meta.fields)
    assert apps.get_model("referrals", "Referral") not in [model for model, _columns in SHOWN]
    assert set(HIDDEN) >= {"password", "token_hash"}
