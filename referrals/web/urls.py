"""The pages for staff: one table a room. What belongs to one agency begins with ``/at/<agency>/<role>/``."""

from django.urls import URLPattern, URLResolver, include, path

app_name = "referrals"

AT = "at/<slug:agency>/<slug:role>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("referrals.web.board.urls")),
    path("", include("referrals.web.sending.urls")),
    path("", include("referrals.web.file.urls")),
    path(AT + "referrals/<uuid:referral_id>/", include("referrals.web.care.urls")),
    path(AT + "desk/", include("referrals.web.desk.urls")),
]
