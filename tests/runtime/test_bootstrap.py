"""./run and ./test as a person starts them, in a clone in miniature."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.bootstrap import clone as clone_place
from scripts.bootstrap import packages, web
from scripts.bootstrap.progress import StageError, execute, stage

PASSES = "def test_passes():\n    pass\n"
FAILS = "def test_fails():\n    raise AssertionError\n"


def start(clone: Path, *command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    program, *arguments = command
    return subprocess.run(
        [clone / program, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=cwd or clone,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin"},
    )


def test_help_needs_nothing_installed(clone: Path) -> None:
    (clone / ".venv" / packages.STAMP).unlink()
    done = start(clone, "run", "--help")
    assert done.returncode == 0
    assert [word for word in ("--port", "--home", "--customers", "--bank") if word not in done.stdout] == []
    assert not (clone / "web" / "dist").exists()


def test_run_builds_the_web_app_once_and_becomes_haoyou_where_the_caller_stands(clone: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    first = start(clone, "run", "--home", "data", "--customers", "500", "--bank", "x y", cwd=elsewhere)
    assert first.stdout.splitlines()[-2].endswith(f"cwd {elsewhere}")
    assert first.stdout.splitlines()[-1] == (
        f"<run><--home><{elsewhere / 'data'}><--customers><500><--bank><x y>"
    )  # fmt: skip
    assert "Web app" in first.stdout
    assert (clone / "web" / "dist" / "app.js").read_text(encoding="utf-8") == "first"
    second = start(clone, "run", cwd=elsewhere)
    assert "Web app" not in second.stdout
    (clone / "web" / "src" / "app.js").write_text("second", encoding="utf-8")
    third = start(clone, "run", cwd=elsewhere)
    assert "Web app" in third.stdout
    assert (clone / "web" / "dist" / "app.js").read_text(encoding="utf-8") == "second"


def test_haoyou_takes_the_place_of_run_so_that_signals_reach_it(clone: Path) -> None:
    with subprocess.Popen([clone / "run"], stdout=subprocess.PIPE, text=True, cwd=clone) as process:
        assert process.stdout is not None
        words = process.stdout.read()
    assert f"pid {process.pid} " in words


def test_a_failed_build_says_why_and_is_not_taken_for_done(clone: Path) -> None:
    package = clone / "web" / "package.json"
    package.write_text(package.read_text(encoding="utf-8").replace("mkdir", "echo no such colour; false"), "utf-8")
    done = start(clone, "run")
    assert done.returncode == 1
    assert "no such colour" in done.stderr
    assert not web.web_is_ready(clone)


def test_a_clone_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with (
        pytest.raises(StageError, match=rf"{tmp_path / 'file'} has to be prepared, but .* may not write there"),
        clone_place.building(tmp_path / "file"),
    ):
        pass


HOLD_THE_CLONE = """
import sys
from pathlib import Path
from scripts.bootstrap.clone import building
with building(Path(sys.argv[1])):
    print("holding", flush=True)
    sys.stdin.read()
