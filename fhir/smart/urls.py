"""The addresses of this app, from the root: FHIR's base is ``/fhir``, tokens are beside it."""

from django.urls import path

from . import views
from .endpoints import CALLS

app_name = "smart"
urlpatterns = [
    path("fhir/.well-known/smart-configuration", views.smart_configuration, name="configuration"),
    *(path(f"auth/{name}", views.endpoint, {"name": name}, name=name) for name in CALLS),
]
