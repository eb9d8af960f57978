"""The directory over HTTP: agencies, what they offer and where they are; members by their own agency alone."""

from uuid import uuid4

import pytest

from agencies.kinds import AgencyKind
from agencies.models import Agency, Membership, Town, User
from audit.models import AuditEvent
from fhir.content import exact
from fhir.content.validate import check
from tests.rest import calling
from tests.rest.calling import Known, get, post
from tests.rest.conftest import Way

EVERYBODY = ("officer", "clinician", "detox_intake", "outsider", "admin")
AGENCY = "https://bhu.example.org/fhir/NamingSystem/agency"


@pytest.fixture
def placed(way: Way) -> Way:
    """The county with addresses, telephone numbers and towns."""
    Agency.objects.filter(slug="detox").update(address="12 Mill Lane, Dunmere, MA 00006", phone="555-0161")
    Agency.objects.filter(slug="bhu").update(address="The old school", kind=AgencyKind.BHU.value)
    Town.objects.create(slug="fenn-hollow", name="Fenn Hollow", state="MA")
    Agency.objects.get(slug="detox").towns_served.add("fenn-hollow")
    Agency.objects.filter(slug="clinic").update(part_of=way.county.bhu)
    User.objects.filter(email__startswith="clinician@bhu").update(name="Imke Adeyemi-Ölçer")
    return way


def names(heard: calling.Heard, mode: str = "match") -> set[str]:
    assert heard.status == 200, heard.body
    return {row["name"] for row in heard.entries(mode)}


ALL = {"Police", "Other-Police", "Bhu", "Detox", "Clinic", "Paper-Clinic", "Stranger"}
FOUND = {
    "Organization": ALL,
    "Organization?name=det": {"Detox"},
    "Organization?name:contains=clin": {"Clinic", "Paper-Clinic"},
    "Organization?name:exact=Clinic": {"Clinic"},
    "Organization?name:exact=clinic": set(),
    f"Organization?identifier={AGENCY}|detox": {"Detox"},
    "Organization?identifier=urn:other|detox": set(),
    "Organization?type=govt": {"Police", "Other-Police"},
    "Organization?type:not=govt": ALL - {"Police", "Other-Police"},
    "Organization?type=https://bhu.example.org/fhir/CodeSystem/agency-kind|bhu": {"Bhu"},
    "Organization?active=true": ALL,
    "Organization?active=false": set(),
    "Organization?address-city=dun": {"Detox"},
    "Organization?address-postalcode=00006&address-state=MA": {"Detox"},
    "Organization?address=old": {"Bhu"},
    "Organization?address:missing=false": {"Bhu", "Detox"},
    "Organization?partof:missing=true": ALL - {"Clinic"},
    "HealthcareService": ALL - {"Police", "Other-Police"},
    "HealthcareService?service-category=22": {"Bhu"},
    "HealthcareService?service-category:text=mental": {"Bhu"},
    "HealthcareService?coverage-area:text=fenn": {"Detox"},
    "HealthcareService?coverage-area:identifier=https://bhu.example.org/fhir/NamingSystem/town|fenn-hollow": {"Detox"},
    "HealthcareService?coverage-area=Location/x": set(),
    "HealthcareService?service-type:missing=false": set(),
    "Location": {"Bhu", "Detox"},
    "Location?address-city=Dunmere": {"Detox"},
    "Location?status=active&name=detox,bhu": {"Bhu", "Detox"},
}  # fmt: skip


@pytest.mark.parametrize("query", FOUND)
def test_everybody_on_the_network_finds_the_same_agencies(placed: Way, query: str) -> None:
    for who in EVERYBODY:
        assert names(get(who, query)) == FOUND[query]
    type_, _, asked = query.partition("?")
    if asked:
        terms = dict(pair.partition("=")[::2] for pair in asked.split("&") if pair)
        assert (
            names(post("officer", f"{type_}/_search", **{key.replace("-", "__"): at for key, at in terms.items()}))
            == FOUND[query]
        )


def test_references_lead_from_one_to_the_other(placed: Way) -> None:
    detox, bhu = placed.county.detox.id, placed.county.bhu.id
    for query in (
        f"organization=Organization/{detox}",
        f"organization={detox}",
        f"organization=http://testserver/fhir/Organization/{detox}",
        f"organization:Organization={detox}",
        f"location={detox}",
        f"_id={detox}",
    ):
        assert names(get("officer", f"HealthcareService?{query}")) == {"Detox"}, query
    assert names(get("officer", f"Organization?partof={bhu}")) == {"Clinic"}
    heard = get("officer", f"Organization?_id={detox}&_revinclude=HealthcareService:organization"
                           "&_revinclude=Location:organization&_total=accurate")  # fmt: skip
    assert {row["resourceType"] for row in heard.entries("include")} == {"HealthcareService", "Location"}
    assert {row["id"] for row in heard.entries("include")} == {str(detox)}
    assert heard.tree["total"] == 1
    heard = get(
        "officer",
        f"HealthcareService?_id={detox}&_include=HealthcareService:organization&_include=HealthcareService:location",
    )
    assert {row["resourceType"] for row in heard.entries("include")} == {"Organization", "Location"}


