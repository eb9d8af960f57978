"""The addresses of the code systems we read and write, each once."""

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
BCP47 = "urn:ietf:bcp:47"

SERVICE_CATEGORY = "http://terminology.hl7.org/CodeSystem/service-category"
SERVICE_TYPE = "http://terminology.hl7.org/CodeSystem/service-type"
PROGRAM = "http://terminology.hl7.org/CodeSystem/program"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"

TASK_CODE = "http://hl7.org/fhir/CodeSystem/task-code"
BSER_STATUS = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS"

_OURS = "https://bhu.example.org/fhir/CodeSystem"
ANONYMOUS_ASK = f"{_OURS}/anonymous-ask"
DEFLECTION_PATHWAY = f"{_OURS}/deflection-pathway"
LEVEL_OF_CARE = f"{_OURS}/level-of-care"
NOTE_KIND = f"{_OURS}/note-kind"
