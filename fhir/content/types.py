"""Which FHIR R4 resource types there are, which of them we know, and how each may reach us."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Arrival(StrEnum):
    """How a resource of a type may come to be here."""

    REFERRAL = "in a referral"
    DIRECTORY = "as a row of the directory"
    READ_ONLY = "read only"


ARRIVALS: Mapping[str, Arrival] = MappingProxyType(
    {
        "Patient": Arrival.REFERRAL,
        "ServiceRequest": Arrival.REFERRAL,
        "Task": Arrival.REFERRAL,
        "QuestionnaireResponse": Arrival.REFERRAL,
        "Observation": Arrival.REFERRAL,
        "Condition": Arrival.REFERRAL,
        "Consent": Arrival.REFERRAL,
        "DocumentReference": Arrival.REFERRAL,
        "Communication": Arrival.REFERRAL,
        "Organization": Arrival.DIRECTORY,
        "Practitioner": Arrival.DIRECTORY,
        "PractitionerRole": Arrival.DIRECTORY,
        "HealthcareService": Arrival.DIRECTORY,
        "Location": Arrival.DIRECTORY,
        "AuditEvent": Arrival.READ_ONLY,
        "Provenance": Arrival.READ_ONLY,
        "Questionnaire": Arrival.READ_ONLY,
    }
)


def allowed(arrival: Arrival) -> tuple[str, ...]:
    """The types that may arrive this way, in the order of the table."""
    return tuple(name for name, way in ARRIVALS.items() if way is arrival)


# http://hl7.org/fhir/resource-types of 4.0.1 without its two abstract types. A reference may name any of them.
_NAMES = """
    Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic
    Binary BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement CarePlan CareTeam CatalogEntry
    ChargeItem ChargeItemDefinition Claim ClaimResponse ClinicalImpression CodeSystem Communication
    CommunicationRequest CompartmentDefinition Composition ConceptMap Condition Consent Contract Coverage
    CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue Device DeviceDefinition DeviceMetric
    DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest DocumentReference EffectEvidenceSynthesis
    Encounter Endpoint EnrollmentRequest EnrollmentResponse EpisodeOfCare EventDefinition Evidence
    EvidenceVariable ExampleScenario ExplanationOfBenefit FamilyMemberHistory Flag Goal GraphDefinition Group
    GuidanceResponse HealthcareService ImagingStudy Immunization ImmunizationEvaluation
    ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage List Location Measure
    MeasureReport Media Medication MedicationAdministration MedicationDispense MedicationKnowledge
    MedicationRequest MedicationStatement MedicinalProduct MedicinalProductAuthorization
    MedicinalProductContraindication MedicinalProductIndication MedicinalProductIngredient
    MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged
    MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition MessageHeader
    MolecularSequence NamingSystem NutritionOrder Observation ObservationDefinition OperationDefinition
    OperationOutcome Organization OrganizationAffiliation Parameters Patient PaymentNotice
    PaymentReconciliation Person PlanDefinition Practitioner PractitionerRole Procedure Provenance
    Questionnaire QuestionnaireResponse RelatedPerson RequestGroup ResearchDefinition
    ResearchElementDefinition ResearchStudy ResearchSubject RiskAssessment RiskEvidenceSynthesis Schedule
    SearchParameter ServiceRequest Slot Specimen SpecimenDefinition StructureDefinition StructureMap
    Subscription Substance SubstanceNucleicAcid SubstancePolymer SubstanceProtein
    SubstanceReferenceInformation SubstanceSourceMaterial SubstanceSpecification SupplyDelivery SupplyRequest
    Task TerminologyCapabilities TestReport TestScript ValueSet VerificationResult VisionPrescription
"""
RESOURCE_TYPES = frozenset(_NAMES.split())

# The types whose R4B definition is not that of 4.0.1 (renamed, dropped or rewritten): never a contained resource.
UNLIKE_R4 = frozenset(
    name
    for name in RESOURCE_TYPES
    if name.startswith(("MedicinalProduct", "Evidence", "SubstanceN", "SubstanceP", "SubstanceR", "SubstanceS"))
) | {"ActivityDefinition", "EffectEvidenceSynthesis", "PlanDefinition", "RiskEvidenceSynthesis"}
CONTAINED = RESOURCE_TYPES - UNLIKE_R4 - {"Bundle", "Parameters"}  # those two would hold resources of their own
