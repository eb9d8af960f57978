"""Signing in, and what one does about one's own account."""

from tests.browser.shown import Shown, at

PAGES = (Shown(name="account_login", go=at("/account/login/")),)
