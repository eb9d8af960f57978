"""The one address of this app; it says nothing of what is behind it."""

from django.urls import path

from . import views

app_name = "signing"
urlpatterns = [path("<str:token>", views.sign, name="sign")]
