"""The tools of the measurements: if these were wrong, every figure would be."""

import asyncio
import json
import os
from pathlib import Path
from time import perf_counter, process_time

import pytest
from aiohttp import web

from bench.figure import Figure, percentile, print_lines
from bench.generator import Planned, main, read_outcome, write_plan
from bench.measured import write_measured
from bench.process import cpu_s


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (95, 95), (99, 99), (100, 100), (1, 1)])
def test_a_percentile_is_the_value_that_so_many_do_not_exceed(percent: float, value: float) -> None:
    assert percentile([float(n) for n in range(100, 0, -1)], percent) == value


def test_a_ratio_needs_a_control() -> None:
    assert Figure("a", 30, "ms", control=10).ratio == 3
    assert Figure("a", 30, "ms").ratio is None
    assert "30  ms" in print_lines([Figure("a", 30, "ms", control=10)])


def test_processor_seconds_are_those_that_were_used() -> None:
    before, own = cpu_s(os.getpid()), process_time()
    until = perf_counter() + 0.3
    while perf_counter() < until:
        pass
    assert cpu_s(os.getpid()) - before == pytest.approx(process_time() - own, abs=0.05)


async def test_a_server_that_stalls_is_charged_for_everybody_who_had_to_wait(tmp_path: Path) -> None:
    """Ten requests, one every 20 ms; the first answer takes 300 ms and holds the others up."""
    lock = asyncio.Lock()
    asked = 0

    async def answer(_request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        first = asked == 1
        async with lock:
            await asyncio.sleep(0.3 if first else 0)
        return web.json_response({}, headers={"Server-Timing": 'sql;desc="7"'})

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = runner.addresses[0]
    url = f"http://127.0.0.1:{address[1]}/"
    write_plan(tmp_path / "plan", [Planned(n * 0.02, "kind", "role", "GET", url, {}) for n in range(10)])
    await asyncio.to_thread(main, tmp_path / "plan", tmp_path / "outcome")
    await runner.cleanup()
    outcome = read_outcome(tmp_path / "outcome")
    assert [one.status for one in outcome.answers] == [200] * 10
    assert {one.statements for one in outcome.answers} == {7}
    latencies = [one.latency_ms for one in outcome.answers]
    assert latencies[0] > 290
    assert latencies[5] > 180  # due at 100 ms, answered after 300
    assert outcome.cpu_s > 0


def test_the_written_table_names_commit_and_machine(tmp_path: Path) -> None:
    figures = {"pool": [Figure("pool.foreign_rows", 0, "rows", at_most=0)]}
    write_measured(tmp_path / "measured.md", {"pool": ("Nothing is carried over.", {"turns": 5})}, figures)
    written = (tmp_path / "measured.md").read_text()
    assert "| pool.foreign_rows | 0 | rows | - | - | ≤ 0 |" in written
    for word in ("commit ", "date ", "cores", "Python 3."):
        assert word in written


def test_a_figure_as_json_says_whether_it_holds() -> None:
    spoken = json.loads(json.dumps(Figure("a", 2, "ms", control=4, at_most=1).as_json()))
    assert (spoken["ratio"], spoken["holds"]) == (0.5, False)


def test_measuring_one_promise_keeps_the_others(tmp_path: Path) -> None:
    page, figure = tmp_path / "measured.md", Figure("a.b", 1, "count")
    for name in ("relay", "pool", "relay"):
        write_measured(page, {name: (f"Words of {name}.", {})}, {name: [figure]})
    written = page.read_text()
    assert [line for line in written.splitlines() if line.startswith("## ")] == ["## pool", "## relay"]
    assert written.count("| a.b |") == 2
