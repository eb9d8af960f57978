"""The addresses of the board, of its one-tap answer, and of finding."""

from django.urls import path

from . import finding, views

urlpatterns = [
    path("list/", views.work, name="work"),
    path("list/mark/", views.still, name="still"),
    path("find/", finding.find, name="find"),
    path("at/<slug:agency>/<slug:role>/tasks/<uuid:task_id>/accept/", views.accept, name="accept"),
]
