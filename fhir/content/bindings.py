"""The required code bindings of FHIR 4.0.1 for the types we know and their data types, as data.

Written from the official definitions: ``enum_values`` of fhir.resources are cut short and not used.
Types are named as fhir.resources names their classes: ``PatientLink`` is Patient.link.
"""

from collections.abc import Mapping
from types import MappingProxyType

Codes = tuple[str, ...]


def _codes(text: str) -> Codes:
    return tuple(text.split())


ADMINISTRATIVE_GENDER = _codes("male female other unknown")
LINK_TYPE = _codes("replaced-by replaces refer seealso")
REQUEST_STATUS = _codes("draft active on-hold revoked completed entered-in-error unknown")
REQUEST_INTENT = _codes("proposal plan directive order original-order reflex-order filler-order instance-order option")
REQUEST_PRIORITY = _codes("routine urgent asap stat")
TASK_STATUS = _codes(
    "draft requested received accepted rejected ready cancelled in-progress on-hold failed completed entered-in-error"
)
TASK_INTENT = _codes("unknown proposal plan order original-order reflex-order filler-order instance-order option")
QUESTIONNAIRE_ANSWERS_STATUS = _codes("in-progress completed amended entered-in-error stopped")
OBSERVATION_STATUS = _codes("registered preliminary final amended corrected cancelled entered-in-error unknown")
CONDITION_CLINICAL = _codes("active recurrence relapse inactive remission resolved")
CONDITION_VER_STATUS = _codes("unconfirmed provisional differential confirmed refuted entered-in-error")
CONSENT_STATE_CODES = _codes("draft proposed active rejected inactive entered-in-error")
CONSENT_PROVISION_TYPE = _codes("deny permit")
CONSENT_DATA_MEANING = _codes("instance related dependents authoredby")
DOCUMENT_REFERENCE_STATUS = _codes("current superseded entered-in-error")
COMPOSITION_STATUS = _codes("preliminary final amended entered-in-error")
DOCUMENT_RELATIONSHIP_TYPE = _codes("replaces transforms signs appends")
EVENT_STATUS = _codes("preparation in-progress not-done on-hold stopped completed entered-in-error unknown")
DAYS_OF_WEEK = _codes("mon tue wed thu fri sat sun")
LOCATION_STATUS = _codes("active suspended inactive")
LOCATION_MODE = _codes("instance kind")
AUDIT_EVENT_ACTION = _codes("C R U D E")
AUDIT_EVENT_OUTCOME = _codes("0 4 8 12")
NETWORK_TYPE = _codes("1 2 3 4 5")
PUBLICATION_STATUS = _codes("draft active retired unknown")
ITEM_TYPE = _codes(
    "group display question boolean decimal integer date dateTime time string text url choice "
    "open-choice attachment reference quantity"
)
QUESTIONNAIRE_ENABLE_OPERATOR = _codes("exists = != > < >= <=")
QUESTIONNAIRE_ENABLE_BEHAVIOR = _codes("all any")
PROVENANCE_ENTITY_ROLE = _codes("derivation revision quotation source removal")
BUNDLE_TYPE = _codes(
    "document message transaction transaction-response batch batch-response history searchset collection"
)
SEARCH_ENTRY_MODE = _codes("match include outcome")
HTTP_VERB = _codes("GET HEAD POST PUT DELETE PATCH")
ADDRESS_USE = _codes("home work temp old billing")
ADDRESS_TYPE = _codes("postal physical both")
QUANTITY_COMPARATOR = _codes("< <= >= >")
CONTACT_POINT_SYSTEM = _codes("phone fax email pager url sms other")
CONTACT_POINT_USE = _codes("home work temp old mobile")
CONTRIBUTOR_TYPE = _codes("author editor reviewer endorser")
SORT_DIRECTION = _codes("ascending descending")
NAME_USE = _codes("usual official temp nickname anonymous old maiden")
IDENTIFIER_USE = _codes("usual official temp secondary old")
NARRATIVE_STATUS = _codes("generated extensions additional empty")
OPERATION_PARAMETER_USE = _codes("in out")
RELATED_ARTIFACT_TYPE = _codes(
    "documentation justification citation predecessor successor derived-from depends-on composed-of"
)
UNITS_OF_TIME = _codes("s min h d wk mo a")
EVENT_TIMING = _codes(
    "MORN MORN.early MORN.late NOON AFT AFT.early AFT.late EVE EVE.early EVE.late NIGHT PHS HS WAKE "
    "C CM CD CV AC ACM ACD ACV PC PCM PCD PCV"
)
TRIGGER_TYPE = _codes(
    "named-event periodic data-changed data-added data-modified data-removed data-accessed data-access-ended"
)

