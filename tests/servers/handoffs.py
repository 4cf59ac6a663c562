"""A handoff's manifest without an error, and a chart in which ownership follows it."""

import time

from servers import charts

SHA = "0123456789abcdef" * 4
BEFORE_ACCEPTANCE = 'handoff =~ "declared|validated|rejected|handed-back"'


def days_ago(days):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * 86400))


def manifest(model="fraud", version="1.0.0", rollback="none", image="one", **parts):
    made = {
        "handoff": 1, "model": model, "model_version": version,
        "artifact": {
            "uri": f"s3://models/{model}/{version}", "files": [{"path": "model.pkl", "size": 10, "sha256": SHA}],
            "source_commit": "0123456789" * 4, "rollback_version": rollback,
        },
        "dependencies": {
            "lock": "numpy==1.26.4\n", "runtime": "python 3.10.12",
            "image": f"registry.example.com/{image}@sha256:{SHA}",
        },
        "schema": {
            "input": {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]},
            "output": {"type": "object", "properties": {"score": {"type": "number"}}, "required": ["score"]},
            "sample": {"request": {"amount": 12.5}, "response": {"score": 0.1}},
        },
        "baseline": {
            "dataset": {"id": "golden-7", "sha256": SHA}, "evaluated_at": days_ago(3),
            "metrics": [{"name": "accuracy", "value": 0.94, "direction": "higher", "threshold": 0.9}],
        },
        "resources": {
            "requests": {"cpu": "1", "memory": "1Gi", "gpu": 0}, "limits": {"cpu": "2", "memory": "2Gi", "gpu": 0},
            "load": {"rate": 50}, "latency": {"p50": "10ms", "p99": "40ms", "slo": "100ms"}, "peak_memory": "1.5Gi",
        },
    }
    made.update(parts)
    return made


def chart():
    """Before acceptance Science, after it System; one incident an alert."""
    return charts.chart(
        charts.activity("before-acceptance", [['model != ""', BEFORE_ACCEPTANCE]], loop="science", group_by=["..."]),
        charts.activity("serving", [['model != ""']], group_by=["..."]),
    )
