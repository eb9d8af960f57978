"""Every page there is, room by room, and the addresses that show none. What is in neither fails a test."""

from tests.browser.pages import account, board, care, file, front, receipts, signing
from tests.browser.shown import Shown

PAGES: tuple[Shown, ...] = (
    *front.PAGES,
    *account.PAGES,
    *board.PAGES,
    *file.PAGES,
    *care.PAGES,
    *receipts.PAGES,
    *signing.PAGES,
)

SHOW_NOTHING = {
    "fhir": "FHIR for partners' systems",
    "fhir:edge": "FHIR for partners' systems",
    "fhir:keys": "keys for partners' systems",
    "referrals:file-bundle": "a FHIR file",
    "healthz": "one word for a load balancer",
    "referrals:accept": "one tap of the list",
    "referrals:drop-consent": "a button of the consents",
    "referrals:hand-over": "a button beside a link to sign",
    "referrals:stand-consent": "a button of the consents",
    "referrals:still": "one word for the list that asks whether it changed",
    "readyz": "one word for a load balancer",
    "smart:configuration": "tokens of partners' systems",
    "smart:introspect": "tokens of partners' systems",
    "smart:revoke": "tokens of partners' systems",
    "worker": "a script of the browser",
    "smart:token": "tokens of partners' systems",
}
"""Addresses by name, or by route where they have none, and what they answer in place of a page."""

NOT_YET = ("account_", "agencies:", "demo:", "mfa_", "referrals:", "signin:", "usersessions_")
"""How the names of pages begin that are still to come into the table."""
