"""What of allauth's OpenID Connect is ours: which directories there are, whose word is taken, and that it is signed."""

from http import HTTPStatus
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bhu.signin import events
from bhu.signin.models import SingleSignOn

from . import judging, services

PROVIDER = "openid_connect"
ALGORITHMS = ["RS256", "PS256", "ES256"]
LEEWAY = 60


class Directory(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth is untyped
    """One agency's directory, spoken to for one request."""

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:  # noqa: ARG002
        """Believe the signed ID token alone, and keep of it no more than by whom and for whom it was made."""
        read = self._read(app, str(kwargs["response"].get("id_token", "")))
        request.sso_claims = judging.heard(read)  # type: ignore[attr-defined]  # for pre_social_login
        return self.get_provider().sociallogin_from_response(request, {"id_token": {"sub": read["sub"]}})

    def _read(self, app: SocialApp, token: str) -> dict[str, Any]:
        """The claims, if the directory signed them, for us, and not long ago. Raises ``OAuth2Error``."""
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
        asked = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": self._issuer(app)},
            aud={"essential": True, "value": app.client_id},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            read = jwt.decode(token, KeySet.import_key_set(answer.json()), algorithms=ALGORITHMS)
            asked.validate(read.claims)
        except (JoseError, ValueError) as wrong:
            raise OAuth2Error("The ID token is not good.") from wrong
        return read.claims

    def _issuer(self, app: SocialApp) -> str:
        """What the directory calls itself: what it was set up by, a slash at the end aside."""
        called = str(self.openid_config["issuer"])
        if called.rstrip("/") != app.settings["server_url"]:
            raise OAuth2Error("The directory calls itself by another name.")
        return called


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Directories from our rows; nobody becomes a member by one who was not invited."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, **_more: Any) -> list[SocialApp]:  # noqa: ARG002
        """The directories that vouch now, as allauth knows them: ``provider`` is the handle of the agency."""
        return [_app(row) for row in services.active() if provider in (None, PROVIDER, row.agency.slug)]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Take the directory's word, or answer with the page that says why not."""
        claims: judging.Claims = request.sso_claims  # type: ignore[attr-defined]  # by Directory, just now
        row = SingleSignOn.objects.select_related("agency").get(agency__slug=sociallogin.account.provider)
        known = sociallogin.user if sociallogin.is_existing else None
        try:
            user = judging.vouched(row.agency, claims, known=known)
        except judging.NotVouched as refused:
            raise ImmediateHttpResponse(_refused(request, refused)) from None
        if not sociallogin.is_existing:
            sociallogin.user = user
            sociallogin.save(request, connect=True)
        sociallogin.state = {**sociallogin.state, "process": "login", "several_factors": claims.several_factors}


def _app(row: SingleSignOn) -> SocialApp:
    settings = {
        "server_url": row.issuer,
        "oauth_pkce_enabled": True,
        "auth_params": {"prompt": "login"},  # who took over a desk is not signed in by what the browser remembers
    }
    return SocialApp(
        provider=PROVIDER,
        provider_id=row.agency.slug,
        name=row.agency.name,
        client_id=row.client_id,
        secret=services.secret_of(row),
        settings=settings,
    )


def _refused(request: HttpRequest, refused: judging.NotVouched) -> Any:
    events.refused("signin.refuse", refused.user, email=refused.email, code=f"sso-{refused.fault}")
    said = {"why": gettext(judging.SAID[refused.fault])}
    return render(request, "signin/sso_refused.html", said, status=HTTPStatus.FORBIDDEN)
