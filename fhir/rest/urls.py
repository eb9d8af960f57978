"""Every address below FHIR's base; which are served says the routing table."""

from django.urls import re_path

from . import views

app_name = "fhir"
# Discovery of tokens stands below the same base and is answered elsewhere.
urlpatterns = [re_path(r"^(?!\.well-known/)(?P<path>.*)$", views.edge, name="edge")]
