"""`onus handoff validate` on folders in which the artifact lies, or does not: what is listed is there, or is said not to be."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from servers.onus import BINARY

BYTES = b"hello"
SHA256 = hashlib.sha256(BYTES).hexdigest()
LISTED = "    - {{ path: {path}, size: {size}, sha256: {sha256} }}\n"


@pytest.fixture
def place(open_directory):
    """Empty, and open to every user."""
    made = pathlib.Path(tempfile.mkdtemp(dir=open_directory))
    made.chmod(0o755)
    return made


@pytest.fixture
def folder(place):
    """An artifact with everything in it that a file system has."""
    at = place / "package"
    (at / "sub").mkdir(parents=True)
    (at / "model.bin").write_bytes(BYTES)
    (at / "sub" / "w.bin").write_bytes(BYTES)
    outside = place / "outside"
    outside.mkdir()
    (outside / "w.bin").write_bytes(BYTES)
    links = {
        "inside": "model.bin",
        "absolute": at / "model.bin",
        "subfolder": "sub",
        "out": "../outside/w.bin",
        "outfolder": outside,
        "nowhere": "nothing.bin",
        "round": "round",
        "detour": "../package/model.bin",
        "twice": "out",
    }
    for name, target in links.items():
        (at / name).symlink_to(target)
    os.mkfifo(at / "pipe")
    return at


def manifest(at, uri, *files):
    rows = "".join(LISTED.format(**dict({"size": len(BYTES), "sha256": SHA256}, **file)) for file in files)
    (at / "handoff.yaml").write_text(f'handoff: 1\nmodel: m\nmodel_version: "3"\nartifact:\n  uri: {uri}\n  files:\n{rows}')


def artifact(at, *, binary=BINARY, user=None):
    """The artifact's summary, and what is wrong with its files."""
    done = subprocess.run([binary, "handoff", "validate", at], capture_output=True, text=True, timeout=20, user=user)
    lines = done.stdout.splitlines()
    summary = next(line for line in lines if " artifact " in line).split("artifact", 1)[1].strip()
    rules = ("[unreadable-file]", "[bad-path]", "-mismatch]")
    return summary, [line for line in lines if line.endswith(rules)]


REMOTE = "s3://models/m/3"


@pytest.mark.parametrize("path", ["model.bin", "sub/w.bin", "inside", "absolute", "subfolder/w.bin", "detour"])
def test_what_is_here_is_read(folder, path):
    manifest(folder, REMOTE, {"path": path})
    assert artifact(folder) == ("1 file of 5 B, digests recomputed", [])


@pytest.mark.parametrize(
    "path, said",
    [
        ("gone.bin", "No such file or directory"),
        ("sub/gone.bin", "No such file or directory"),
        ("nowhere", "No such file or directory"),
        ("model.bin/x", "Not a directory"),
        ("round", "Too many levels of symbolic links"),
        ("sub", "it is a folder"),
        ("subfolder", "it is a folder"),
        ("pipe", "it is no file"),
        ("out", "out leaves the folder"),
        ("twice", "twice leaves the folder"),
        ("outfolder/w.bin", "outfolder/w.bin leaves the folder"),
        ("outfolder", "outfolder leaves the folder"),
        ("../outside/w.bin", "leaves the artifact"),
        ("/etc/hostname", "leaves the artifact"),
        ("sub/../model.bin", "leaves the artifact"),
    ],
)
def test_what_cannot_be_read_is_an_error(folder, path, said):
    manifest(folder, REMOTE, {"path": "model.bin"}, {"path": path})
    summary, wrong = artifact(folder)
    assert len(wrong) == 1 and said in wrong[0] and "handoff.yaml:8:" in wrong[0]
    assert "declared" not in summary


def test_each_file_that_is_missing_is_told(folder):
    manifest(folder, REMOTE, {"path": "model.bin"}, {"path": "a.bin"}, {"path": "out"}, {"path": "b.bin"})
    summary, wrong = artifact(folder)
    assert summary == "4 files of 20 B, digests of 1 recomputed, 3 cannot be read"
    assert [line.split(":")[1] for line in wrong] == ["8", "9", "10"]


def test_size_and_digest_are_compared(folder):
    manifest(folder, REMOTE, {"path": "model.bin", "size": 6}, {"path": "sub/w.bin", "sha256": "0" * 64})
    assert [line.rsplit("[", 1)[1] for line in artifact(folder)[1]] == ["size-mismatch]", "digest-mismatch]"]


