"""Which single sign-on this house uses, read from its settings and checked once."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from haoyou.kernel.errors import AppError
from haoyou.kernel.names import Name
from haoyou.kernel.settings import Settings

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384"})
"""What may be allowed at all: signatures of a key pair. A shared secret or `none` proves nothing."""

RETURN_PATH = "/sign-in/return"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Misconfigured(AppError):
    """The operator's sentence; the house does not start with it."""

    code = "identity.sign_on_misconfigured"
    title = "The single sign-on is not configured rightly"


@dataclass(frozen=True, slots=True)
class Configuration:
    issuer: str
    client_id: str
    secret: str | None
    staff_claim: str
    scopes: str
    algorithms: frozenset[str]
    slack_s: int
    return_address: str
    label: Name


def read_configuration(settings: Settings) -> Configuration | None:
    """The single sign-on of this house, or nothing where none is configured. Raises Misconfigured."""
    if not settings.oidc_issuer:
        if not settings.password_sign_in:
            raise Misconfigured("HAOYOU_PASSWORD_SIGN_IN=false needs HAOYOU_OIDC_ISSUER: nobody could sign in.")
        return None
    if not is_safe_address(settings.oidc_issuer):
        raise Misconfigured("HAOYOU_OIDC_ISSUER must be an https address (http on loopback only).")
    if not settings.oidc_client_id:
        raise Misconfigured("HAOYOU_OIDC_ISSUER needs HAOYOU_OIDC_CLIENT_ID.")
    here = (settings.public_address or f"http://127.0.0.1:{settings.port}").rstrip("/")
    if not is_safe_address(here) or urlsplit(here).path:
        raise Misconfigured("HAOYOU_PUBLIC_ADDRESS must be https://name, without a path.")
    algorithms = frozenset(settings.oidc_algorithms.replace(",", " ").split())
    if not algorithms or algorithms - ALGORITHMS:
        raise Misconfigured(f"HAOYOU_OIDC_ALGORITHMS takes some of {', '.join(sorted(ALGORITHMS))}.")
    return Configuration(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        secret=_secret(settings),
        staff_claim=settings.oidc_staff_claim,
        scopes=settings.oidc_scopes,
        algorithms=algorithms,
        slack_s=settings.oidc_clock_slack_s,
        return_address=here + RETURN_PATH,
        label=Name(settings.oidc_label_zh, settings.oidc_label_en),
    )


def _secret(settings: Settings) -> str | None:
    if settings.oidc_client_secret_file is None:
        return settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
    try:
        secret = settings.oidc_client_secret_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(f"HAOYOU_OIDC_CLIENT_SECRET_FILE cannot be read: {error.strerror}.") from None
    if not secret:
        raise Misconfigured("HAOYOU_OIDC_CLIENT_SECRET_FILE is empty.")
    return secret


def is_safe_address(address: str) -> bool:
    """https, or http that never leaves this machine; nobody's name and no fragment in it."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)


def may_use_password(settings: Settings, *, login: str) -> bool:
    """Where passwords are switched off, only the one login named for the day the single sign-on is down."""
    return settings.password_sign_in or not settings.oidc_issuer or login == settings.break_glass_login