def test_members_are_found_by_their_own_agency_alone(placed: Way) -> None:
    bhu = placed.county.bhu.id
    members = {str(each) for each in Membership.objects.filter(agency_id=bhu).values_list("pk", flat=True)}
    for who, expected in {"clinician": members, "admin": members, "outsider": set(), "officer": set()}.items():
        heard = get(who, f"PractitionerRole?organization={bhu}&_total=accurate")
        assert {row["id"] for row in heard.entries()} == expected
        assert heard.tree["total"] == len(expected)
        assert get(who, f"PractitionerRole?organization={bhu}&_summary=count").tree["total"] == len(expected)
        along = get(who, f"Organization?_id={bhu}&_revinclude=PractitionerRole:organization").entries("include")
        assert {row["id"] for row in along} == expected
    (found,) = get("coordinator", "PractitionerRole?role=clinician").entries()
    assert found["id"] == str(placed.county.clinician.membership_id)


def test_a_person_is_a_name_and_nothing_else_and_nobody_to_another_agency(placed: Way) -> None:
    (role,) = get("coordinator", "PractitionerRole?role=clinician").entries()
    path = role["practitioner"]["reference"]
    assert get("coordinator", path).tree == {
        "resourceType": "Practitioner",
        "id": path.partition("/")[2],
        "active": True,
        "name": [{"text": "Imke Adeyemi-Ölçer"}],
    }
    assert get("coordinator", "Practitioner?name=ımke").entries() == []
    for query in ("name=adeyemi", "name=IMKE ADE", "name:contains=olcer", "active=true&name=imke"):
        assert len(get("coordinator", f"Practitioner?{query}").entries()) == 1, query
    (along,) = get("coordinator", "PractitionerRole?role=clinician&_include=PractitionerRole:practitioner").entries(
        "include"
    )
    assert along["id"] == path.partition("/")[2]
    for who in ("outsider", "officer", "detox_intake"):
        mine, nobodys = get(who, path), get(who, f"Practitioner/{uuid4()}")
        assert (mine.status, mine.body) == (404, nobodys.body)
        assert get(who, f"Practitioner?_id={path.partition('/')[2]}&_total=accurate").tree["total"] == 0
    assert b"example.org" not in get("coordinator", "Practitioner").body.replace(b"bhu.example.org", b"")


def test_an_agency_that_is_gone_is_in_no_answer(placed: Way) -> None:
    detox = placed.county.detox.id
    Agency.objects.filter(pk=detox).update(is_active=False)
    for type_ in ("Organization", "HealthcareService", "Location"):
        assert get("officer", f"{type_}/{detox}").status == 404
        assert "Detox" not in names(get("officer", type_))


def test_what_comes_along_is_what_the_token_covers(placed: Way) -> None:
    calling.PEOPLE["narrow"] = Known(placed.county.clinician, never=frozenset({"Location", "PractitionerRole"}))
    path = "Organization?_revinclude=Location:organization&_revinclude=PractitionerRole:organization"
    assert get("narrow", path).entries("include") == []
    assert get("narrow", "Location").status == 403


def test_a_list_of_the_directory_is_one_event_and_comes_in_pages(placed: Way) -> None:
    before = AuditEvent.objects.count()
    heard = get("officer", "Organization?_count=5")
    assert AuditEvent.objects.count() == before + 1
    event = AuditEvent.objects.order_by("-id").first()
    assert (event.action, event.code, event.target) == (
        "directory.list", "Organization", f"Agency/{placed.county.police.id}",
    )  # fmt: skip
    more = get("officer", heard.link("next"))
    assert names(heard) | names(more) == ALL
    assert len(heard.entries()) == 5
    assert more.link("next") == ""


@pytest.mark.parametrize(
    "query",
    ["name:not=x", "partof.name=x", "active:exact=true", "partof:Patient=x", "address:missing=maybe",
     "_has:PractitionerRole:organization:role=clinician"],
)  # fmt: skip
def test_what_would_be_asked_otherwise_is_refused_by_name(placed: Way, query: str) -> None:
    heard = get("officer", f"Organization?{query}")
    assert heard.status == 400
    assert heard.issue["expression"] == ["http." + query.split(":", maxsplit=1)[0].split(".", maxsplit=1)[0]]


@pytest.mark.parametrize("type_", ["Organization", "HealthcareService", "Location", "Practitioner", "PractitionerRole"])
def test_every_row_is_valid_fhir_and_is_listed_as_it_is_read(placed: Way, type_: str) -> None:
    rows = get("clinician", f"{type_}?_count=100").entries()
    assert rows
    for row in rows:
        heard = get("clinician", f"{type_}/{row['id']}")
        assert heard.tree == row
        tree = exact.parse(heard.body)
        assert isinstance(tree, dict)
        check(tree)


def test_the_directory_asks_the_database_as_often_for_all_as_for_one(
    placed: Way, django_assert_max_num_queries
) -> None:
    for path in ("Organization", "HealthcareService", "Location", "PractitionerRole", "Practitioner"):
        get("clinician", path)
        with django_assert_max_num_queries(5):
            get("clinician", f"{path}?_count=100&_total=accurate")
