"""How fast the first screen is on a slow phone: Lighthouse, mobile, median of five, signed out and signed in.

Lighthouse is installed beside the clone on first use (.tools/lighthouse); the browser is the machine's Chromium.
"""

import asyncio
import json
import os
import shutil
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench.client import sign_in
from bench.figure import Figure
from bench.house import ROOT, Server, make_small_bank, own_home
from haoyou.gateway.app import COOKIE

VERSION = "12.8.2"
SCORE_MIN = 90.0
RUN_TIMEOUT_S = 180
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --no-first-run"


@dataclass(frozen=True, slots=True)
class Dose:
    runs: int


FULL = Dose(runs=5)
SMALL = Dose(runs=0)  # a score is a time: there is no small truth in it


def measure(dose: Dose) -> list[Figure]:
    if not dose.runs:
        return []
    tool = _install()
    with own_home() as home:
        make_small_bank(home, customers=300, days=2)
        server = Server(home)
        server.start()
        token = asyncio.run(_sign_in(server))
        pages = {"sign_in": ("/sign-in", ""), "workbench": ("/", f"{COOKIE}={token}")}
        figures: list[Figure] = []
        for name, (path, cookie) in pages.items():
            scores = [_run(tool, server.address + path, cookie) for _ in range(dose.runs)]
            for category in scores[0]:
                median = statistics.median(score[category] for score in scores)
                least = SCORE_MIN if category == "performance" else None
                figures.append(Figure(f"lighthouse.{name}.{category}", median, "score", at_least=least))
        server.stop()
    return figures


def _install() -> Path:
    folder = ROOT / ".tools" / "lighthouse"
    tool = folder / "node_modules" / ".bin" / "lighthouse"
    if not tool.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--prefix", str(folder), f"lighthouse@{VERSION}", "--no-audit", "--no-fund"],
            check=True,
            capture_output=True,
        )
    return tool


async def _sign_in(server: Server) -> str:
    one = server.sign_ins()["relationship_manager"]
    async with aiohttp.ClientSession() as http:
        return await sign_in(http, server.address, one["login"], one["password"])


def _run(tool: Path, url: str, cookie: str) -> dict[str, float]:
    """One run; scores of 100 by category."""
    command = [str(tool), url, "--output=json", "--quiet", "--only-categories=performance,accessibility"]
    command += [f"--chrome-flags={FLAGS}"]
    command += [f"--extra-headers={json.dumps({'Cookie': cookie})}"] if cookie else []
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or ""
    done = subprocess.run(
        command,
        check=True,
        capture_output=True,
        timeout=RUN_TIMEOUT_S,
        env={**os.environ, "CHROME_PATH": chromium},
    )
    categories = json.loads(done.stdout)["categories"]
    return {name: 100 * one["score"] for name, one in categories.items()}
