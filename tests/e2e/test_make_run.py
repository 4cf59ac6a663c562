"""Where `make run` keeps its database: never where the user whom PostgreSQL runs as cannot go."""

import os
import subprocess

import pytest
from servers.onus import ROOT


def place(directory):
    script = os.path.join(ROOT, "tools", "local.sh")
    done = subprocess.run(["sh", script], cwd=directory, capture_output=True, text=True, timeout=10, check=True)
    return done.stdout.strip()


def test_here_when_others_may_pass(open_directory):
    assert place(open_directory) == "var/onus"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the database to another user")
def test_elsewhere_below_a_closed_directory(open_directory):
    below = open_directory / "closed" / "checkout"
    below.mkdir(parents=True)
    os.chmod(below.parent, 0o700)
    os.chmod(below, 0o755)
    assert place(below) == "/var/lib/onus-run"
