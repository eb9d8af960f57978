"""What ``check --deploy``, and so ``up --production``, refuses besides what Django and the log refuse."""

from django.core.checks import CheckMessage, Error, Tags, register

from agencies.vault import kms

HINT = "Name the driver of a key service in BHU_KMS; what it must be able to do is agencies.vault.kms.Provider."


@register(Tags.security, deploy=True)
def keys_lie_elsewhere(**_options: object) -> list[CheckMessage]:
    """Return an error when the agencies' keys are sealed by a file on the disk that holds what they protect."""
    if isinstance(kms.provider(), kms.LocalProvider):
        return [Error("The key service is a file on this machine's disk, for development.", hint=HINT, id="bhu.E001")]
    return []
