"""The second step of signing in, for who comes from a directory that asked for it already."""

from allauth.account.models import Login
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest


class SecondStep(AuthenticateStage):  # type: ignore[misc]  # allauth is untyped
    """Asked of everybody who has a second factor here, unless their agency's directory has just asked for one."""

    def _should_handle(self, request: HttpRequest) -> bool:
        return not asked_already(self.login) and super()._should_handle(request)


def asked_already(login: Login) -> bool:
    """Whether the directory that this sign-in came from says it asked for several factors."""
    social = (login.signal_kwargs or {}).get("sociallogin")
    return bool(social and social.state.get("several_factors"))
