"""The three reference scenarios, with the shipped settings and chart, sent as a newcomer sends them: `onus send NAME`."""

import os
import shutil

import pytest
from servers.client import bearer, eventually
from servers.fixtures import stop_all
from servers.onus import ROOT, Onus, run_onus

CONFIG = os.path.join(ROOT, "config")

# name → loop, R, A, C, I by the role's name in the shipped chart
EXPECTED = {
    "retraining": ("science", ["ML Engineer"], "Data Science Lead", ["MLOps Engineer / SRE"], ["Product Manager"]),
    "drift": ("system", ["MLOps Engineer / SRE"], "Head of MLOps / SRE Lead", ["ML Engineer"],
              ["VP Engineering", "Business Stakeholders"]),
    "gpu": ("platform", ["Platform Engineer"], "Head of Platform", ["ML Engineer", "FinOps"], ["Data Science Lead"]),
}


@pytest.fixture(scope="module")
def onus(tmp_path_factory, open_directory):
    """The shipped files as they are, but for the port; with the private cluster of `--local`."""
    directory = tmp_path_factory.mktemp("shipped")
    shutil.copytree(CONFIG, directory / "config")
    made = Onus(directory / "config", "", "", local=open_directory / "scenarios")
    for name in ("onus.yaml", "raci.yaml"):
        with open(os.path.join(CONFIG, name), encoding="utf-8") as file:
            text = file.read()
        made.write(name, text.replace("127.0.0.1:8080", f"127.0.0.1:{made.port}"))
    made.start()
    yield made
    stop_all([made])


def names(parties):
    return sorted(party["role_name"].lower() for party in parties)


@pytest.mark.parametrize("name", EXPECTED)
def test_scenario(onus, name):
    loop, responsible, accountable, consulted, informed = EXPECTED[name]
    before = {incident["id"] for incident in onus.incidents()}
    sent = run_onus("send", name, "--url", onus.url)
    assert sent.returncode == 0, sent.stdout + sent.stderr
    new = eventually(lambda: [i for i in onus.incidents() if i["id"] not in before], what="an incident")
    assert len(new) == 1
    incident = onus.incident(new[0]["id"])
    raci = incident["raci"]
    assert incident["loop"] == loop
    assert names(raci["responsible"]) == sorted(r.lower() for r in responsible)
    assert names([raci["accountable"]]) == [accountable.lower()]
    assert names(raci["consulted"]) == sorted(c.lower() for c in consulted)
    assert names(raci["informed"]) == sorted(i.lower() for i in informed)
    text = sent.stdout.lower()
    for role in [*responsible, accountable, *consulted, *informed]:
        assert role.lower() in text, f"{role} is not in the terminal's text:\n{sent.stdout}"
    assert incident["activity"] in sent.stdout, "why: the row"


def test_drift_keeps_science_for_the_postmortem(onus):
    drift = next(i for i in onus.incidents() if i["loop"] == "system")
    told = {(d["letter"], d["reason"]) for d in onus.incident(drift["id"])["deliveries"]}
    assert ("responsible", "opened") in told and ("informed", "opened") in told
    assert not [letter for letter, _ in told if letter == "consulted"], "not at 2 a.m."
    assert onus.post(f"/v1/incidents/{drift['id']}/resolve", {}, _admin(onus)).status == 200
    told = {(d["letter"], d["reason"]) for d in onus.incident(drift["id"])["deliveries"]}
    assert ("informed", "resolved") in told and ("consulted", "postmortem") in told


def _admin(onus):
    return bearer(onus.token("scenario-test", "admin"))


def test_nothing_to_send_to(tmp_path):
    sent = run_onus("send", "drift", "--url", "http://127.0.0.1:1")
    assert sent.returncode != 0 and sent.stderr.strip()
    assert run_onus("send", "no-such-scenario").returncode == 2


def test_the_shipped_files_pass_their_own_check():
    for name in ("onus.yaml", "raci.yaml"):
        done = run_onus("check", os.path.join(CONFIG, name))
        assert done.returncode == 0, done.stdout + done.stderr
