"""A partner's system as it really is: keys of its own, assertions signed by another library than the server's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.test import Client
from django.utils import timezone
from jwcrypto import jwk, jwt

from agencies.actor import Actor
from agencies.kinds import AgencyKind, Purpose
from agencies.models import Agency, User
from agencies.roles import Role
from agencies.services import actor_for, add_member, open_agency
from fhir.smart import clients
from fhir.smart.models import Application

SETUP = "System/setup"
AUDIENCE = "http://localhost:8000/auth/token"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = "application/x-www-form-urlencoded"
KINDS: Mapping[str, dict[str, Any]] = {
    "ES384": {"kty": "EC", "crv": "P-384"},
    "RS384": {"kty": "RSA", "size": 2048},
}


def new_key(algorithm: str = "ES384", kid: str = "") -> jwk.JWK:
    return jwk.JWK.generate(**KINDS[algorithm], kid=kid or uuid4().hex)


KEYS = {algorithm: new_key(algorithm, kid=f"key-{algorithm}") for algorithm in KINDS}
"""Made once: an RSA key takes a while."""


def jwks(*keys: jwk.JWK) -> str:
    return json.dumps({"keys": [key.export_public(as_dict=True) for key in keys]})


def post(endpoint: str, form: Mapping[str, Any]) -> Any:
    return Client().post(f"/auth/{endpoint}", urlencode(form, doseq=True), content_type=FORM)


def now() -> int:
    return int(timezone.now().timestamp())


@dataclass
class Partner:
    """One client, and how it asks."""

    client_id: str
    key: jwk.JWK
    algorithm: str = "ES384"
    header: dict[str, Any] = field(default_factory=dict)

    @property
    def row(self) -> Application:
        return Application.objects.get(client_id=self.client_id)

    def claims(self, **changed: Any) -> dict[str, Any]:
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": AUDIENCE, "exp": now() + 240, "jti": uuid4().hex}
        return {name: value for name, value in (claims | changed).items() if value is not None}

    def assertion(
        self, *, header: Mapping[str, Any] = MappingProxyType({}), key: jwk.JWK | None = None, **changed: Any
    ) -> str:
        signer = key or self.key
        said = {"alg": self.algorithm, "kid": self.key["kid"], "typ": "JWT", **self.header, **header}
        token = jwt.JWT(header={name: each for name, each in said.items() if each is not None}, claims="{}")
        token.claims = json.dumps(self.claims(**changed))
        token.make_signed_token(signer)
        return str(token.serialize())

    def form(self, **changed: Any) -> dict[str, Any]:
        form = {
            "grant_type": "client_credentials",
            "scope": "system/Task.rus",
            "client_assertion_type": TYPE,
            "client_assertion": changed.pop("assertion", None) or self.assertion(**changed.pop("claims", {})),
        }
        return {name: value for name, value in (form | changed).items() if value is not None}

    def ask(self, endpoint: str = "token", **changed: Any) -> Any:
        return post(endpoint, self.form(**changed))

    def token(self, scope: str = "system/Task.rus") -> str:
        answer = self.ask(scope=scope)
        assert answer.status_code == 200, answer.content
        return str(answer.json()["access_token"])


@dataclass(frozen=True)
class Network:
    """Two agencies, who manages the members of the first, and who approves."""

    bhu: Agency
    police: Agency
    admin: Actor
    police_admin: Actor
    clinician: Actor
    network: Actor

    def register(self, *, approved: bool = True, key: jwk.JWK | None = None, **changed: Any) -> Partner:
        key = key or KEYS["ES384"]
        given = {
            "name": f"System {uuid4().hex[:8]}",
            "role": Role.INTAKE,
            "scope": "system/Task.rus system/ServiceRequest.rs",
            "purpose": Purpose.TREATMENT,
            "jwks": jwks(key) if "jwks_uri" not in changed else "",
        }
        actor = changed.pop("by", self.admin)
        shown = clients.register(actor, **(given | changed))
        if approved:
            clients.approve(self.network, shown.client_id)
        return Partner(str(shown.client_id), key)


def make_network() -> Network:
    def agency(slug: str, kind: AgencyKind) -> Agency:
        return open_agency(by=SETUP, slug=slug, name=slug.title(), kind=kind.value)

    def member(where: Agency, role: Role) -> Actor:
        user = User.objects.create_user(f"{role}@{where.slug}.example.org")
        return actor_for(add_member(by=SETUP, agency=where, role=role, user=user))

    bhu, police = agency("merrow-bhu", AgencyKind.BHU), agency("alder-falls", AgencyKind.POLICE)
    return Network(
        bhu=bhu,
        police=police,
        admin=member(bhu, Role.AGENCY_ADMIN),
        police_admin=member(police, Role.AGENCY_ADMIN),
        clinician=member(bhu, Role.CLINICIAN),
        network=member(agency("merrow-network", AgencyKind.OPERATOR), Role.NETWORK_ADMIN),
    )


def id_of(partner: Partner) -> UUID:
    return UUID(partner.client_id)
