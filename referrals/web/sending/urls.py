"""The addresses of a new referral. Nothing of a client is in them: a draft's id is random, a referral's its own."""

from django.urls import path

from referrals.web.urls import AT

from . import looking, views
from .screens import MEDICAL, SUICIDE

NEW = f"{AT}new/"
DRAFT = f"{NEW}<uuid:draft_id>/"

urlpatterns = [
    path("new/", views.choose, name="new-where"),
    path(NEW, views.new, name="new"),
    path(f"{NEW}keep/", views.keep, name="new-keep"),
    path(f"{NEW}drafts/", views.kept, name="drafts"),
    path(f"{NEW}sent/<uuid:referral_id>/", looking.sent, name="new-sent"),
    path(DRAFT, views.draft, name="new-draft"),
    path(f"{DRAFT}six-questions/", views.screen, {"which": SUICIDE}, name="new-suicide"),
    path(f"{DRAFT}medical-check/", views.screen, {"which": MEDICAL}, name="new-medical"),
    path(f"{DRAFT}stop/", views.stop, name="new-stop"),
    path(f"{DRAFT}preview/", looking.preview, name="new-preview"),
    path(f"{DRAFT}discard/", views.discard, name="new-discard"),
]
