"""The pages of agencies themselves."""

from django.urls import path

from .coverage import views as coverage
from .members import views

app_name = "agencies"

MEMBERS = "at/<slug:agency>/<slug:role>/members/"
COVERAGE = "at/<slug:agency>/<slug:role>/coverage/"

urlpatterns = [
    path(MEMBERS, views.members, name="members"),
    path(f"{MEMBERS}invite/", views.invite, name="invite"),
    path(f"{MEMBERS}<uuid:membership_id>/end/", views.end, name="end-membership"),
    path(f"{MEMBERS}<uuid:membership_id>/renew/", views.renew, name="renew"),
    path(f"{MEMBERS}invitations/<uuid:invitation_id>/approve/", views.approve, name="approve"),
    path(f"{MEMBERS}invitations/<uuid:invitation_id>/withdraw/", views.withdraw, name="withdraw"),
    path(COVERAGE, coverage.coverage, name="coverage"),
    path(f"{COVERAGE}<uuid:coverage_id>/confirm/", coverage.confirm, name="confirm-coverage"),
    path(f"{COVERAGE}<uuid:coverage_id>/end/", coverage.end, name="end-coverage"),
]
