"""An invitation: who is invited chooses a password and a passkey, and belongs from then on; each link works once."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from agencies import inviting
from agencies.models import Invitation, Membership, User
from agencies.roles import Role
from agencies.services import actor_for, add_member
from audit.models import AuditEvent
from bhu.signin.models import Sitting
from tests.county import SETUP, County
from tests.signin.conftest import PASSWORD
from tests.signin.ways import add_passkey, browser, enter, read_notice, type_password
from tests.web.signing import signed_in

pytestmark = pytest.mark.django_db
MEMBERS = "/at/bhu/agency_admin/members/"
NEW = {"name": "Ada Elmsworth", "email": "Ada@Example.org", "role": "clinician"}
CHOSEN = {"name": "Ada Elmsworth", "password1": PASSWORD, "password2": PASSWORD}


class Unreachable(BaseEmailBackend):
    """A mail server that is not there."""

    def send_messages(self, email_messages: Any) -> int:
        raise ConnectionRefusedError


@pytest.fixture
def desk(admin: User) -> Client:
    """The administrator of the unit, signed in."""
    return signed_in(admin)


@pytest.fixture
def second(county: County, admin: User) -> Iterator[Client]:
    """Another administrator of the same unit."""
    user = User.objects.create_user("second.admin@bhu.example.org", name="Ben Coldwell")
    add_member(by=SETUP, agency=county.bhu, role=Role.AGENCY_ADMIN, user=user)
    return signed_in(user)


def link() -> str:
    """The address in the mail that was sent last."""
    found = re.search(r"http://localhost:8000(/account/join/\S+)", mail.outbox[-1].body)
    assert found, mail.outbox[-1].body
    return found[1]


def told() -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(action__startswith="invitation.").order_by("id")
    return [(row.action, row.code) for row in rows]


def test_who_is_invited_chooses_a_password_makes_a_passkey_and_is_in(desk: Client, county: County) -> None:
    assert desk.post(f"{MEMBERS}invite/", NEW).status_code == 303
    assert mail.outbox[-1].to == ["ada@example.org"]
    client = browser()
    assert "clinician" in client.get(link()).content.decode().lower()
    assert not User.objects.filter(email="ada@example.org").exists()
    client.post(link(), CHOSEN)
    read_notice(client)
    assert client.get("/list/").headers["Location"].startswith("/account/setup/")
    add_passkey(client)
    assert client.get("/list/").status_code == 200
    member = Membership.objects.get(user__email="ada@example.org")
    assert (member.agency, member.role) == (county.bhu, "clinician")
    assert told() == [("invitation.make", "clinician"), ("invitation.accept", "join")]


def test_a_link_works_once_and_not_after_its_time(desk: Client) -> None:
    desk.post(f"{MEMBERS}invite/", NEW)
    browser().post(link(), CHOSEN)
    assert browser().get(link()).status_code == 410
    assert browser().post(link(), CHOSEN).status_code == 410
    desk.post(f"{MEMBERS}invite/", NEW | {"email": "late@example.org"})
    Invitation.objects.filter(email="late@example.org").update(
        created_at=timezone.now() - timedelta(days=8), expires_at=timezone.now()
    )
    assert browser().get(link()).status_code == 410


def test_only_the_hash_of_a_link_is_kept(desk: Client) -> None:
    desk.post(f"{MEMBERS}invite/", NEW)
    token = link().rsplit("/", 1)[1]
    row = Invitation.objects.get()
    assert token not in str(vars(row))
    assert inviting.find(token) == row
    assert inviting.find(row.token_hash) is None


def test_inviting_again_kills_the_first_link(desk: Client) -> None:
    desk.post(f"{MEMBERS}invite/", NEW)
    first = link()
    desk.post(f"{MEMBERS}invite/", NEW)
    assert browser().get(first).status_code == 410
    assert browser().get(link()).status_code == 200


def test_what_was_taken_back_works_no_more(desk: Client) -> None:
    desk.post(f"{MEMBERS}invite/", NEW)
    desk.post(f"{MEMBERS}invitations/{Invitation.objects.get().pk}/withdraw/")
    assert browser().post(link(), CHOSEN).status_code == 410


def test_only_roles_that_fit_the_agency_are_offered_and_taken(desk: Client) -> None:
    page = desk.get(f"{MEMBERS}invite/").content.decode()
    assert 'value="clinician"' in page
    assert not re.search(r'value="(officer|dispatcher|network_admin|machine|client)"', page)
    answer = desk.post(f"{MEMBERS}invite/", NEW | {"role": "officer"})
    assert answer.status_code == 422
    assert "Error:" in answer.content.decode()
    assert not Invitation.objects.exists()


def test_a_weak_password_is_refused_beside_its_field_and_the_link_stays(desk: Client) -> None:
    desk.post(f"{MEMBERS}invite/", NEW)
    for wrong in ({"password1": "short", "password2": "short"}, {"password2": "another one entirely"}):
        answer = browser().post(link(), CHOSEN | wrong)
        assert answer.status_code == 422
        assert 'href="#id_password' in answer.content.decode()
    assert browser().get(link()).status_code == 200


def test_who_has_an_account_says_yes_signed_in_and_nobody_else_does(desk: Client, county: County) -> None:
    known = User.objects.create_user("known@example.org", name="Eamon Birchmore")
    desk.post(f"{MEMBERS}invite/", NEW | {"email": known.email})
    stranger, other, them = browser(), signed_in(User.objects.create_user("x@example.org")), signed_in(known)
    for nobody in (stranger, other):
        assert "Sign in with that account first" in nobody.post(link(), CHOSEN).content.decode()
    assert not Membership.objects.filter(user=known).exists()
    assert them.post(link()).status_code == 303
    assert Membership.objects.get(user=known).agency == county.bhu
    known.refresh_from_db()
    assert not known.has_usable_password()


def test_a_locked_session_says_yes_to_nothing(desk: Client) -> None:
    known = User.objects.create_user("known@example.org", name="Eamon Birchmore")
    desk.post(f"{MEMBERS}invite/", NEW | {"email": known.email})
    them = signed_in(known)
    them.post("/account/lock/")
    assert them.post(link()).status_code == 423
    assert not Membership.objects.filter(user=known).exists()


def test_a_session_that_is_over_says_yes_to_nothing(desk: Client) -> None:
    known = User.objects.create_user("known@example.org", name="Eamon Birchmore")
    desk.post(f"{MEMBERS}invite/", NEW | {"email": known.email})
    them = signed_in(known)
    Sitting.objects.filter(user=known).update(began_at=timezone.now() - timedelta(hours=12))
    assert "Sign in with that account first" in them.post(link()).content.decode()
    assert not Membership.objects.filter(user=known).exists()


def test_an_administrator_does_not_give_itself_a_role_that_reads_of_clients(
    desk: Client, second: Client, admin: User
) -> None:
    desk.post(f"{MEMBERS}invite/", NEW | {"email": admin.email})
    row = Invitation.objects.get()
    assert desk.get(link()).status_code == 410
    desk.post(f"{MEMBERS}invitations/{row.pk}/approve/")
    assert desk.post(link()).status_code == 410
    assert "waits for another administrator" in second.get(MEMBERS).content.decode()
    second.post(f"{MEMBERS}invitations/{row.pk}/approve/")
    assert desk.post(link()).status_code == 303
    assert told() == [
        ("invitation.make", "clinician"),
        ("invitation.approve", "clinician"),
        ("invitation.accept", "join"),
    ]


def test_a_role_that_reads_nothing_needs_no_second_administrator(desk: Client, admin: User) -> None:
    desk.post(f"{MEMBERS}invite/", NEW | {"email": admin.email, "role": "analyst"})
    assert desk.post(link()).status_code == 303


def test_a_new_sign_in_takes_everything_away_and_mails_the_person(desk: Client, user: User) -> None:
    theirs = enter(user)
    passkey = add_passkey(theirs)
    member = Membership.objects.get(user=user)
    desk.post(f"{MEMBERS}{member.pk}/renew/")
    assert theirs.get("/list/").headers["Location"].startswith("/account/login/")
    assert mail.outbox[-1].to == [user.email]
    assert type_password(browser(), user).status_code == 200  # the old password is refused
    from tests.signin.ways import show_passkey

    assert show_passkey(browser(), passkey).headers["Location"] == "/account/login/"
    client = browser()
    client.post(link(), {"password1": "a wholly new one 7", "password2": "a wholly new one 7"})
    read_notice(client)
    assert client.get("/list/").headers["Location"].startswith("/account/setup/")
    assert told() == [("invitation.renew", f"Membership/{member.pk}"), ("invitation.accept", "renew")]


def test_nobody_does_that_to_themselves_or_to_technical_staff(desk: Client, county: County, user: User) -> None:
    own = Membership.objects.get(pk=county.admin.membership_id)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    for member in (own, Membership.objects.get(user=user)):
        desk.post(f"{MEMBERS}{member.pk}/renew/")
    assert not Invitation.objects.exists()


def test_a_membership_that_is_ended_opens_nothing_and_ends_the_last_session(desk: Client, user: User) -> None:
    theirs = enter(user)
    add_passkey(theirs)
    assert desk.post(f"{MEMBERS}{Membership.objects.get(user=user).pk}/end/").status_code == 303
    assert Membership.objects.get(user=user).until is not None
    assert theirs.get("/list/").headers["Location"].startswith("/account/login/")


def test_an_administrator_does_not_end_its_own_membership(desk: Client, county: County) -> None:
    desk.post(f"{MEMBERS}{county.admin.membership_id}/end/")
    assert Membership.objects.get(pk=county.admin.membership_id).until is None


def test_the_list_says_who_how_and_since_when_in_few_queries(
    desk: Client, user: User, django_assert_max_num_queries: Any
) -> None:
    add_passkey(enter(user))
    with django_assert_max_num_queries(12):
        page = desk.get(MEMBERS).content.decode()
    assert user.email in page
    assert "passkey" in page
    assert "none yet" in page


@pytest.mark.parametrize("path", ["", "invite/", "{member}/end/", "{member}/renew/"])
def test_the_pages_are_for_the_administrators_of_the_agency_alone(
    path: str, county: County, user: User, admin: User
) -> None:
    address = MEMBERS + path.format(member=Membership.objects.get(user=user).pk)
    assert signed_in(admin).get(address).status_code == 200
    officer = Membership.objects.get(pk=county.officer.membership_id).user
    assert officer is not None
    for other in (user, officer, county.superuser):
        assert signed_in(other).get(address).status_code == 404
    assert signed_in(user).get(address.replace("agency_admin", "clinician")).status_code == 404


def test_a_member_of_another_agency_is_none_of_theirs(desk: Client, county: County) -> None:
    foreign = county.officer.membership_id
    assert desk.get(f"{MEMBERS}{foreign}/end/").status_code == 404
    desk.post(f"{MEMBERS}{foreign}/end/")
    desk.post(f"{MEMBERS}{foreign}/renew/")
    assert Membership.objects.get(pk=foreign).until is None
    assert not mail.outbox


def test_an_invitation_of_another_agency_is_none_of_theirs(desk: Client, county: County) -> None:
    row, token = inviting.invite_from_shell(agency=county.detox, email="cal@example.org", name="Cal", role=Role.INTAKE)
    desk.post(f"{MEMBERS}invitations/{row.pk}/withdraw/")
    assert inviting.find(token) == row


def test_no_link_without_a_mail(desk: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Unreachable"
    answer = desk.post(f"{MEMBERS}invite/", NEW, follow=True)
    assert "could not be sent" in answer.content.decode()
    assert Invitation.objects.get().ended_at is not None


def test_mails_and_the_log_name_nobody_they_need_not(desk: Client, admin: User) -> None:
    desk.post(f"{MEMBERS}invite/", NEW)
    assert "Ada" not in mail.outbox[-1].subject
    bodies = b"".join(bytes(row.body) for row in AuditEvent.objects.all())
    assert b"example.org" not in bodies
    assert link().rsplit("/", 1)[1].encode() not in bodies


def test_the_first_administrator_is_invited_from_the_shell(county: County, capsys: Any) -> None:
    call_command("invite", "first@example.org", agency="detox", name="Fiora Dovebrook")
    address = capsys.readouterr().out.strip().removeprefix("http://localhost:8000")
    client = browser()
    client.post(address, CHOSEN)
    assert Membership.objects.get(user__email="first@example.org").role == "agency_admin"
    assert Sitting.objects.filter(user__email="first@example.org").exists()
    with pytest.raises(CommandError, match="no such role"):
        call_command("invite", "x@example.org", agency="detox", name="X", role="officer")
    with pytest.raises(CommandError, match="No agency"):
        call_command("invite", "x@example.org", agency="nowhere", name="X")


def test_a_membership_made_by_a_link_is_a_whole_one(desk: Client) -> None:
    desk.post(f"{MEMBERS}invite/", NEW)
    browser().post(link(), CHOSEN)
    assert actor_for(Membership.objects.get(user__email="ada@example.org")).role is Role.CLINICIAN
