"""The addresses of an agency's systems that are told of changes."""

from django.urls import path

from . import views

app_name = "subscriptions"

AT = "at/<slug:agency>/<slug:role>/subscriptions/"

urlpatterns = [
    path(AT, views.listed, name="list"),
    path(f"{AT}<uuid:subscription_id>/try/", views.attempt, name="try"),
]
