import pytest
from django.core.exceptions import ImproperlyConfigured

from audit import signer
from tests.audit.signing import LogKey


def test_the_signer_is_made_once_by_the_function_the_setting_names(key: LogKey) -> None:
    assert signer.load().public == key.public
    assert signer.load() is signer.load()


def test_without_the_setting_the_refusal_names_it(settings) -> None:
    del settings.AUDIT_SIGNER
    with pytest.raises(ImproperlyConfigured, match="AUDIT_SIGNER"):
        signer.load()


def test_an_empty_setting_is_no_setting(settings) -> None:
    settings.AUDIT_SIGNER = ""
    with pytest.raises(ImproperlyConfigured, match="AUDIT_SIGNER"):
        signer.load()
