"""Django's admin, for technical staff: only what holds nothing of any client, and most of it only to look at.

A table that is not named here is not there. Memberships, grants and agreements are changed by the services, which
write them into the log; here they are read.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from agencies.models import Agency, Agreement, Invitation, MachineClient, Membership, Town, User

SHOWN: tuple[tuple[type[Model], tuple[str, ...]], ...] = (
    (Agency, ("name", "slug", "kind", "connected", "is_active")),
    (Agreement, ("title", "effective_on", "expires_on", "ended_on")),
    (Invitation, ("email", "agency", "role", "expires_at", "used_at", "ended_at")),
    (MachineClient, ("name", "is_active")),
    (Membership, ("user", "client", "agency", "role", "since", "until")),
    (Town, ("name", "state")),
    (User, ("email", "name", "is_active", "is_staff", "last_login")),
)
"""Each table and the columns of its list."""
HIDDEN = ("password", "token_hash")


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # Django itself takes none
    """Shows rows and changes none: what is changed past the services is in no log."""

    exclude = HIDDEN

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Technical staff, who alone get here: rank opens what holds nothing of any client."""
        return is_technical_staff(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The same for the list of tables."""
        return is_technical_staff(request)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  as Django asks
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Never."""
        return False


class Site(admin.AdminSite):
    """The admin at ``/admin/``. The middleware has asked for a passkey before; others find nothing here."""

    site_header = site_title = "BHU network"
    enable_nav_sidebar = False
    final_catch_all_view = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Technical staff."""
        return is_technical_staff(request)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # noqa: ARG002
        """There is one way to sign in, and this is not it."""
        raise Http404

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:  # noqa: ARG002
        """Nor to change a password."""
        raise Http404


def is_technical_staff(request: HttpRequest) -> bool:
    """Whether this is somebody who keeps the network running."""
    return bool(request.user.is_active and request.user.is_staff)


site = Site(name="admin")
for model, columns in SHOWN:
    site.register(model, type(f"{model.__name__}Admin", (ReadOnly,), {"list_display": columns}))
