"""The one address of the receipt book, the same for everybody."""

from django.urls import path

from . import views

app_name = "receipts"
urlpatterns = [path("", views.book, name="book")]
