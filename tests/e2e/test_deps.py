"""What tools/deps.sh gets: no desktop for a header, and the header all the same. A package archive on disk stands for Debian's."""

import os
import re
import subprocess

import pytest
from servers.onus import ROOT

SCRIPT = os.path.join(ROOT, "tools", "deps.sh")


def names(which):
    text = open(SCRIPT).read()
    return re.search(rf"^{which}='([^']*)'", text, re.M)[1].split()


def installed():
    """What each package of this machine depends on, whichever alternative, and who provides what."""
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status}\t${Package}\t${Pre-Depends},${Depends}\t${Provides}\n"]
    needs, provides = {}, {}
    for line in subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines():
        status, name, depends, provided = line.split("\t")
        if status == "installed":
            needs[name] = [bare(one) for one in re.split(r"[,|]", depends) if one.strip()]
            for one in filter(None, map(bare, provided.split(","))):
                provides.setdefault(one, []).append(name)
    return needs, provides


def bare(dependency):
    return re.sub(r"[ (:].*", "", dependency.strip())


def closure(wanted):
    needs, provides = installed()
    seen, left = set(), list(wanted)
    while left:
        name = left.pop()
        if name in needs and name not in seen:
            seen.add(name)
            left += needs[name]
        elif name not in needs:
            left += [one for one in provides.get(name, [])[:1] if one not in seen]
    return seen


@pytest.mark.parametrize("which", ["build", "test"])
def test_nothing_of_a_desktop_is_installed(which):
    got = closure(names(which))
    assert set(names(which)) <= got, "some are not installed here"
    assert not [one for one in got if re.search(r"^(lib)?(qt|poco|maria|mysql|x11|gl1|gl-)|mesa|egl|rapidjson|jsoncpp", one)]


@pytest.fixture
def archive(tmp_path):
    """The settings of an apt that knows one archive, on disk, with a libvalijson-dev that wants what is nowhere."""
    package = tmp_path / "package"
    (package / "DEBIAN").mkdir(parents=True)
    (package / "usr/include/valijson").mkdir(parents=True)
    (package / "usr/include/valijson/schema.hpp").write_text("// 1.0\n")
    control = "Package: libvalijson-dev\nVersion: 1.0\nArchitecture: all\nMaintainer: a <a@example.com>\nDescription: d\n"
    control += "Depends: qtbase5-dev\n"
    (package / "DEBIAN/control").write_text(control)
    shelf = tmp_path / "archive"
    for folder in (shelf, tmp_path / "state/lists/partial", tmp_path / "cache/archives/partial", tmp_path / "admin"):
        folder.mkdir(parents=True)
    deb = shelf / "libvalijson-dev.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", package, deb], check=True, capture_output=True)
    sha256 = subprocess.run(["sha256sum", deb], check=True, capture_output=True, text=True).stdout.split()[0]
    row = f"{control}Filename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {sha256}\n"
    (shelf / "Packages").write_text(row)
    (tmp_path / "sources.list").write_text(f"deb [trusted=yes] file:{shelf} ./\n")
    (tmp_path / "apt.conf").write_text(
        f'Dir::State "{tmp_path}/state";\nDir::State::status "/dev/null";\nDir::Cache "{tmp_path}/cache";\n'
        f'Dir::Etc::sourcelist "{tmp_path}/sources.list";\nDir::Etc::sourceparts "/dev/null";\nAPT::Sandbox::User "root";\n'
    )
    return tmp_path


def deps(at, **more):
    env = dict(os.environ, APT_CONFIG=str(at / "apt.conf"), DPKG_ADMINDIR=str(at / "admin"), DEPS=str(at / "deps"), **more)
    return subprocess.run(["sh", SCRIPT, "headers"], cwd=at, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root reads the archive's lists anew")
def test_headers_are_unpacked_once_and_then_kept(archive):
    first = deps(archive)
    assert first.returncode == 0, first.stderr
    assert (archive / "deps/libvalijson-dev/usr/include/valijson/schema.hpp").read_text() == "// 1.0\n"
    assert os.listdir(archive / "deps") == ["libvalijson-dev"]
    (archive / "archive/libvalijson-dev.deb").unlink()
    again = deps(archive)
    assert (again.returncode, again.stdout) == (0, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root reads the archive's lists anew")
def test_an_archive_that_is_away_leaves_nothing_half_done(archive):
    (archive / "archive/libvalijson-dev.deb").unlink()
    assert deps(archive).returncode != 0
    assert not (archive / "deps/libvalijson-dev").exists()


def test_an_installed_package_is_used_as_it_is(archive):
    status = "Package: libvalijson-dev\nStatus: install ok installed\nVersion: 1.0\nArchitecture: all\n"
    status += "Maintainer: a <a@example.com>\nDescription: d\n"
    (archive / "admin/status").write_text(status)
    (archive / "admin/info").mkdir()
    (archive / "admin/updates").mkdir()
    done = deps(archive)
    assert (done.returncode, done.stdout) == (0, "")
    assert not (archive / "deps").exists()
