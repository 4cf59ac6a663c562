"""config/completion/onus.bash, in a real bash: what TAB offers."""

import subprocess

import pytest
from servers.onus import BINARY, ROOT

CASES = [
    (["handoff", "list", "--state", ""], {"declared", "accepted", "handed-back"}),
    (["handoff", "list", "-s", "acc"], {"accepted"}),
    (["check", "--explain", ""], {"unreadable-file", "never-matched"}),
    (["check", "-e", "never-m"], {"never-matched"}),
    (["check", "-s", "--ru"], {"--rules"}),
]


@pytest.mark.parametrize("words, offered", CASES, ids=[" ".join(words) for words, _ in CASES])
def test_completion(words, offered):
    script = 'source config/completion/onus.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _onus; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", script, "bash", BINARY, *words], cwd=ROOT, capture_output=True, text=True,
                          timeout=60, check=True)
    assert offered <= set(done.stdout.split()), done.stdout + done.stderr
    assert len(words[-1]) < 3 or set(done.stdout.split()) == offered