REQUIRED: Mapping[str, Mapping[str, Codes]] = MappingProxyType(
    {
        "Patient": {"gender": ADMINISTRATIVE_GENDER},
        "PatientContact": {"gender": ADMINISTRATIVE_GENDER},
        "PatientLink": {"type": LINK_TYPE},
        "ServiceRequest": {"status": REQUEST_STATUS, "intent": REQUEST_INTENT, "priority": REQUEST_PRIORITY},
        "Task": {"status": TASK_STATUS, "intent": TASK_INTENT, "priority": REQUEST_PRIORITY},
        "QuestionnaireResponse": {"status": QUESTIONNAIRE_ANSWERS_STATUS},
        "Observation": {"status": OBSERVATION_STATUS},
        "Consent": {"status": CONSENT_STATE_CODES},
        "ConsentProvision": {"type": CONSENT_PROVISION_TYPE},
        "ConsentProvisionData": {"meaning": CONSENT_DATA_MEANING},
        "DocumentReference": {"status": DOCUMENT_REFERENCE_STATUS, "docStatus": COMPOSITION_STATUS},
        "DocumentReferenceRelatesTo": {"code": DOCUMENT_RELATIONSHIP_TYPE},
        "Communication": {"status": EVENT_STATUS, "priority": REQUEST_PRIORITY},
        "Practitioner": {"gender": ADMINISTRATIVE_GENDER},
        "PractitionerRoleAvailableTime": {"daysOfWeek": DAYS_OF_WEEK},
        "HealthcareServiceAvailableTime": {"daysOfWeek": DAYS_OF_WEEK},
        "Location": {"status": LOCATION_STATUS, "mode": LOCATION_MODE},
        "LocationHoursOfOperation": {"daysOfWeek": DAYS_OF_WEEK},
        "AuditEvent": {"action": AUDIT_EVENT_ACTION, "outcome": AUDIT_EVENT_OUTCOME},
        "AuditEventAgentNetwork": {"type": NETWORK_TYPE},
        "Questionnaire": {"status": PUBLICATION_STATUS},
        "QuestionnaireItem": {"type": ITEM_TYPE, "enableBehavior": QUESTIONNAIRE_ENABLE_BEHAVIOR},
        "QuestionnaireItemEnableWhen": {"operator": QUESTIONNAIRE_ENABLE_OPERATOR},
        "ProvenanceEntity": {"role": PROVENANCE_ENTITY_ROLE},
        "Bundle": {"type": BUNDLE_TYPE},
        "BundleEntrySearch": {"mode": SEARCH_ENTRY_MODE},
        "BundleEntryRequest": {"method": HTTP_VERB},
        "Address": {"use": ADDRESS_USE, "type": ADDRESS_TYPE},
        "Age": {"comparator": QUANTITY_COMPARATOR},
        "ContactPoint": {"system": CONTACT_POINT_SYSTEM, "use": CONTACT_POINT_USE},
        "Contributor": {"type": CONTRIBUTOR_TYPE},
        "Count": {"comparator": QUANTITY_COMPARATOR},
        "DataRequirementSort": {"direction": SORT_DIRECTION},
        "Distance": {"comparator": QUANTITY_COMPARATOR},
        "Duration": {"comparator": QUANTITY_COMPARATOR},
        "HumanName": {"use": NAME_USE},
        "Identifier": {"use": IDENTIFIER_USE},
        "Narrative": {"status": NARRATIVE_STATUS},
        "ParameterDefinition": {"use": OPERATION_PARAMETER_USE},
        "Quantity": {"comparator": QUANTITY_COMPARATOR},
        "RelatedArtifact": {"type": RELATED_ARTIFACT_TYPE},
        "TimingRepeat": {
            "durationUnit": UNITS_OF_TIME,
            "periodUnit": UNITS_OF_TIME,
            "dayOfWeek": DAYS_OF_WEEK,
            "when": EVENT_TIMING,
        },
        "TriggerDefinition": {"type": TRIGGER_TYPE},
    }
)

# A CodeableConcept with a required binding: one of its codings must be of this system, with one of these codes.
CONCEPTS: Mapping[str, Mapping[str, tuple[str, Codes]]] = MappingProxyType(
    {
        "Condition": {
            "clinicalStatus": ("http://terminology.hl7.org/CodeSystem/condition-clinical", CONDITION_CLINICAL),
            "verificationStatus": ("http://terminology.hl7.org/CodeSystem/condition-ver-status", CONDITION_VER_STATUS),
        }
    }
)
