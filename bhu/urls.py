"""Every address of the application, composed from each part's own table."""

from django.urls import URLPattern, URLResolver, include, path

from bhu.admin import site
from bhu.web import views
from bhu.web.record import record
from fhir.rest.views import edge

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.front, name="front"),
    path("record/", record, name="record"),
    path("offline/", views.offline, name="offline"),
    path("worker.js", views.worker, name="worker"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("fhir", edge, {"path": ""}),  # a transaction is posted to the base, with or without the last slash
    path("fhir/", include("fhir.rest.urls")),
    path("account/", include("bhu.signin.urls")),
    path("admin/", site.urls),
    path("demo/", include("bhu.demo.signin")),
    path("", include("agencies.web.urls")),
    path("", include("referrals.web.urls")),
    path("", include("referrals.notices.web.urls")),
    path("r/", include("referrals.receipts.web.urls")),
    path("s/", include("referrals.signing.web.urls")),
    path("", include("fhir.smart.urls")),
    path("", include("fhir.subscriptions.web.urls")),
    path("log/", include("audit.urls")),
]
