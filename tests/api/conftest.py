"""The contract of docs/api.yaml: fixtures of the tests that drive the real binary."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from servers.fixtures import *  # noqa: E402,F401,F403
