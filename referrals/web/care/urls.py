"""The addresses of what is done in one referral by who helps."""

from django.urls import path

from . import consents, emergencies, notes, offers, screens

urlpatterns = [
    path("screens/", screens.choose, name="screens"),
    path("screens/<slug:name>/", screens.fill, name="screen"),
    path("note/", notes.write, name="note"),
    path("offer/", offers.offer, name="offer"),
    path("consents/", consents.overview, name="consents"),
    path("consents/ask/", consents.ask, name="ask-consent"),
    path("consents/hand-over/", consents.hand_over, name="hand-over"),
    path("consents/<uuid:consent_id>/", consents.stand, name="stand-consent"),
    path("consents/waiting/<uuid:waiting_id>/", consents.drop, name="drop-consent"),
    path("emergency/", emergencies.start, name="emergency"),
    path("emergency/<uuid:access_id>/", emergencies.document, name="emergency-words"),
]
