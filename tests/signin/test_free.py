"""Every address of the application is tried by somebody who has shown too little: the table alone says what opens."""

from collections.abc import Iterator

import pytest
from allauth.core import context
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from agencies.models import User
from bhu.signin.free import ALL, FREE, Check
from bhu.signin.models import Sitting
from bhu.signin.sittings import Backend
from tests.signin.ways import SCRIPT, add_passkey, enter
from tests.web.signing import PASSWORD, TOTP, signed_in

pytestmark = pytest.mark.django_db
ID = "01890a5d-ac96-774b-bcce-b302099a8057"
FILLED = {"uuid": ID, "int": "1", "slug": "bhu", "str": "clinician", "path": "x"}
NOT_WORK = (
    "/account/login/",
    "/account/notice/",
    "/account/setup/",
)


def addresses(resolver: URLResolver, before: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """The name of each address and one that it answers to."""
    for pattern in resolver.url_patterns:
        piece = before + filled(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, piece, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        else:
            yield (f"{space}{pattern.name}" if pattern.name else whole(before, pattern)), f"/{piece}"


def whole(before: str, pattern: URLPattern) -> str:
    return before + str(pattern.pattern)


def filled(pattern: object) -> str:
    """A piece of an address with something put in for each of its parts."""
    if isinstance(pattern, RoutePattern):
        piece = str(pattern)
        for name, converter in pattern.converters.items():
            kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
            piece = piece.replace(f"<{kind}:{name}>", FILLED[kind]).replace(f"<{name}>", FILLED["str"])
        return piece
    return REGEXES[str(pattern)]


REGEXES = {
    "^(?P<app_label>agencies)/$": "agencies/",
    r"^(?!\.well-known/)(?P<path>.*)$": "Task",
    r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/1-x/",
}
EVERYTHING = sorted(addresses(get_resolver()))


def opened(client: Client, address: str) -> bool:
    """Whether somebody got past the door: what they are sent to, or shown, is not one of its own pages."""
    answer = client.get(address)
    sent = answer.headers.get("Location", "")
    return "BHU-Refused" not in answer.headers and not sent.startswith(NOT_WORK)


def test_nobody_gets_past_the_door_where_the_table_does_not_say_so(admin: User) -> None:
    too_little = {
        "a stranger": Client(),
        "a password alone": signed_in(admin, PASSWORD),
        "an administrator with an app": signed_in(admin, PASSWORD, TOTP),
    }
    wrong = [
        (who, name, address)
        for who, client in too_little.items()
        for name, address in EVERYTHING
        if name not in FREE and opened(client, address)
    ]
    assert wrong == []


def test_nobody_gets_in_by_sending_either(admin: User) -> None:
    for client in (Client(), signed_in(admin, PASSWORD)):
        for name, address in EVERYTHING:
            if name not in FREE:
                answer = client.post(address, {"a": "b"})
                sent = answer.headers.get("Location", "")
                assert "BHU-Refused" in answer.headers or sent.startswith(NOT_WORK), address


def test_a_script_of_ours_is_told_in_a_word(admin: User) -> None:
    answer = Client().get("/list/", headers=SCRIPT)
    assert (answer.status_code, answer.headers["BHU-Refused"], answer.content) == (423, "signed-out", b"")
    assert signed_in(admin, PASSWORD).get("/list/", headers=SCRIPT).headers["HX-Redirect"] == "/account/setup/"


def test_the_table_names_nothing_that_is_not_there_and_gives_a_reason_for_each() -> None:
    assert FREE.keys() - {name for name, _address in EVERYTHING} == set()
    assert [name for name, (free, why) in FREE.items() if not free or len(why) < 5] == []


def test_what_is_free_of_the_person_is_free_of_all_that_asks_who_it_is() -> None:
    assert [name for name, (free, _why) in FREE.items() if Check.PERSON in free and free != ALL] == []


def test_a_session_that_was_not_begun_here_is_nobodys(admin: User) -> None:
    client = signed_in(admin)
    Sitting.objects.all().delete()
    assert client.get("/list/").headers["Location"].startswith("/account/login/")


def test_a_session_whose_row_names_another_person_is_nobodys_and_not_theirs(admin: User, user: User) -> None:
    client = signed_in(admin)
    assert client.get("/list/").status_code == 200
    Sitting.objects.update(user=user)
    assert client.get("/list/").headers["Location"].startswith("/account/login/")


def test_the_row_of_a_session_stands_for_nobody_but_the_person_it_names(
    admin: User, user: User, rf: RequestFactory
) -> None:
    request = rf.get("/list/")
    request.session = signed_in(admin).session
    with context.request_context(request):
        assert [Backend().get_user(each.pk) for each in (user, admin)] == [user, admin]
        User.objects.update(is_active=False)
        request.session = signed_in(admin).session
        assert Backend().get_user(admin.pk) is None


def test_who_was_switched_off_is_nobody_from_then_on(admin: User) -> None:
    client = signed_in(admin)
    assert client.get("/list/").status_code == 200
    User.objects.filter(pk=admin.pk).update(is_active=False)
    assert client.get("/list/").headers["Location"].startswith("/account/login/")


def test_who_changed_their_password_is_signed_out_everywhere_else(admin: User) -> None:
    client = signed_in(admin)
    assert client.get("/list/").status_code == 200
    admin.set_password("heron over the millrace")
    admin.save()
    assert client.get("/list/").headers["Location"].startswith("/account/login/")


@pytest.mark.parametrize("address", ["/account/2fa/webauthn/add/", "/account/2fa/totp/activate/"])
def test_by_a_code_that_may_have_been_phished_an_administrator_adds_nothing_beside_the_passkey(
    admin: User, address: str
) -> None:
    by_code = signed_in(admin, PASSWORD, TOTP)
    assert by_code.get("/account/2fa/webauthn/add/").status_code == 200
    add_passkey(enter(admin))
    for answer in (by_code.get(address), by_code.post(address, {"name": "Mine"})):
        assert answer.headers["Location"].startswith("/account/setup/")
    setup = by_code.get("/account/setup/").content.decode()
    assert "in again with your passkey" in setup
    assert "Add a passkey" not in setup
    assert signed_in(admin).get("/account/2fa/webauthn/add/").status_code == 200


def test_an_administrator_by_passkey_gets_to_work(admin: User) -> None:
    assert signed_in(admin).get("/list/").status_code == 200
