"""Every setting of the application, typed, from the environment; no production secret has a default.

What each one means stands in docs/operations.md. ``BHU_MODE`` is ``development`` (SQLite, a key file under
``var/``) or ``production`` (every secret and engine must be named).
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from bhu import logs
from bhu.environment import Environment, development_secret

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

# Where it runs

PRODUCTION = env.production
VAR_DIR = Path(env.text("BHU_VAR", default=str(BASE_DIR / "var"))).resolve()
DEBUG = False
SECRET_KEY = env.text("SECRET_KEY", development="-")
if not PRODUCTION and SECRET_KEY == "-":  # noqa: S105 - the mark of a setting left out, not a secret
    SECRET_KEY = development_secret(VAR_DIR / "keys" / "django-secret")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", development="localhost,127.0.0.1,[::1]")
LOGGING = logs.configuration(env.choice("BHU_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO"))
BHU_WEB_WORKERS = env.number("BHU_WEB_WORKERS", default=1)
BHU_REQUESTS_PER_MINUTE = env.number("BHU_REQUESTS_PER_MINUTE", default=6000, least=100)  # one whole batch
BHU_BASE_URL = env.text("BHU_BASE_URL", development="http://localhost:8000")
_SCHEMES = "https" if PRODUCTION else "https?"
if BHU_BASE_URL and not re.fullmatch(rf"{_SCHEMES}://[A-Za-z0-9.-]+(:[0-9]+)?", BHU_BASE_URL):
    env.problems.append(
        f"BHU_BASE_URL is {BHU_BASE_URL!r}, but must be such as https://bhu.example.org, no slash after."
    )

# Keys, the log, the law

BHU_KMS = env.text("BHU_KMS", development="local")
BHU_SUITE = int(env.choice("BHU_SUITE", ("1", "3"), default="1"))
BHU_BACKUP_KEY = env.words("BHU_BACKUP_KEY", default="")  # public halves; the private ones are not on this machine
BHU_KEY_BACKUP_DAYS = env.number("BHU_KEY_BACKUP_DAYS", default=90)
BHU_NETWORK_ROOT = env.text("BHU_NETWORK_ROOT", development="")  # development pins the file keys_init wrote
MEDICAL_CHECK_FOR = env.words("BHU_MEDICAL_CHECK_FOR", default="walk-in,overdose,transport")  # the EMS director says
HIPAA_TREATMENT_STATES = env.words("BHU_HIPAA_TREATMENT_STATES", default="")  # off until counsel switches it on
BHU_WITNESSES = env.text("BHU_WITNESSES", default="")  # a file: who vouches for the log
AUDIT_SIGNER = "agencies.vault.roots.log_signer"

# Code

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",  # finds nothing by itself: bhu.admin names what it shows
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "guardian",
    "heroicons",
    "oauth2_provider",
    "audit.apps.AuditConfig",
    "agencies.apps.AgenciesConfig",
    "agencies.coverage.apps.CoverageConfig",
    "agencies.vault.apps.VaultConfig",
    "agencies.vault.shred.apps.ShredConfig",
    "referrals.apps.ReferralsConfig",
    "referrals.retention.apps.RetentionConfig",
    "referrals.consents.apps.ConsentsConfig",
    "referrals.drafts.apps.DraftsConfig",
    "referrals.emergencies.apps.EmergenciesConfig",
    "referrals.later.apps.LaterConfig",
    "referrals.legal.apps.LegalConfig",
    "referrals.notices.apps.NoticesConfig",
    "referrals.onward.apps.OnwardConfig",
    "referrals.desk.apps.DeskConfig",
    "referrals.signing.apps.SigningConfig",
    "referrals.receipts.apps.ReceiptsConfig",
    "fhir.apps.FhirConfig",
    "fhir.subscriptions.apps.SubscriptionsConfig",
    "fhir.smart.apps.SmartConfig",
    "bhu.apps.BhuConfig",
    "bhu.signin.apps.SigninConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "bhu.web.middleware.request_context",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bhu.signin.keeping.kept",
    "bhu.web.leaving.left",
    "referrals.web.refusals.said_plainly",
]
ROOT_URLCONF = "bhu.urls"
WSGI_APPLICATION = "bhu.wsgi.application"
AUTH_USER_MODEL = "agencies.User"
ANONYMOUS_USER_NAME = None  # guardian makes no anonymous user with rights of its own
GUARDIAN_MONKEY_PATCH_USER = False
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # no backend answers has_perm(): agencies.access is the one way to ask

# Signing in: docs/signin.md

AUTHENTICATION_BACKENDS = ["bhu.signin.sittings.Backend"]
ACCOUNT_ADAPTER = "bhu.signin.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # who was invited by mail has shown that the address is theirs
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # an address that is nobody's gets no mail, and the same page
ACCOUNT_EMAIL_NOTIFICATIONS = True  # who did not change it learns that somebody did
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa")
ACCOUNT_SESSION_REMEMBER = False  # the cookie goes with the browser; the session ends after twelve hours
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}  # counted in rows instead, by bhu.signin.tries
ACCOUNT_FORMS = {"login": "bhu.signin.forms.LoginForm"}
MFA_ADAPTER = "bhu.signin.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a finger, a face or a PIN: a passkey alone is two factors
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # half a minute either way: clocks of phones differ
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an invitation by mail has shown it
MFA_FORMS = {
    "authenticate": "bhu.signin.forms.AuthenticateForm",
    "authenticate_webauthn": "bhu.signin.forms.AuthenticateWebAuthnForm",
    "reauthenticate": "bhu.signin.forms.ReauthenticateForm",
    "login_webauthn": "bhu.signin.forms.LoginWebAuthnForm",
    "add_webauthn": "bhu.signin.forms.AddWebAuthnForm",
    "activate_totp": "bhu.signin.forms.ActivateTOTPForm",
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SOCIALACCOUNT_ADAPTER = "bhu.signin.sso.adapters.SocialAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # what is begun is ended by the person at their agency's own page
SOCIALACCOUNT_STORE_TOKENS = False
CSRF_FAILURE_VIEW = "bhu.signin.held.csrf_failure"
SESSION_COOKIE_AGE = 12 * 3600
BHU_IDLE_MINUTES = env.number("BHU_IDLE_MINUTES", default=15)
BHU_IDLE_MINUTES_SHARED = env.number("BHU_IDLE_MINUTES_SHARED", default=5)
BHU_NOTICE = env.text("BHU_NOTICE", default="")  # nothing said: the text of signin/notice.html
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "referrals:work"

# Tokens of partners' systems: made by fhir.smart, kept by the toolkit as hashes

OAUTH2_PROVIDER_APPLICATION_MODEL = "smart.Application"
OAUTH2_PROVIDER = {
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",
    "OAUTH2_VALIDATOR_CLASS": "fhir.smart.validator.Validator",
    "SCOPES_BACKEND_CLASS": "fhir.smart.validator.ClientScopes",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 300,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    **{
        f"COMPLIANT_BCP_RFC9700_{rule}": True
        for rule in (
            "ACCESS_TOKEN_TRANSPORT",
            "AUTHZ_RESPONSE_ISS",
            "IMPLICIT_GRANT",
            "PASSWORD_GRANT",
            "PKCE_METHOD",
            "PKCE_REQUIRED",
            "REDIRECT_URI_MATCHING",
            "REDIRECT_URI_SCHEME",
            "REFRESH_TOKEN",
            "TOKEN_STORAGE",
        )
    },
}

# Databases

SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA temp_store=MEMORY;"
    "PRAGMA mmap_size=134217728;PRAGMA cache_size=-20000;",
}
POSTGRESQL = {
    "pool": {"min_size": 1, "max_size": 8, "timeout": 10},
    # What is asked often is parsed and planned once for each connection: half of the server's work on a short query.
    "server_side_binding": True,
    "prepare_threshold": 3,
    # On disks of today a page out of order costs hardly more than the next one, and most are in memory.
    "options": "-c random_page_cost=1.1 -c jit=off",
}


def database(name: str, file: str) -> dict[str, Any]:
    """One database: SQLite tuned for several writers on kept connections, PostgreSQL with a pool.

    What the address itself asks for (``?sslmode=verify-full``, ``?options=``) counts before it.
    """
    config = env.database(name, development=f"sqlite:///{quote(str(VAR_DIR / file))}")
    lite = config.get("ENGINE") == "django.db.backends.sqlite3"
    options = {**(SQLITE if lite else POSTGRESQL), **config.get("OPTIONS", {})}
    return {**config, "OPTIONS": options, "CONN_MAX_AGE": 600 if lite else 0}


DATABASES = {
    "default": database("DATABASE_URL", "bhu.sqlite3"),
    "shred": database("SHRED_DATABASE_URL", "shred.sqlite3"),
}
_PLACE = [tuple(config.get(part) for part in ("HOST", "PORT", "NAME")) for config in DATABASES.values()]
if _PLACE[0] == _PLACE[1] and _PLACE[0][2]:
    env.problems.append("SHRED_DATABASE_URL must not be DATABASE_URL's database: its backups would undo shredding.")
DATABASE_ROUTERS = ["agencies.vault.shred.router.ShredRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Work queue: read by bhu/celery.py

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", development="filesystem://")

# Mail: invitations, and what was changed of one's sign-in

_MAIL = env.mail("EMAIL_URL", development="consolemail://")
EMAIL_BACKEND = _MAIL.get("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST, EMAIL_PORT = _MAIL.get("EMAIL_HOST"), _MAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.get("EMAIL_HOST_USER"), _MAIL.get("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.get("EMAIL_USE_TLS", False), _MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10  # seconds: a page waits for it
DEFAULT_FROM_EMAIL = env.text("BHU_MAIL_FROM", development="bhu@localhost")

# Text messages: notices to who asked for them

REFERRAL_LISTENERS = ("fhir.subscriptions.services.noting.note",)  # take note of each act, in its transaction
BHU_TEXT_URL = env.gateway("BHU_TEXT_URL", default="" if PRODUCTION else "console://")

# Pages

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "bhu" / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "agencies.web.context.places",
                "referrals.web.context.starting",
                "referrals.notices.web.context.news",
                "bhu.signin.context.signin",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # a field looks the same on every page: templates/django
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "bhu" / "web" / "static"]
STORAGES = {
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_ALLOW_ALL_ORIGINS = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish")), ("pt", _("Portuguese")), ("km", _("Khmer"))]
LOCALE_PATHS = [BASE_DIR / "bhu" / "locale"]

# What a browser may do with a page

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
# Not "no-referrer": browsers then send "Origin: null" with forms, which the CSRF check refuses.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]  # asked by a load balancer on the inner side
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
if env.flag("BHU_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

env.check()
