"""Vignette 31: a clinician hears a threat against somebody by name, and warns police with the least there is."""

from dataclasses import replace

import pytest

from audit.models import AuditEvent
from fhir.content.builders import Agreed
from fhir.content.compartments import Compartment
from referrals.acts import Send, Threat, WarnOfThreat
from referrals.errors import Invalid
from referrals.listing import inbox
from referrals.models import BlindToken, Participation, Referral, Section
from referrals.opening import open_referral
from referrals.shelltext import as_json
from tests.vignettes.people import Entry, Merrow, call, ledger, of, seen, told

USE = seen("15167005", "Alcohol use disorder", value="Half a bottle before noon")
SAID = Threat(
    name="Anselm Zwillinger",
    born="1979-12-02",
    threat="Said that he will shoot her at her door on Sunday",
    victim="Perpetua Quillfeather, his former wife",
    means="A shotgun in his shed",
    when="Sunday morning",
)
FIELDS = ("name", "threat", "victim", "means", "when")


@pytest.fixture
def in_care(merrow):
    """The referral in which she learned it: he was brought by police, and what he drinks is known."""
    act = Send(data=call(born="1979-12-02"), to=merrow.at("bhu"), agreed=Agreed.YES)
    referral_id = merrow.do("alder officer", act).referral_id
    merrow.step("clinician", merrow.task(referral_id, "bhu"), "accept", "start")
    merrow.add("clinician", referral_id, of(USE))
    return referral_id


@pytest.fixture
def warned(merrow, in_care):
    (to,) = merrow.at("alder-pd")
    return merrow.do("clinician", WarnOfThreat(to=to, threat=SAID)).referral_id


def test_vignette_31_the_outreach_officer_reads_who_threatens_whom_how_and_when_and_no_more(merrow, warned):
    (row,) = [row for row in inbox(merrow.people["alder outreach"]) if row.referral_id == warned]
    assert (row.priority, row.sender) == ("stat", "bhu")
    opened = merrow.open("alder outreach", warned)
    by_type = {section.type: section.tree for section in opened.sections}
    assert set(by_type) == {"Patient", "Communication"}
    frame = {"resourceType", "id", "meta"}
    assert {name: value for name, value in by_type["Patient"].items() if name not in frame} == {
        "name": [{"text": "Anselm Zwillinger"}],
        "birthDate": "1979-12-02",
    }
    assert by_type["Communication"]["payload"] == [
        {
            "contentString": "Threat: Said that he will shoot her at her door on Sunday\n"
            "Against: Perpetua Quillfeather, his former wife\n"
            "By: A shotgun in his shed\n"
            "When: Sunday morning"
        }
    ]
    assert opened.notices == ()


def test_it_is_in_the_ledger_on_its_own_ground_and_both_privacy_officers_are_told(merrow, warned):
    assert ledger(warned) == [Entry("bhu", "alder-pd", "contact+incident", "hipaa_512j", "THREAT")]
    assert sorted(told(warned)) == [
        ("alder-pd", "", "threat-warning"),
        ("alder-pd", "privacy_officer", "threat-warning"),
        ("bhu", "privacy_officer", "threat-warning"),
    ]
    assert [(event.who, event.action, event.outcome) for event in merrow.events(warned)] == [
        ("clinician", "threat.warn", "0")
    ]


def test_nothing_ties_it_to_the_referral_it_was_learned_in(merrow, in_care, warned):
    first, second = (Referral.objects.select_related("folder").get(pk=pk) for pk in (in_care, warned))
    traces = [str(in_care), first.reference, str(first.folder.patient_id), str(merrow.task(in_care, "bhu"))]
    shown = as_json([merrow.open("clinician", warned), merrow.open("alder outreach", warned)])
    stored = str(list(Participation.objects.filter(referral_id=warned).values()))
    logged = str(list(AuditEvent.objects.filter(target=f"Referral/{warned}").values_list("target", "code", "body")))
    assert [trace for trace in traces if trace in shown + stored + logged] == []
    assert first.folder.patient_id != second.folder.patient_id
    assert not Participation.objects.filter(referral_id=warned, client__isnull=False).exists()
    assert not Section.objects.filter(folder_id=warned, compartment__in=("clinical", "sud")).exists()


