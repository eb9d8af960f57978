"""The addresses of one referral. Its id alone stands in them, and never anything of its client."""

from django.urls import include, path

from . import acting, exports, views

one = [
    path("", views.page, name="file"),
    path("own/", views.own, name="file-own"),
    path("history/", views.history, name="file-history"),
    path("told/", views.told, name="file-told"),
    path("why/", views.why, name="file-why"),
    path("print/", exports.packet, name="file-print"),
    path("copy/", exports.copy, name="file-copy"),
    path("bundle/", exports.download, name="file-bundle"),
    path("tasks/<uuid:task_id>/note/", acting.note, name="file-note"),
    path("tasks/<uuid:task_id>/number/", acting.number, name="file-number"),
    path("tasks/<uuid:task_id>/step/<slug:name>/", acting.step, name="file-step"),
]

urlpatterns = [
    path("referrals/<uuid:referral_id>/", views.anywhere, name="anywhere"),
    path("at/<slug:agency>/<slug:role>/referrals/<uuid:referral_id>/", include(one)),
]
