"""Where one embedded server lives: its files in the home, who may enter them, who owns it, one start at a time."""

import fcntl
import json
import os
import pwd
import secrets
import shutil
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from haoyou.kernel.db.postmaster import POLL_S, READY_TIMEOUT_S, ClusterError, start_of

OS_USER = "haoyou"

LOCK_TIMEOUT_S = READY_TIMEOUT_S + 60.0  # so that who waits behind a recovery outlasts it


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged OS user that runs the server: PostgreSQL refuses to run as root."""

    uid: int
    gid: int

    @property
    def name(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return f"number {self.uid}"


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one server. A server without fsync has its own, so that it never touches data that must last."""

    home: Path
    name: str

    @property
    def data(self) -> Path:
        return self.home / self.name

    @property
    def password_file(self) -> Path:
        return self.home / f"{self.name}.password"

    @property
    def owner_file(self) -> Path:
        return self.home / "run" / ("owner.json" if self.name == "pg" else f"{self.name}-owner.json")

    @property
    def lock_file(self) -> Path:
        return self.home / "run" / f"{self.name}.lock"

    @property
    def first_words(self) -> Path:
        """What the server said before it opened its own log."""
        return self.home / "run" / f"{self.name}-start.log"


def account_for(place: Place) -> Account | None:
    """Who runs the server: whoever owns the data already; else ourselves, or an unprivileged user when we are root."""
    try:
        holder = place.data.stat()
    except FileNotFoundError:
        holder = None
    except PermissionError as error:
        raise ClusterError(f"{place.home} belongs to another user. Start haoyou as that user or as root.") from error
    if os.geteuid() != 0:
        if holder is not None and holder.st_uid != os.geteuid():
            raise ClusterError(
                f"The database in {place.data} belongs to the user {Account(holder.st_uid, holder.st_gid).name}. "
                "Start haoyou as that user or as root, or choose another home with --home."
            )
        return None
    if holder is not None and holder.st_uid != 0:
        return Account(holder.st_uid, holder.st_gid)
    return _unprivileged_account()


def _unprivileged_account() -> Account:
    """The system user `haoyou`, created on the first start; `nobody` where it cannot be created."""
    for create in (False, True):
        if create and shutil.which("useradd"):
            command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
            # Whether it worked is asked of the user list: another process may have created the user meanwhile.
            subprocess.run([*command, "--shell", "/usr/sbin/nologin", OS_USER], check=False, capture_output=True)
        try:
            entry = pwd.getpwnam(OS_USER)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def make_home(place: Place, account: Account | None) -> None:
    """Make the home; as root, let the server's user walk through it (and nobody else in)."""
    if account is not None:
        _refuse_closed_parents(place.home, account)
    try:
        for directory in (*reversed(place.home.parents), place.home):
            if not directory.is_dir():
                directory.mkdir()
                directory.chmod(0o755 if directory != place.home else 0o700)
        (place.home / "run").mkdir(mode=0o700, exist_ok=True)
        place.lock_file.touch(mode=0o600)
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise ClusterError(
            f"The home {place.home} cannot be made: {error.strerror}. Choose another with --home or HAOYOU_HOME."
        ) from error
    if account is None:
        return
    holder = place.home.stat().st_uid
    if holder == 0:
        os.chown(place.home, 0, account.gid)
        place.home.chmod(0o710)
    else:  # root looks after a home of another user, who must be able to start it again
        os.chown(place.home / "run", holder, -1)
        os.chown(place.lock_file, holder, -1)


def _refuse_closed_parents(home: Path, account: Account) -> None:
    for directory in home.parents:
        if directory.is_dir() and not _may_enter(directory, account):
            raise ClusterError(
                f"The database runs as the user {account.name}, who cannot enter {directory}. Choose another home "
                f"(--home or HAOYOU_HOME, for example /var/lib/haoyou), or open that one: chmod o+x {directory}"
            )


def give_data(place: Place, account: Account | None) -> None:
    """A home that root copied belongs to root, but the server's user must own its data."""
    if account is None or not place.data.is_dir() or place.data.stat().st_uid == account.uid:
        return
    for path in (place.data, *place.data.rglob("*")):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _may_enter(directory: Path, account: Account) -> bool:
    status = directory.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & 0o100)
    return bool(status.st_mode & (0o010 if status.st_gid == account.gid else 0o001))


@contextmanager
def locked(place: Place) -> Generator[None]:
    """One process at a time starts or stops this server; the lock goes with the process that held it."""
    with place.lock_file.open("a") as file:
        deadline = time.monotonic() + LOCK_TIMEOUT_S
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ClusterError(
                        f"Another process has been starting or stopping the database in {place.home} for "
                        f"{LOCK_TIMEOUT_S:.0f} s. Look for it with: fuser {place.lock_file}"
                    ) from None
                time.sleep(POLL_S)
        yield


def this_process() -> tuple[int, int]:
    started = start_of(os.getpid())
    assert started is not None
    return os.getpid(), started


def read_owner(place: Place) -> tuple[int, int] | None:
    try:
        record = json.loads(place.owner_file.read_text(encoding="utf-8"))
        return int(record["pid"]), int(record["start_time"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def write_owner(place: Place) -> None:
    pid, started = this_process()
    partial = place.owner_file.with_suffix(".partial")
    partial.write_text(json.dumps({"pid": pid, "start_time": started}), encoding="utf-8")
    partial.replace(place.owner_file)


def superuser_password(place: Place) -> str:
    """The superuser's password, made once, readable only by whoever starts haoyou."""
    try:
        return place.password_file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        if (place.data / "PG_VERSION").exists():
            raise ClusterError(
                f"{place.password_file} is missing although the database exists. Bring it back from a copy of the home."
            ) from None
    password = secrets.token_urlsafe(32)
    partial = place.password_file.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(password)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(place.password_file)
    return password
