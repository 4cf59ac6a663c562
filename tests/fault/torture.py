"""`make torture`: kill -9 of the service under load, many times over; what became of the alerts and of their pages.

Not a part of `make test`, which does the same a few times: here the figures are the point. Fails when an alert that was
answered 2xx has no page, when one page came under two ids, or when one came more than five seconds after it could: after
its 2xx, and after a node was ready again. KILLS=110 says how often.
"""

import os
import re
import statistics
import time
from collections import defaultdict

from test_kill import CHART, Load, all_paged

KILLS = int(os.environ.get("KILLS", "110"))
LATE_SECONDS = 5
ALERTS_A_LIFE = 600  # a life lasts about two seconds: who is killed sooner leaves no time to find the dead one's pages


class TimedLoad(Load):
    """Knows when each alert was accepted."""

    def __init__(self, onus):
        self.accepted_at = {}
        super().__init__(onus)

    def note_accepted(self, name):
        self.accepted_at[name] = time.monotonic()
        super().note_accepted(name)


def pages(sink):
    """When the first page of each alert came, and under which ids."""
    first, ids, count = {}, defaultdict(set), 0
    for request in sink.requests("/r"):
        for name in set(re.findall(r"Load-\d+-\d+-end", request.text)):
            first[name] = min(first.get(name, request.at), request.at)
            ids[name].add(request.header("x-onus-message-id"))
            count += 1
    return first, ids, count


def could_come(accepted, came, ready):
    """From its 2xx on; where the service died before it was sent, from the next readiness on."""
    return next((moment for moment in ready if accepted < moment <= came), accepted)


def test_killed_again_and_again(service, sink):
    onus = service(CHART)
    load, ready = TimedLoad(onus), []
    for _ in range(KILLS):
        load.wait(ALERTS_A_LIFE)
        onus.kill()
        onus.start()
        ready.append(time.monotonic())
    load.wait(20)
    load.stop()
    all_paged(load, sink, 60)
    first, ids, count = pages(sink)
    late = sorted(first[name] - could_come(at, first[name], ready) for name, at in load.accepted_at.items())
    print(f"\n{KILLS} kill -9: {len(load.accepted)} alerts accepted, 0 without a page; {count - len(first)} pages sent again under "
          f"their id; pages after 2xx and readiness: median {statistics.median(late):.3f} s, most {late[-1]:.3f} s")
    assert all(len(one) == 1 for one in ids.values()), "a page under two ids"
    assert late[-1] <= LATE_SECONDS
