"""The instruments of this house by canonical address. Whatever is not here is not scored."""

from collections.abc import Mapping
from types import MappingProxyType

from fhir.content.exact import Object

from .audit_c import AUDIT_C
from .c_ssrs import C_SSRS
from .gad7 import GAD_7
from .instrument import Instrument
from .medical_check import MEDICAL_CHECK
from .phq2 import PHQ_2
from .phq9 import PHQ_9
from .resources import questionnaire
from .taps1 import TAPS_1

INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType(
    {each.url: each for each in (C_SSRS, PHQ_2, PHQ_9, GAD_7, AUDIT_C, TAPS_1, MEDICAL_CHECK)}
)

QUESTIONNAIRES: Mapping[str, Object] = MappingProxyType({url: questionnaire(each) for url, each in INSTRUMENTS.items()})
"""The same as FHIR R4 Questionnaires. Copy one before changing it."""
