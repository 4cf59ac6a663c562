"""End-to-end tests: the real binary on a real PostgreSQL. ONUS names another binary than build/onus."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from servers.fixtures import *  # noqa: E402,F401,F403
