"""What an operator may set, read from the environment (HAOYOU_…) once at the start."""

import os
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_home() -> Path:
    return Path("/var/lib/haoyou") if os.geteuid() == 0 else Path.home() / ".local/share/haoyou"


class Settings(BaseSettings):
    """Every setting of the house; units are in the names."""

    model_config = SettingsConfigDict(env_prefix="HAOYOU_", frozen=True)

    home: Path = Field(default_factory=default_home)
    database_url: str | None = None
    """A server of your own instead of the embedded one; its user may create roles and owns the database."""
    port: int = 8080
    pool_size: int = 12
    wire: bool = False
    """Encode and decode every question between rooms although they run in one process (a proof for tests)."""
    bank_name_zh: str = "好友用示范银行"
    bank_name_en: str = "Haoyou Demonstration Bank"
    time_zone: str = "Asia/Shanghai"
    session_idle_s: int = 15 * 60
    session_idle_tablet_s: int = 5 * 60
    """Shorter: the tablet of a lobby passes from hand to hand."""
    session_absolute_s: int = 12 * 3600
    session_one_per_device: bool = True
    """Signing in on a second phone (tablet, desktop) ends the session on the first one."""
    public_address: str | None = None
    """Where browsers reach this house (https://…), without a path; unset: loopback and the port."""
    oidc_issuer: str | None = None
    """The bank's single sign-on (OpenID Connect), docs/operations/single-sign-on.md; unset: passwords only."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_client_secret_file: Path | None = None
    """Instead of the secret itself, a file that holds it; neither: a public client, which has PKCE only."""
    oidc_staff_claim: str = "preferred_username"
    """The claim of the ID token that holds the staff number."""
    oidc_scopes: str = "openid profile"
    oidc_algorithms: str = "RS256 PS256 ES256"
    """Signatures taken on an ID token; `none` and shared secrets never are."""
    oidc_clock_slack_s: int = 60
    """How far the clocks of the house and of the sign-on may be apart."""
    oidc_ca_file: Path | None = None
    """The bank's own certificate authority, where the sign-on's certificate comes from that."""
    oidc_label_zh: str = "统一身份认证登录"
    oidc_label_en: str = "Sign in with your bank account"
    password_sign_in: bool = True
    """False, and single sign-on configured: nobody signs in by password but the one below."""
    break_glass_login: str | None = None
    """The staff number that may always sign in by password, for the day the single sign-on is down."""
    rate_per_second: int = 30
    """Requests of one session a second, averaged; a burst of four times as many is let through."""
    body_bytes_max: int = 256 * 1024
    audit_behind_s_max: float = 5.0
    web_dist: Path | None = None
    contact_cap_per_day: int = 1
    contact_cap_per_30_days: int = 4
    contact_from_hour: int = 8
    contact_until_hour: int = 21
    export_rows_max: int = 5_000
    """Customers in one exported file; more is refused, not cut."""
    large_inflow_floor_minor: int = 2_000_000
    """The smallest inflow the rule looks at, in minor units of the bank's currency."""
    control_group_percent: int = 10
    """Customers in a hundred who are held out for comparison for good; more adds to them, none switches it off."""
    customers_per_manager_max: int = 800
    """More customers than this nobody is given by a move, a decision or a claim; the bank's feed may."""
    pool_claims_per_day_max: int = 5
    pool_contact_within_bank_days: int = 10
    """A claimed customer with whom nobody has spoken within so many bank days goes back to the open pool."""
    pool_cooldown_bank_days: int = 20
    """For so many bank days after that, the same manager may not claim the customer again."""
