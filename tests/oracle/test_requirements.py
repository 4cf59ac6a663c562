"""Dependency specifiers: Onus beside `packaging`, the library by which pip reads them."""

import json
import os
import random
import subprocess

import pytest
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
READER = os.path.join(ROOT, os.environ.get("BUILD", "build"), "tests", "pep508")
LINES = 6000

NAMES = ["numpy", "Scikit_Learn.x", "a", "a-", "-a", "_a", "a.b", "a--b", "A1", "1a", "", "a b", "ä", "zope.interface"]
EXTRAS = ["", "", "", "[x]", "[x,y]", "[ x , y ]", "[]", "[x,]", "[-x]", "[x y]", "[x", "x]", "[x][y]", "[ä]"]
VERSIONS = ["1", "1.0", "1.26.2", "v1", "1!2.0", "1.0a1", "1.0-alpha.1", "1.0.post1", "1.0-2", "1.0.dev3", "1.0+local.1", "1.0+-",
            "1.*", "1.0.*", "*", "1..0", "latest", "", "2024.1", "1.0rc", "1.0 ", "1.0.post1.dev2+x", "01.2", "1.0a1.*"]
OPERATORS = ["==", "===", "~=", "!=", ">=", "<=", ">", "<", "=", "=>", "=!", "====", ""]
MARKERS = ["python_version < '3.12'", 'sys_platform == "linux"', "python_version == '3' and os_name == 'nt'",
           "(os_name == 'nt' or os_name == 'posix') and extra == 'x'", "'a' in extra", "'a' not in platform_machine", "foo == 'x'",
           "os_name", "os_name ==", "== 'x'", "'a' == 'b'", "", "os_name == nt", "os_name == 'nt", "os_name == 'nt' and", "(os_name == 'nt'",
           "os_name == 'nt')", "python_version ~= '3.8'", "os_name not  in 'nt'", "implementation_name === 'cpython'",
           "os.name == 'posix'", "python_implementation == 'CPython'", "os_name == 'a' xor os_name == 'b'"]
URLS = ["https://example.com/a.whl", "https://example.com/a.whl#sha256=ab", "git+https://example.com/a.git@main", "file:///a.whl",
        "https://example.com/a b.whl", "./a.whl", "", "a", "https://"]
SPACE = ["", "", "", " ", "  ", "\t"]


def versions(pick):
    parts = [pick(OPERATORS) + pick(SPACE) + pick(VERSIONS) for _ in range(pick([0, 1, 1, 1, 2, 3]))]
    text = (pick(SPACE) + pick([",", ",", ",", " ", ",,"]) + pick(SPACE)).join(parts)
    return pick(["", "", "", "("]) + text + pick(["", "", "", ")", ","]) if pick([0, 0, 1]) else text


def line(pick):
    text = pick(SPACE) + pick(NAMES) + pick(SPACE) + pick(EXTRAS) + pick(SPACE)
    text += "@" + pick(SPACE) + pick(URLS) if pick([0, 0, 0, 1]) else versions(pick)
    if pick([0, 0, 1]):
        text += pick(SPACE + [" "]) + ";" + pick(SPACE) + pick(MARKERS)
    return text + pick(SPACE)


def pinned(requirement):
    """What the one version must be that it asks for; None: several, or none that PEP 440 knows."""
    for one in requirement.specifier:
        if one.operator in ("==", "===") and not one.version.endswith(".*"):
            try:
                return str(Version(one.version))
            except InvalidVersion:
                pass
    return None


def as_packaging(text):
    try:
        read = Requirement(text)
    except (InvalidRequirement, InvalidSpecifier):
        return None
    return {"name": canonicalize_name(read.name), "url": read.url or None, "pinned": pinned(read) is not None,
            "marked": read.marker is not None}


def as_onus(lines):
    done = subprocess.run([READER], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=60, check=True)
    for text in done.stdout.splitlines():
        read = json.loads(text)
        yield None if read["problem"] else {"name": read["name"], "url": read["url"], "pinned": read["version"] is not None,
                                            "marked": read["marker"] != ""}


@pytest.mark.parametrize("seed", range(3))
def test_each_line_is_read_as_packaging_reads_it(seed):
    pick = random.Random(seed).choice
    lines = [one for one in (line(pick) for _ in range(LINES)) if one.strip()]
    found = list(as_onus(lines))
    assert len(found) == len(lines)
    expected = [as_packaging(one) for one in lines]
    wrong = [(text, theirs, ours) for text, theirs, ours in zip(lines, expected, found) if theirs != ours]
    assert not wrong, f"{len(wrong)} of {len(lines)}: {wrong[:10]}"
    assert sum(one is not None for one in expected) > LINES // 20, "most are wrong on purpose, and many are right"
