"""The chart's file as Kubernetes hands it out: a link to a directory that is swapped. And many reloads leave nothing open."""

import os

from servers import charts
from servers.client import eventually

from servers.onus import alert


def chart_named(row):
    return charts.chart(charts.activity(row))


def swap(onus, version, text):
    """As the kubelet does: a new directory, and ..data renamed over the old link."""
    os.makedirs(onus.path(f"..{version}"))
    onus.write(f"..{version}/raci.yaml", text)
    os.symlink(f"..{version}", onus.path("..data_tmp"))
    os.rename(onus.path("..data_tmp"), onus.path("..data"))


def test_a_swapped_link_is_seen(service):
    onus = service(start=False)
    os.unlink(onus.chart_path)
    swap(onus, "1", chart_named("first"))
    os.symlink("..data/raci.yaml", onus.chart_path)
    onus.start()
    swap(onus, "2", chart_named("second"))
    eventually(lambda: onus.metrics().value("onus_chart_reloads_total") == 1, 20, what="reloaded")
    onus.send_alerts(alert())
    assert onus.only_incident()["activity"] == "second"


def test_reloads_leak_no_files(onus):
    def reload(number):
        onus.write_chart(chart_named(f"row-{number}") if number % 2 else "teams: [")
        assert onus.post("/-/reload").status in (200, 500)

    for number in range(4):
        reload(number)
    before = onus.open_files()
    for number in range(4, 60):
        reload(number)
    assert onus.open_files() <= before + 2
