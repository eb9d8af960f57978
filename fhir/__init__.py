"""Our FHIR edge, sharing the name ``fhir`` with the ``fhir.resources`` distribution. Nothing else may stand here."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
