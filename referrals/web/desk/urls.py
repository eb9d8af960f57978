"""The addresses of the privacy officer's desk. Ids stand in them, and nothing of anybody."""

from django.urls import path

from . import accounting, complaints, incidents, log, reviews, views

urlpatterns = [
    path("", views.home, name="desk"),
    path("alerts/", views.all_alerts, name="desk-alerts"),
    path("alerts/<uuid:alert_id>/", views.alert, name="desk-alert"),
    path("weeks/", views.review, name="desk-weeks"),
    path("log/", log.search, name="desk-log"),
    path("log/<uuid:event_id>/proof/", log.proof, name="desk-proof"),
    path("why/", log.why, name="desk-why"),
    path("files/<uuid:referral_id>/", log.file, name="desk-file"),
    path("files/<uuid:referral_id>/disclosures/", accounting.of_referral, name="desk-disclosures"),
    path("files/<uuid:referral_id>/review/", reviews.ask, name="desk-review-ask"),
    path("reviews/", reviews.all_cases, name="desk-reviews"),
    path("reviews/<uuid:case_id>/", reviews.one, name="desk-review"),
    path("reviews/<uuid:case_id>/content/", reviews.content, name="desk-review-content"),
    path("clients/<uuid:client_id>/", log.client, name="desk-client"),
    path("clients/<uuid:client_id>/disclosures/", accounting.of_client, name="desk-client-disclosures"),
    path("incidents/", incidents.register, name="desk-incidents"),
    path("incidents/new/", incidents.new, name="desk-incident-new"),
    path("incidents/<uuid:incident_id>/", incidents.one, name="desk-incident"),
    path("complaints/", complaints.log, name="desk-complaints"),
    path("complaints/new/", complaints.new, name="desk-complaint-new"),
    path("complaints/<uuid:complaint_id>/", complaints.one, name="desk-complaint"),
]
