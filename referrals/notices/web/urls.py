"""The addresses of notices. What belongs to one agency begins with ``/at/<agency>/<role>/``."""

from django.urls import path

from . import agency, figures, letters, mine

app_name = "notices"

AT = "at/<slug:agency>/<slug:role>/notices/"

urlpatterns = [
    path("notices/", mine.lines, name="list"),
    path("notices/seen/", mine.seen, name="seen"),
    path("notices/settings/", mine.settings, name="settings"),
    path("at/<slug:agency>/<slug:role>/tasks/<uuid:task_id>/acknowledge/", mine.acknowledge, name="acknowledge"),
    path(f"{AT}undelivered/", letters.undelivered, name="undelivered"),
    path(f"{AT}undelivered/<uuid:delivery_id>/again/", letters.again, name="again"),
    path(f"{AT}undelivered/<uuid:delivery_id>/let-be/", letters.let_be, name="let-be"),
    path(f"{AT}times/", figures.times, name="times"),
    path(f"{AT}queue/", figures.queue, name="queue"),
    path(f"{AT}reach/", agency.reach, name="reach"),
    path(f"{AT}reach/times/", agency.timers, name="timers"),
    path(f"{AT}reach/rota/", agency.add_shift, name="add-shift"),
    path(f"{AT}reach/rota/<uuid:shift_id>/end/", agency.end_shift, name="end-shift"),
    path(f"{AT}reach/webhooks/", agency.add_webhook, name="add-webhook"),
    path(f"{AT}reach/webhooks/<uuid:webhook_id>/end/", agency.end_webhook, name="end-webhook"),
]
