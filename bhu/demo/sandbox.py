"""Three partners' systems in the demo network, ready to use: registered, approved, each with a key in ``var/sandbox``.

For a developer's first hour (docs/fhir.md). Only in a database with the demo mark.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from joserfc.jwk import ECKey

from agencies.kinds import Purpose
from agencies.roles import Role
from agencies.services import agency_called
from fhir.smart import clients
from fhir.smart.clients import ShownClient

from .cast import Part
from .network import NotADemo, holds_demo

NETWORK = Part(who="Network admin", email="admin1.network@example.org", agency="merrow-network")
DIRECTORY = "system/Organization.rs system/Questionnaire.rs system/Subscription.cruds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One system: the name of its file, where it is a member and as what, what it may ask for, whom it sends to."""

    file: str
    name: str
    agency: str
    admin: str
    role: Role
    purpose: Purpose
    scope: str
    to: str = ""


SEATS = (
    Seat(
        file="sender",
        name="Sandbox: Alder Falls records",
        agency="alder-falls-pd",
        admin="admin1.alder-falls@example.org",
        role=Role.OFFICER,
        purpose=Purpose.COORDINATION,
        scope="system/Task.crus system/ServiceRequest.crus system/Patient.crus system/QuestionnaireResponse.c "
        f"system/Observation.crus {DIRECTORY}",
        to="merrow-bhu",
    ),
    Seat(
        file="unit",
        name="Sandbox: Merrow BHU records",
        agency="merrow-bhu",
        admin="admin1.bhu@example.org",
        role=Role.CLINICIAN,
        purpose=Purpose.COORDINATION,
        scope="system/Task.crus system/ServiceRequest.crus system/Patient.crus system/QuestionnaireResponse.crus "
        f"system/Observation.crus system/Consent.crus system/Communication.crus {DIRECTORY}",
        to="northfield-cbhc",
    ),
    Seat(
        file="provider",
        name="Sandbox: Northfield records",
        agency="northfield-cbhc",
        admin="admin1.northfield@example.org",
        role=Role.INTAKE,
        purpose=Purpose.TREATMENT,
        scope="system/Task.rus system/ServiceRequest.rs system/Patient.rs system/QuestionnaireResponse.rs "
        f"system/Communication.crs {DIRECTORY}",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """One system that can ask for tokens now."""

    seat: Seat
    agency: str
    client_id: UUID
    file: Path


def ready(folder: Path) -> Iterator[Ready]:
    """Make sure that every system is registered and approved, and that its file lies in ``folder`` for us alone.

    Raises ``NotADemo`` for a database without the demo mark, and ``NotAMember`` for one that is older than this.
    """
    if settings.PRODUCTION or not holds_demo():
        raise NotADemo("Sandbox clients are for the demo network alone.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for seat in SEATS:
        yield _ready(seat, folder / f"{seat.file}.json")


def _ready(seat: Seat, file: Path) -> Ready:
    admin = Part(who=seat.name, email=seat.admin, agency=seat.agency).actor()
    mine = next((row for row in clients.clients(admin) if row.name == seat.name), None)
    said = _read(file)
    if mine is None or said.get("client_id") != str(mine.client_id) or mine.keys != (said["key"]["kid"],):
        said = _new_key(seat, mine)
    said |= {"fhir": f"{settings.BHU_BASE_URL}/fhir"}
    _write(file, said)
    return Ready(seat=seat, agency=agency_called(seat.agency).name, client_id=UUID(said["client_id"]), file=file)


def _new_key(seat: Seat, mine: ShownClient | None) -> dict[str, Any]:
    """Give the system a key that only its file will hold, and register it if it is not."""
    admin = Part(who=seat.name, email=seat.admin, agency=seat.agency).actor()
    key = ECKey.generate_key("P-384", {"kid": str(uuid4()), "use": "sig", "alg": "ES384"})
    jwks = json.dumps({"keys": [key.as_dict(private=False)]})
    if mine is None:
        mine = clients.register(
            admin, name=seat.name, role=seat.role, scope=seat.scope, purpose=seat.purpose, jwks=jwks
        )
        clients.approve(NETWORK.actor(), mine.client_id)
    else:
        clients.change_keys(admin, mine.client_id, jwks=jwks)
    return {
        "client_id": str(mine.client_id),
        "agency": seat.agency,
        "organization": f"Organization/{agency_called(seat.agency).id}",
        "to": f"Organization/{agency_called(seat.to).id}" if seat.to else "",
        "scope": seat.scope,
        "key": key.as_dict(private=True),
    }


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("key"), dict) else {}


def _write(file: Path, said: dict[str, Any]) -> None:
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(json.dumps(said, indent=1), "utf-8")
