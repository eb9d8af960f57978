"""What of the log can be reached over HTTP: for witnesses, nothing but tree heads."""

from django.urls import URLPattern, path

from audit import views

app_name = "audit"
urlpatterns: list[URLPattern] = [
    path("checkpoint", views.checkpoint, name="checkpoint"),
    path("cosignature", views.cosignature, name="cosignature"),
]
