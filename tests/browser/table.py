"""Every page there is, room by room, and the addresses that show none. What is in neither fails a test."""

from itertools import chain

from tests.browser.pages import (
    account,
    board,
    care,
    coverage,
    desk,
    file,
    front,
    members,
    notices,
    receipts,
    sending,
    signing,
    subscriptions,
)
from tests.browser.shown import Shown

ROOMS = (front, account, members, coverage, notices, board, sending, file, care, desk, receipts, signing, subscriptions)
PAGES: tuple[Shown, ...] = tuple(chain.from_iterable(room.PAGES for room in ROOMS))

FORM = "takes a form and leads on"
MACHINES = "for partners' systems"
SHOW_NOTHING = {
    "agencies:approve": FORM,
    "agencies:confirm-coverage": FORM,
    "agencies:end-coverage": FORM,
    "agencies:withdraw": FORM,
    "demo:enter": FORM,
    "fhir": MACHINES,
    "fhir:edge": MACHINES,
    "fhir:keys": MACHINES,
    "audit:checkpoint": MACHINES,
    "audit:cosignature": MACHINES,
    "healthz": "one word for a load balancer",
    "mfa_download_recovery_codes": "a text file",
    "mfa_login_webauthn": "what a passkey is asked, for a script",
    "notices:acknowledge": FORM,
    "notices:add-shift": FORM,
    "notices:again": FORM,
    "notices:end-shift": FORM,
    "notices:end-webhook": FORM,
    "notices:let-be": FORM,
    "notices:seen": FORM,
    "notices:timers": FORM,
    "subscriptions:try": FORM,
    "openid_connect_login": "leads on to an agency's own sign-in",
    "readyz": "one word for a load balancer",
    "referrals:accept": FORM,
    "referrals:desk-alert": FORM,
    "referrals:desk-proof": "a file",
    "referrals:drop-consent": FORM,
    "referrals:file-bundle": "a file",
    "referrals:hand-over": FORM,
    "referrals:new-discard": FORM,
    "referrals:new-keep": "keeps a draft, for a script",
    "referrals:stand-consent": FORM,
    "referrals:still": "whether the list has changed, for a script",
    "signin:active": "that somebody is at work, for a script",
    "signin:again": FORM,
    "signin:lock": "a part of a page, for a script",
    "signin:unlock": "what a passkey is asked, for a script",
    "smart:configuration": MACHINES,
    "smart:introspect": MACHINES,
    "smart:revoke": MACHINES,
    "smart:token": MACHINES,
    "worker": "a script of the browser",
}
"""Addresses by name, or by route where they have none, and what they answer in place of a page."""

NOT_OURS = "admin:"
"""Django's own pages for technical staff, as they come."""
