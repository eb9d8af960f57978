"""Every address below FHIR's base; which are served says the routing table."""

from django.urls import path, re_path

from . import keys, views

app_name = "fhir"
# Discovery of tokens stands below the same base and is answered elsewhere.
urlpatterns = [
    path(".well-known/keys/<uuid:agency_id>.json", keys.published, name="keys"),
    re_path(r"^(?!\.well-known/)(?P<path>.*)$", views.edge, name="edge"),
]