def test_the_referral_it_was_learned_in_shows_nothing_of_it(merrow, in_care):
    people = ("alder officer", "clinician")
    before = {who: as_json(merrow.open(who, in_care)) for who in people}
    rows, tokens = ledger(in_care), BlindToken.objects.count()
    (to,) = merrow.at("alder-pd")
    merrow.do("clinician", WarnOfThreat(to=to, threat=SAID))
    assert {who: as_json(merrow.open(who, in_care)) for who in people} == before
    assert ledger(in_care) == rows
    assert BlindToken.objects.count() == tokens


# A word in each field that says or implies substance use, as somebody in a hurry would write it.
@pytest.mark.parametrize(
    ("field", "text", "word"),
    [
        ("name", "Anselm Zwillinger, in detox since May", "detox"),
        ("threat", "When drunk he said that he will shoot her on Sunday", "drunk"),
        ("victim", "Perpetua Quillfeather, whom he met in rehab", "rehab"),
        ("means", "A shotgun, or an overdose in her coffee", "overdose"),
        ("when", "After his methadone on Sunday", "methadone"),
        ("threat", "Relapsed, and says that he will shoot her on Sunday", "relapse"),
        ("threat", "Says in withdrawal that he will shoot her", "withdrawal symptoms"),
    ],
)
def test_a_word_of_substance_use_does_not_pass_and_is_named_with_its_field(merrow, in_care, field, text, word):
    (to,) = merrow.at("alder-pd")
    refusal = merrow.refused("clinician", WarnOfThreat(to=to, threat=replace(SAID, **{field: text})))
    assert type(refusal) is Invalid
    assert [(issue.expression, f"'{word}'" in issue.text) for issue in refusal.issues] == [(field, True)]
    assert inbox(merrow.people["alder outreach"])[0].referral_id == in_care
    assert len(inbox(merrow.people["alder outreach"])) == 1


@pytest.mark.parametrize("field", FIELDS)
def test_what_is_left_out_is_named(merrow, field):
    (to,) = merrow.at("alder-pd")
    refusal = merrow.refused("clinician", WarnOfThreat(to=to, threat=replace(SAID, **{field: " "})))
    assert [issue.expression for issue in refusal.issues] == [field]


@pytest.mark.parametrize(("length", "enough"), [(19, False), (20, True)])
def test_a_warning_says_on_what_it_rests(merrow, length, enough):
    (to,) = merrow.at("alder-pd")
    act = WarnOfThreat(to=to, threat=replace(SAID, threat="x" * length))
    if enough:
        assert merrow.do("clinician", act).reference
    else:
        assert [issue.expression for issue in merrow.refused("clinician", act).issues] == ["threat"]


@pytest.mark.parametrize(
    "who",
    ["coordinator", "coach", "bhu privacy", "bhu admin", "detox intake", "alder officer", "alder outreach", "driver"],
)
def test_nobody_but_a_clinician_warns(merrow, who):
    (to,) = merrow.at("brindle-pd")
    assert merrow.refused(who, WarnOfThreat(to=to, threat=SAID)).code == "ROLE"
    assert AuditEvent.objects.filter(action="threat.warn", outcome="4", code="ROLE").count() == 1


@pytest.mark.parametrize("who", ["alder chief", "brindle outreach", "bhu privacy", "detox intake", "stranger"])
def test_others_do_not_find_it(merrow, warned, who):
    assert merrow.turned_away(who, warned) == "NOT_FOUND"


def test_her_own_colleagues_at_the_unit_read_what_was_sent_and_the_parts_that_are_not_in_it_are_shut(merrow, warned):
    assert merrow.parts("clinician", warned) == {"contact", "incident"}
    for part in (Compartment.CLINICAL, Compartment.SUD, Compartment.OUTCOME):
        assert merrow.turned_away("clinician", warned, part) == "COMPARTMENT"


def test_the_log_holds_none_of_its_words(merrow: Merrow, warned):
    bodies = b"".join(bytes(body) for body in AuditEvent.objects.values_list("body", flat=True))
    for word in ("Anselm", "Zwillinger", "Quillfeather", "shotgun", "Sunday", "1979"):
        assert word.encode() not in bodies


def test_an_agreement_is_not_asked_for(merrow):
    (to,) = merrow.at("outside")
    referral_id = merrow.do("clinician", WarnOfThreat(to=to, threat=SAID)).referral_id
    assert "shotgun" in as_json(open_referral(merrow.people["stranger"], referral_id))
