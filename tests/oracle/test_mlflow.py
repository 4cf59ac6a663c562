"""Models that MLflow itself writes (mlflow_models.py), in every form that it has: `onus handoff validate` finds nothing wrong
with their schemas and examples. The same with a wrong example: it does."""

import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))
from servers.onus import BINARY  # noqa: E402

PYTHON = ROOT / os.environ.get("BUILD", "build") / "mlflow" / "bin" / "python"
REST = {
    "handoff": 1,
    "model": "m",
    "model_version": "3",
    "artifact": {"uri": "s3://models/m/3", "source_commit": "0123456789" * 4, "rollback_version": "none"},
    "dependencies": {"image": "registry.example.com/m@sha256:" + "0123456789abcdef" * 4},
    "baseline": {
        "dataset": {"id": "g", "sha256": "0123456789abcdef" * 4},
        "evaluated_at": str(datetime.date.today()),
        "metrics": [{"name": "auc", "value": 0.9, "direction": "higher", "threshold": 0.8}],
    },
    "resources": {
        "requests": {"cpu": 1, "memory": "1Gi", "gpu": 0},
        "limits": {"cpu": 1, "memory": "1Gi", "gpu": 0},
        "load": {"rate": 1},
        "latency": {"p50": "1ms", "p99": "2ms", "slo": "3ms"},
        "peak_memory": "1Gi",
    },
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    assert PYTHON.exists(), "make mlflow"
    made = tmp_path_factory.mktemp("models")
    subprocess.run([PYTHON, HERE / "mlflow_models.py", made], check=True, capture_output=True, timeout=120)
    samples = json.loads((made / "samples.json").read_text())
    for name, response in samples.items():
        manifest = dict(REST, schema={"sample": {"response": response}})
        (made / name / "handoff.json").write_text(json.dumps(manifest))
    return made, samples


def wrong_with(folder):
    done = subprocess.run([BINARY, "handoff", "validate", "--json", folder], capture_output=True, text=True, timeout=20)
    package = json.loads(done.stdout)["packages"][0]
    return [found for found in package["findings"] if found["part"] in ("schema", None)], package


def test_nothing_is_wrong_with_what_mlflow_writes(models):
    made, samples = models
    wrong = {}
    for name in samples:
        found, package = wrong_with(made / name)
        if found or package["errors"]:
            wrong[name] = [one["text"] for one in package["findings"]]
    assert wrong == {}
    assert len(samples) >= 100


def sample_of(folder):
    done = subprocess.run([BINARY, "handoff", "validate", "--print", folder], capture_output=True, text=True, timeout=20)
    return json.loads(done.stdout)["schema"]["sample"]["request"]


@pytest.mark.parametrize(
    "name, request_",
    [
        ("table-null", [{"a": 1.5, "b": "x", "c": True}, {"a": None, "b": None, "c": None}]),
        ("table-numbered", [{"0": 1, "1": 2.5}, {"0": 3, "1": 4.5}]),
        ("table-unnamed-one", [1, 3]),
        ("table-for-tensors", {"a": [1.0, 2.5], "b": [3.0, 4.5]}),
        ("table-large-numbers", [{"id": 1199452093415247872}, {"id": 1199452093415247873}]),
        ("table-params", [{"text": "hello"}]),
        ("sparse-rows", [[0, 1.5, 0], [2.5, 0, 0], [0, 0, 0], [0, 0, 3.5]]),
        ("sparse-columns", [[0, 1.5, 0], [2.5, 0, 0], [0, 0, 0], [0, 0, 3.5]]),
        ("sparse-params", [[0, 1.5, 0], [2.5, 0, 0], [0, 0, 0], [0, 0, 3.5]]),
        ("record-by-column", [{"a": 1, "b": 1.5}, {"a": 2, "b": 2.5}]),
        ("record-inputs", {"inputs": "hello"}),
        ("record-inputs-params", {"inputs": "hello"}),
        ("one-text-params", "hello"),
        ("chat-plain", {"messages": [{"role": "user", "content": "hi"}], "temperature": 0.3}),
    ],
)
def test_the_request_is_what_was_meant(models, name, request_):
    assert sample_of(models[0] / name) == request_


def test_a_long_table_is_cut(models):
    assert [row["a"] for row in sample_of(models[0] / "table-long")] == list(range(100))


@pytest.mark.parametrize(
    "name, before, after",
    [
        ("table", "1.5", '"much"'),
        ("table", '"x"', "null"),  # the column is required
        ("table", "1, true", "1.5, true"),
        ("table", "true", "1"),
        ("table", '"a", "b"', '"a", "z"'),
        ("table", '"a", "b"', '"a", 7'),
        ("table-null", "1.5", '"much"'),
        ("table-null", '"x"', "7"),
        ("table-nan-required", "NaN", "null"),
        ("table-dates", '"2024-01-01T00:00:00"', "7"),
        ("table-numbered", "2.5", '"x"'),
        ("table-numbered", "[1, 2.5]", "[1]"),
        ("table-unnamed", "1,", '"x",'),
        ("table-unnamed-one", "[1]", "[1.5]"),
        ("table-lists", '["x", "y"]', '"x"'),
        ("table-lists", '["x", "y"]', "[7]"),
        ("table-lists", '"l": 3', '"l": "x"'),
        ("table-map", '"x": 1', '"x": "y"'),
        ("table-map", '"x": 1', '"x": null'),
        ("table-object", '"a": 2', '"a": null'),
        ("table-object", '{"a": 2}', "{}"),
        ("table-params", '"hello"', "7"),
        ("table-for-tensor", "2.5]", '2.5, 3.5]'),
        ("array", "[1.0, 2.0]", "[1.0]"),
        ("array", "1.0", '"x"'),
        ("array-integers", "1", "1.5"),
        ("array-integers", "1", "null"),
        ("array-three", "[0.0, 0.0, 0.0, 0.0]", "[0.0, 0.0, 0.0]"),
        ("array-params", "2.0", '"x"'),
        ("arrays", '"y"', '"z"'),
        ("sparse-rows", "[4, 3]", "[4, 4]"),
        ("sparse-rows", "1.5", '"x"'),
        ("record", "1.5", '"much"'),
        ("record", '"b": "x"', '"c": "x"'),
        ("record-nested", "[1, 2]", '["x"]'),
        ("record-null", '"x"', "null"),
        ("record-by-column", "1.5", '"x"'),
        ("record-inputs", '"hello"', "7"),
        ("record-inputs-params", '"hello"', "7"),
        ("records", '"a": 1', '"a": null'),
        ("texts", '"b"', "7"),
        ("one-integer", "7", '"x"'),
        ("hint-messages-as-maps", '"role": "user", ', ""),
        ("chat-plain", '"role": "user"', '"role": 7'),
        ("chat-plain", '"messages"', '"message"'),
        ("chat-1", '"user"', "null"),
        ("agent-1", '"messages": [', '"messages": ["x", '),
    ],
)
def test_a_wrong_example_is_found(models, tmp_path, name, before, after):
    folder = shutil.copytree(models[0] / name, tmp_path / name)
    text = (folder / "input_example.json").read_text()
    assert before in text
    (folder / "input_example.json").write_text(text.replace(before, after, 1))
    found = wrong_with(folder)[0]
    assert found and {one["rule"] for one in found} == {"sample-misfit"}


@pytest.mark.parametrize("name, response", [("table", ["x"]), ("table", [None]), ("chat-1", {"choices": 7}), ("hint-texts", [7])])
def test_a_wrong_response_is_found(models, tmp_path, name, response):
    folder = shutil.copytree(models[0] / name, tmp_path / name)
    (folder / "handoff.json").write_text(json.dumps(dict(REST, schema={"sample": {"response": response}})))
    assert {one["rule"] for one in wrong_with(folder)[0]} == {"sample-misfit"}