def test_what_lies_elsewhere_counts_as_declared(place):
    manifest(place, REMOTE, {"path": "model.bin"}, {"path": "weights/w.bin"})
    assert artifact(place) == ("2 files of 10 B, digests declared, not recomputed", [])
    manifest(place, REMOTE, {"path": "../handoff.yaml"})
    assert artifact(place)[0] == "1 file of 5 B, digests declared, not recomputed"
    for uri in ("models:/m/3", "file:///nowhere/m", "/nowhere/m", "../elsewhere", "models/m"):
        manifest(place, uri, {"path": "model.bin"})
        assert artifact(place) == ("1 file of 5 B, digests declared, not recomputed", [])


def test_the_artifact_lies_where_its_uri_says(folder):
    for uri in ("sub", "./sub/", f"file://{folder}/sub", f"file://localhost{folder}/sub", f"{folder}/sub", "file:sub", "subfolder"):
        manifest(folder, uri, {"path": "w.bin"})
        assert artifact(folder) == ("1 file of 5 B, digests recomputed", []), uri
        manifest(folder, uri, {"path": "gone.bin"})
        assert "sub/gone.bin: No such file" in artifact(folder)[1][0], uri
    for uri in (".", "./", f"file://{folder}", "sub/../model.bin"):
        manifest(folder, uri, {"path": "gone.bin"})
        assert "No such file" in artifact(folder)[1][0], uri
    manifest(folder, "outfolder", {"path": "w.bin"})
    assert "leaves the folder" in artifact(folder)[1][0]


def test_a_folder_of_mlflow_holds_the_artifact(place):
    (place / "MLmodel").write_text("flavors: {}\n")
    manifest(place, REMOTE, {"path": "model.bin"})
    assert "No such file" in artifact(place)[1][0]


def test_what_a_folder_of_mlflow_holds_is_listed_whole(folder):
    (folder / "MLmodel").write_text("flavors: {}\n")
    done = artifact(folder)
    assert done[0].startswith("6 files"), "MLmodel, two files, three links to them"
    said = "\n".join(done[1])
    for name in ("nowhere", "out", "outfolder", "pipe", "round", "twice"):
        assert f" {name} leaves the folder" in said or f"cannot read {name}: " in said, name
    assert len(done[1]) == 6


def test_a_file_that_may_not_be_read_is_an_error(folder):
    (folder / "sub" / "w.bin").chmod(0)
    manifest(folder, REMOTE, {"path": "model.bin"}, {"path": "sub/w.bin"})
    binary = shutil.copy(BINARY, folder.parent)  # the user may not go where it is
    said = artifact(folder, binary=binary, user="nobody" if os.geteuid() == 0 else None)[1]
    assert len(said) == 1 and "Permission denied" in said[0]


@pytest.mark.parametrize("name", ["MLmodel", "requirements.txt", "handoff.yaml"])
def test_a_file_of_the_package_that_leads_out_is_told(folder, place, name):
    manifest(folder, REMOTE, {"path": "model.bin"})
    if name == "handoff.yaml":
        (folder / "handoff.yaml").unlink()
    (folder / name).symlink_to(place / "outside" / "w.bin")
    done = subprocess.run([BINARY, "handoff", "validate", folder], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and f"{name} leaves the folder" in done.stdout


def is_reading(pid, path):
    """It has the file open, and has read some of it."""
    try:
        numbers = [fd for fd in os.listdir(f"/proc/{pid}/fd") if os.readlink(f"/proc/{pid}/fd/{fd}") == str(path)]
        return any(int(open(f"/proc/{pid}/fdinfo/{fd}").readline().split()[1]) > 0 for fd in numbers)
    except OSError:
        return False


def test_a_file_that_changes_while_it_is_read_is_told(folder):
    large = folder / "large.bin"
    large.touch()
    os.truncate(large, 256 << 20)
    manifest(folder, REMOTE, {"path": "large.bin", "size": 256 << 20})
    run = subprocess.Popen([BINARY, "handoff", "validate", folder], stdout=subprocess.PIPE, text=True)
    while not is_reading(run.pid, large):
        assert run.poll() is None
    os.utime(large)
    out = run.communicate(timeout=60)[0]
    assert "large.bin was changed while it was read" in out
