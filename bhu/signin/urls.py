"""Signing in: of allauth's addresses those that are wanted, and our own.

Left out on purpose: making an account oneself, changing one's address (an invitation proved it), signing in by a
mailed code, telephone numbers.
"""

from allauth.account import views as account
from django.urls import URLPattern, URLResolver, include, path, re_path

from . import joining, views
from .sso import views as sso

own = [
    path("notice/", views.notice, name="notice"),
    path("setup/", views.setup, name="setup"),
    path("lock/", views.lock, name="lock"),
    path("unlock/", views.unlock, name="unlock"),
    path("active/", views.active, name="active"),
    path("again/", views.again, name="again"),
    path("join/<str:token>", joining.join, name="join"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((own, "signin"))),
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/", include("allauth.mfa.urls")),
    path("oidc/<slug:provider_id>/login/", sso.login, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", sso.callback, name="openid_connect_callback"),
    path("sessions/", include("allauth.usersessions.urls")),
]
