"""The page of a referral as somebody's browser is shown it: the HTML, part by part, or the code it was refused with."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict

from agencies.models import Membership, User
from referrals.errors import NotFound, Refused
from referrals.web.file.views import page

from .cells import BORN, WORDS

SPOKEN: Mapping[str, str] = MappingProxyType({"March 7, 1931": BORN, "65 or over": WORDS["ask"]})
"""What is planted as a code, as a page says it."""

_PART = re.compile(r'<section class="part" aria-labelledby="part-(?P<name>[a-z]+)">.*?</section>', re.DOTALL)
_CODE = re.compile(r"Code: (?P<code>[A-Z_0-9]+)")


class Page(NamedTuple):
    """The code of a refusal, "" for none; what stands in each part; and every byte of it."""

    code: str
    texts: Mapping[str, str]
    text: str


def everything(membership_id: UUID, referral_id: UUID) -> Page:
    """The tab that shows all parts, for a member."""
    row = Membership.objects.select_related("agency").get(pk=membership_id)
    try:
        answer = page(_request(row.pk), agency=row.agency.slug, role=row.role, referral_id=referral_id)
    except Http404:
        return Page(NotFound.code, {}, "")
    except Refused as refusal:
        return Page(refusal.code, {}, str(refusal))
    return _read(answer)


def _request(membership_id: UUID) -> HttpRequest:
    request = HttpRequest()
    request.method = "GET"
    request.GET = QueryDict("part=all")
    request.META |= {"SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    request.user = User.objects.get(memberships__pk=membership_id)
    return request


def _read(answer: HttpResponseBase) -> Page:
    text = getattr(answer, "content", b"").decode()
    for said, word in SPOKEN.items():
        text = text.replace(said, word)
    refused = _CODE.search(text) if answer.status_code != 200 else None
    return Page(refused["code"] if refused else "", {found["name"]: found[0] for found in _PART.finditer(text)}, text)
