"""The list of what is before me."""

from tests.browser.shown import Shown, at

PAGES = (Shown(name="referrals:work", state="empty", user="officer1.brindle", go=at("/work/")),)