"""


def test_two_at_once_take_turns_and_the_second_says_whom_it_waits_for(clone: Path) -> None:
    command = [sys.executable, "-P", "-c", HOLD_THE_CLONE, str(clone)]
    environment = {"PYTHONPATH": str(clone)}
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, env=environment, cwd=clone) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "holding\n"
        with subprocess.Popen([clone / "run", "--prepare"], stdout=-1, text=True, cwd=clone) as second:
            assert second.stdout is not None
            assert f"(process {holder.pid}) is preparing this clone" in second.stdout.readline()
            assert second.poll() is None
            holder.stdin.close()
            rest = second.stdout.read()
    assert "Web app: done" in rest
    assert second.returncode == 0


def test_a_killed_builder_frees_the_clone(clone: Path) -> None:
    command = [sys.executable, "-P", "-c", HOLD_THE_CLONE, str(clone)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, env={"PYTHONPATH": str(clone)}, cwd=clone) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.kill()
    assert start(clone, "run", "--prepare").returncode == 0


def test_the_environment_is_made_anew_when_its_lock_changes(clone: Path) -> None:
    assert packages.environment_is_ready(clone, dev=True)
    assert packages.environment_is_ready(clone, dev=False)
    with (clone / "requirements-dev.lock").open("a", encoding="utf-8") as lock:
        lock.write("more==1\n")
    assert not packages.environment_is_ready(clone, dev=True)
    assert not packages.environment_is_ready(clone, dev=False)


def test_the_environment_for_run_does_not_do_for_test(clone: Path) -> None:
    mark = packages.environment_mark(clone, clone / "requirements.lock")
    (clone / ".venv" / packages.STAMP).write_text(mark, encoding="ascii")
    assert packages.environment_is_ready(clone, dev=False)
    assert not packages.environment_is_ready(clone, dev=True)


def test_a_fingerprint_follows_names_and_contents_but_not_the_place(tmp_path: Path) -> None:
    marks: list[str] = []
    for place, name, text in [("a", "x", "1"), ("b", "x", "1"), ("c", "y", "1"), ("d", "x", "2")]:
        (tmp_path / place).mkdir()
        (tmp_path / place / name).write_text(text, encoding="utf-8")
        marks.append(clone_place.fingerprint(tmp_path / place, [tmp_path / place / name]))
    assert marks[0] == marks[1]
    assert len(set(marks)) == 3


def test_a_long_stage_keeps_saying_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.bootstrap.progress.BEAT_S", 0.05)
    with stage("Melting the lead"):
        time.sleep(0.2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("Melting the lead …")
    assert lines[1].endswith("Melting the lead: still at it")
    assert re.search(r"Melting the lead: done in 0\.\d s$", lines[-1])


def test_a_failed_command_shows_the_beginning_and_the_end_of_its_words() -> None:
    program = "print('the reason'); [print(number) for number in range(500)]; print('the end'); raise SystemExit(3)"
    with pytest.raises(StageError, match=r"failed with 3:\nthe reason\n0\n(.*\n)*  …\n(.*\n)*499\nthe end\n") as caught:
        execute([sys.executable, "-c", program])
    assert len(str(caught.value).splitlines()) == 42


def closing(done: subprocess.CompletedProcess[str]) -> tuple[int, str]:
    return done.returncode, done.stdout.splitlines()[-1]


def test_every_check_runs_although_one_fails(clone: Path) -> None:
    (clone / ".venv" / "bin" / "ruff").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (clone / "tests").mkdir()
    (clone / "tests" / "test_two.py").write_text(PASSES + FAILS, encoding="utf-8")
    done = start(clone, "test", "fast")
    headings = [line.strip("= ") for line in done.stdout.splitlines() if line.startswith("=== ")]
    assert headings == ["ruff check", "ruff format", "pyright", "import-linter", "pytest fast", "summary"]
    # Two checks of ruff and one test failed.
    assert closing(done) == (1, "1 passed, 3 failed")


def test_the_counts_of_all_pytest_runs_are_added(clone: Path) -> None:
    for name in ("tests", "tests/journeys"):
        (clone / name).mkdir()
        (clone / name / "test_one.py").write_text(PASSES, encoding="utf-8")
    skips = "import pytest\n\n\ndef test_skips():\n    pytest.skip('not here')\n"
    (clone / "tests" / "test_skip.py").write_text(skips, encoding="utf-8")
    done = start(clone, "test", "python", "web")
    assert closing(done) == (0, "1 passed, 0 failed, 1 skipped")
    assert "web walls" in done.stdout


def test_what_follows_the_dashes_goes_to_pytest(clone: Path) -> None:
    (clone / "tests").mkdir()
    (clone / "tests" / "test_two.py").write_text(PASSES + FAILS, encoding="utf-8")
    assert closing(start(clone, "test", "fast", "--", "-k", "passes")) == (0, "1 passed, 0 failed")


def test_a_crash_of_pytest_is_a_failure(clone: Path) -> None:
    (clone / "tests").mkdir()
    (clone / "tests" / "conftest.py").write_text("import nothing_like_that\n", encoding="utf-8")
    assert closing(start(clone, "test", "fast")) == (1, "0 passed, 1 failed")


def test_an_unknown_suite_is_refused(clone: Path) -> None:
    done = start(clone, "test", "evrything")
    assert done.returncode == 2
    assert "no suite evrything" in done.stderr
