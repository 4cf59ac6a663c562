"""Several committers in one service: bodies whose alerts belong to the same incidents, at all of them at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from servers import charts
from servers.client import eventually, never
from servers.onus import alert, resolved, webhook
from servers.told import reasons

MODELS, BODIES, ALERTS = 5, 40, 10  # each body touches every incident


def post_all(onus, bodies):
    with ThreadPoolExecutor(12) as pool:
        return {answer.status for answer in pool.map(lambda body: onus.post("/v1/sources/am", webhook(*body)), bodies)}


@pytest.mark.parametrize("committers", [1, 4])
def test_what_committers_have_in_common_is_counted_once(service, sink, committers):
    onus = service(charts.chart(group_by=["model"], consulted=None, informed=None), committers=committers)
    bodies = [[alert("Drift", model=f"m{n % MODELS}", instance=f"{body}-{n}") for n in range(ALERTS)]
              for body in range(BODIES)]
    assert post_all(onus, bodies) == {200}
    incidents = onus.incidents("?state=open")
    assert [i["open_alerts"] for i in incidents] == [BODIES * ALERTS // MODELS] * MODELS
    eventually(lambda: reasons(sink, "/r").count("opened") == MODELS, what="a page for each incident")
    assert post_all(onus, [[resolved(one) for one in body] for body in bodies]) == {200}
    assert onus.incidents("?state=open") == []
    eventually(lambda: reasons(sink, "/r").count("resolved") == MODELS, what="each end")
    never(lambda: len(reasons(sink, "/r")) > 2 * MODELS, 0.7, what="anything told twice")


def test_a_storm_is_summed_up_in_the_log(service):
    """Each incident is in the log, with a line of its own or in a number."""
    onus = service(charts.chart(group_by=["..."], consulted=None, informed=None))
    bodies = [[alert(f"Storm{body}-{n}") for n in range(50)] for body in range(6)]
    assert post_all(onus, bodies) == {200}

    def counted():
        lines = onus.log.splitlines()
        own = [line for line in lines if 'event="incident opened"' in line]
        summed = [int(line.rsplit("count=", 1)[1].strip('"')) for line in lines if "more incidents opened" in line]
        return len(own), sum(summed)

    eventually(lambda: sum(counted()) == 300, what="every incident in the log")
    own, summed = counted()
    assert 0 < own < 300 and summed > 0
