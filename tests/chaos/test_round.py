"""A round of about a minute: everything fails, nothing is lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.books import JUDGED
from tests.chaos.faults import FAULTS
from tests.chaos.jobs import CANCELS

ROUND = ["--runs", "80", "--minutes", "1", "--seed", "1", "--short", "--alone"]


@pytest.mark.slow(seconds=90)
@pytest.mark.timeout(600)
def test_a_round_with_every_fault_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    """Real processes, all flows, all faults; what is printed says what went wrong."""
    played = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *ROUND, "--folder", str(tmp_path)],
        capture_output=True,
        check=False,
        text=True,
    )

    assert played.returncode == 0, played.stdout + played.stderr
    reply = json.loads(played.stdout.splitlines()[-1])
    assert reply["accepted"] == reply["answered"] > 80
    assert {column: reply[column] for column in JUDGED} == dict.fromkeys(JUDGED, 0)
    assert reply["faults"].keys() >= {fault.name for fault in FAULTS} | set(CANCELS)
