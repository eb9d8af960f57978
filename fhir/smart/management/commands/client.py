"""``manage.py client``: register a partner's system, approve it, change its keys, switch it off."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from agencies.actor import Actor
from agencies.kinds import Purpose
from agencies.roles import Role
from fhir.content.issues import error
from fhir.smart import clients
from fhir.smart.ceiling import ROLES
from fhir.smart.clients import ShownClient
from referrals.errors import Invalid
from referrals.jobs import Job, JobCommand, file_bytes, nothing, uuid


def _key_arguments(job: argparse.ArgumentParser) -> None:
    where = job.add_mutually_exclusive_group(required=True)
    where.add_argument("--jwks", metavar="FILE", help="a JSON Web Key Set with the public keys; - reads standard input")
    where.add_argument("--jwks-uri", default="", metavar="URL", help="the https address at which the set stands")


def _keys(given: argparse.Namespace) -> dict[str, str]:
    """The keys as the services take them. Raises ``Invalid``."""
    if given.jwks_uri:
        return {"jwks_uri": given.jwks_uri}
    try:
        return {"jwks": file_bytes(given.jwks).decode()}
    except UnicodeDecodeError:
        raise Invalid([error("value", "keys", "The file is not UTF-8 text.")]) from None


def _register_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("name", help="what people call the system; the same name once on the network")
    job.add_argument("--role", type=Role, choices=sorted(ROLES), required=True, help="what it is in your agency")
    job.add_argument("--scope", required=True, help="the most it may ask for, such as 'system/Task.rus'")
    job.add_argument("--purpose", type=Purpose, choices=list(Purpose), default=Purpose.COORDINATION)
    _key_arguments(job)


def _register(actor: Actor, given: argparse.Namespace) -> object:
    return clients.register(
        actor, name=given.name, role=given.role, scope=given.scope, purpose=given.purpose, **_keys(given)
    )


def _client(job: argparse.ArgumentParser) -> None:
    job.add_argument("client", type=uuid, metavar="CLIENT", help="its client_id")


def _keys_arguments(job: argparse.ArgumentParser) -> None:
    _client(job)
    _key_arguments(job)


def _change_keys(actor: Actor, given: argparse.Namespace) -> object:
    return clients.change_keys(actor, given.client, **_keys(given))


def _approve(actor: Actor, given: argparse.Namespace) -> object:
    return clients.approve(actor, given.client)


def _disable(actor: Actor, given: argparse.Namespace) -> object:
    return clients.disable(actor, given.client)


def _list(actor: Actor, given: argparse.Namespace) -> object:  # noqa: ARG001  # every job is given its arguments
    return clients.clients(actor)


JOBS: dict[str, Job] = {
    "register": ("register a system of your agency; it waits for approval", _register_arguments, _register),
    "approve": ("let it ask for tokens, as administrator of the network", _client, _approve),
    "disable": ("switch it off for good", _client, _disable),
    "keys": ("replace its public keys", _keys_arguments, _change_keys),
    "list": ("the systems of your agency; of all, as administrator of the network", nothing, _list),
}


def as_text(value: Any) -> str:
    """One client on lines of its own, several on a line each."""
    if isinstance(value, ShownClient):
        return "\n".join(f"{name}: {word}" for name, word in _words(value).items())
    return "\n".join("  ".join(_words(row).values()) for row in value) or "Nothing here."


def _words(client: ShownClient) -> Mapping[str, str]:
    return {name: " ".join(word) if isinstance(word, tuple) else str(word) for name, word in asdict(client).items()}


class Command(JobCommand):
    """A partner's system from its registration to its end."""

    help = "Register, approve and switch off partners' systems that ask for tokens, and change their keys."
    jobs = JOBS

    def as_text(self, value: Any) -> str:
        return as_text(value)
