"""Writes a model in every form that MLflow has, each into a folder of its own: `mlflow_models.py DIRECTORY`. Runs in the
environment that `make mlflow` makes. samples.json beside the folders: what each model answers."""

import datetime
import json
import logging
import os
import sys
import typing
import warnings

os.environ.update(MLFLOW_LOGGING_LEVEL="ERROR", MLFLOW_DISABLE_TELEMETRY="true")
warnings.filterwarnings("ignore")
import mlflow.pyfunc  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pydantic  # noqa: E402
import scipy.sparse as sparse  # noqa: E402
from mlflow.models import ModelSignature, infer_signature  # noqa: E402
from mlflow.types import ColSpec, DataType, Schema, TensorSpec  # noqa: E402
from mlflow.types.agent import ChatAgentMessage, ChatAgentResponse  # noqa: E402
from mlflow.types.llm import ChatChoice, ChatCompletionResponse, ChatMessage, ChatParams  # noqa: E402
from mlflow.types.responses import ResponsesAgentResponse  # noqa: E402
from mlflow.types.schema import AnyType, Array, Map, Object, Property, SparkMLVector  # noqa: E402

logging.disable(logging.ERROR)
PLACE, samples = sys.argv[1], {}
DAY = datetime.datetime(2024, 1, 1)


class Model(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [0.5]


def save(name, example=None, signature=None, *, model=None, response=(0.5,), infer=True):
    """The signature is inferred from the example where none is given."""
    if signature is None and infer:
        data, params = example if isinstance(example, tuple) else (example, None)
        signature = infer_signature(data, [0.5], params)
    folder = os.path.join(PLACE, name)
    mlflow.pyfunc.save_model(
        folder, python_model=model or Model(), input_example=example, signature=signature, pip_requirements=["numpy==1.26.4"]
    )
    samples[name] = response


def columns(*specs):
    return ModelSignature(inputs=Schema(list(specs)), outputs=Schema([ColSpec("double")]))


def tensors(*specs):
    return ModelSignature(inputs=Schema(list(specs)), outputs=Schema([ColSpec("double")]))


def tables():
    df, dates = pd.DataFrame, pd.to_datetime(["2024-01-01", "2024-01-02T03:04:05.123456"], format="mixed")
    save("table", df({"a": [1.5, 2.5], "b": ["x", "y"], "c": [1, 2], "d": [True, False]}))
    sizes = {"i": "int32", "l": "int64", "f": "float32", "u": "uint8", "h": "int8", "d": "float64"}
    save("table-sizes", df({key: np.array([1, 2], size) for key, size in sizes.items()}))
    save("table-null", df({"a": [1.5, None], "b": ["x", None], "c": [True, None]}))
    save("table-objects-null", df({"a": np.array([1.5, None], object), "b": np.array(["x", None], object)}))
    save("table-nan-required", df({"a": [1.5, None]}), columns(ColSpec("double", "a")))
    save("table-infinite", df({"a": [1.5, float("inf"), float("-inf")]}))
    save("table-dates", df({"t": dates, "u": [DAY.date()] * 2}))
    save("table-no-date", df({"t": pd.to_datetime(["2024-01-01", None])}))
    save("table-bytes", df({"b": [b"abc", b"\xff"]}))
    save("table-nothing", df({"a": [None, None]}))
    save("table-empty", df({"a": pd.Series([], dtype="float64")}))
    save("table-large-numbers", df({"id": [1199452093415247872, 1199452093415247873]}))
    save("table-words", df({'größe "x"/y~0': [1.0]}))
    save("table-numbered", df([[1, 2.5], [3, 4.5]]))
    save("table-numbers-for-names", df([[1, 2.5], [3, 4.5]], columns=[10, 20]))
    save("table-two-levels", df([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")])))
    save("table-unnamed", df([[1, 2.5], [3, 4.5]]), columns(ColSpec("long"), ColSpec("double")))
    save("table-unnamed-one", df([[1], [3]]), columns(ColSpec("long")))
    save("table-names-not-in-signature", df({"a": [1, 2], "b": [1.5, 2.5]}), columns(ColSpec("long"), ColSpec("double")))
    save("table-more-columns", df({"a": [1.0], "more": ["ignored"]}), columns(ColSpec("double", "a")))
    save("table-column-left-out", df({"a": [1.0]}), columns(ColSpec("double", "a"), ColSpec("string", "b", required=False)))
    save("table-long", df({"a": np.arange(500.0)}))
    save("table-lists", df({"a": [["x", "y"], ["z"]], "b": [{"k": 1}, {"k": 2, "l": 3}]}))
    save("table-lists-null", df({"a": [["x", None], ["z"]], "b": [{"k": 1}, {"k": None}]}))
    save("table-matrix", df({"m": [[[1.5, None]], [[2.5]]]}), columns(ColSpec(Array(Array(DataType.double)), "m")))
    save("table-list-left-out", df({"m": [[1, 2], None]}), columns(ColSpec(Array(DataType.long), "m", required=False)))
    save("table-map", df({"m": [{"x": 1}, {"y": 2}]}), columns(ColSpec(Map(DataType.long), "m")))
    save("table-map-null", df({"m": [{"x": 1}, None]}), columns(ColSpec(Map(DataType.long), "m", required=False)))
    inner = Object([Property("a", DataType.long), Property("b", DataType.string, required=False)])
    save("table-object", df({"m": [{"a": 1, "b": None}, {"a": 2}]}), columns(ColSpec(inner, "m")))
    save("table-vector", df({"v": [[1.0, 2.0]]}), columns(ColSpec(SparkMLVector(), "v")))
    save("table-for-tensor", df([[1.0, 2.5], [3.0, 4.5]]), tensors(TensorSpec(np.dtype("float64"), (-1, 2))))
    each = [TensorSpec(np.dtype("float64"), (-1,), name) for name in "ab"]
    save("table-for-tensors", df({"a": [1.0, 2.5], "b": [3.0, 4.5]}), tensors(*each))
    save("series", pd.Series([1.5, 2.5], name="a").to_frame(), infer_signature(pd.Series([1.5, 2.5], name="a"), [0.5]))
    params = {"temperature": 0.5, "n": 3, "stop": ["a", "b"], "flag": True, "when": DAY, "more": {"x": 1}}
    save("table-params", (df({"text": ["hello"]}), params))
    save("table-params-unknown", (df({"text": ["hello"]}), {"temperature": 0.5}), columns(ColSpec("string", "text")))


def arrays():
    save("array", np.array([[1.0, 2.0], [3.0, 4.0]]))
    save("array-nan", np.array([[1.0, np.nan]]))
    save("array-infinite", np.array([np.inf, -np.inf]))
    save("array-integers", np.array([[1, 2]], "int32"))
    save("array-booleans", np.array([True, False]))
    save("array-texts", np.array(["a", "b"]))
    save("array-bytes", np.array([b"a", b"b"]))
    save("array-objects", np.array(["a", 1, None], dtype=object))
    save("array-nanoseconds", np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[ns]"))
    save("array-days", np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[D]"))
    save("array-three", np.zeros((2, 3, 4), "float32"))
    save("array-ragged", np.array([np.array([1.0]), np.array([1.0, 2.0])], dtype=object))
    save("array-fixed", np.zeros((2, 3)), tensors(TensorSpec(np.dtype("float64"), (2, 3))))
    save("array-for-columns", np.array([[1.0, 2.0], [3.0, 4.0]]), columns(ColSpec("double"), ColSpec("double")))
    save("array-for-column", np.array([[1.0], [3.0]]), columns(ColSpec("double")))
    save("array-params", (np.array([[1.0, 2.0]]), {"k": [1, 2]}))
    save("arrays", {"x": np.array([[1.0, 2.0]]), "y": np.array([1, 2])})
    save("arrays-inputs", {"inputs": np.array([[1.0, 2.0]])})
    save("arrays-params", ({"x": np.array([[1.0, 2.0]])}, {"q": 1.5}))
    matrix = np.array([[0, 1.5, 0], [2.5, 0, 0], [0, 0, 0], [0, 0, 3.5]])
    save("sparse-rows", sparse.csr_matrix(matrix))
    save("sparse-columns", sparse.csc_matrix(matrix))
    save("sparse-integers", sparse.csr_matrix(matrix.astype("int64")))
    save("sparse-params", (sparse.csr_matrix(matrix), {"k": 2}))


def objects():
    save("record", {"a": 1.5, "b": "x"})
    save("record-lists", {"a": ["x", "y"], "b": [1, 2]})
    save("record-nested", {"a": {"b": {"c": [1, 2]}}, "d": [{"e": 1}, {"e": 2, "f": "x"}]})
    save("record-null", {"a": None, "b": "x"})
    save("record-null-nested", {"a": {"b": None, "c": 1}, "l": ["x", None], "m": [{"q": None}, {"q": 1}]})
    save("record-empty-list", {"a": [], "c": "x"})
    save("record-empty-map", {"b": {}, "c": "x"})
    save("record-any", {"m": {"x": [1, "a", None]}}, columns(ColSpec(AnyType(), "m")))
    optional = [ColSpec(Object([Property("a", DataType.long)]), "o", required=False)]
    save("record-object-left-out", {"o": None, "p": {"a": 1}}, columns(*optional, ColSpec(Object([Property("a", DataType.long)]), "p")))
    save("record-by-column", {"a": [1, 2], "b": [1.5, 2.5]}, columns(ColSpec("long", "a"), ColSpec("double", "b")))
    save("record-of-texts-by-column", {"a": ["x", "y"]}, columns(ColSpec("string", "a")))
    save("record-inputs", {"inputs": "hello"})
    save("record-inputs-list", {"inputs": ["hello", "you"]})
    save("record-instances", {"instances": [1, 2]})
    save("record-like-a-table", {"columns": ["a", "b"], "data": [[1, 2]]})
    save("record-params", ({"q": "hello"}, {"temperature": 0.1}))
    save("record-inputs-params", ({"inputs": "hello"}, {"temperature": 0.1}))
    save("records", [{"a": 1, "b": "x"}, {"a": 2}])
    save("texts", ["a", "b"])
    save("texts-null", [None, "a"])
    save("numbers", [1.5, 2.5])
    save("texts-params", (["a"], {"t": 0.5}))
    for name, value in {"text": "hello", "integer": 7, "number": 1.5, "boolean": True, "bytes": b"abc"}.items():
        save(f"one-{name}", value)
    save("one-text-params", ("hello", {"t": 1}))


class Message(pydantic.BaseModel):
    role: str
    content: str
    score: float | None = None
    tags: dict[str, int] = {}


def hinted(hint):
    class Hinted(mlflow.pyfunc.PythonModel):
        def predict(self, model_input: hint) -> list[str]:
            return ["x" for _ in model_input]

    return Hinted()


def hints():
    examples = {
        "texts": (list[str], ["a"]),
        "lists": (list[list[str]], [["a", "b"]]),
        "maps": (list[dict[str, float]], [{"a": 1.5}]),
        "maps-of-any": (list[dict[str, typing.Any]], [{"a": None, "b": [1]}]),
        "any": (list[typing.Any], [{"a": 1.5}, None, "x"]),
        "dates": (list[datetime.datetime], [DAY]),
        "messages": (list[Message], [Message(role="user", content="x")]),
        "messages-as-maps": (list[Message], [{"role": "user", "content": "x", "score": 1.5, "tags": {"a": 1}}]),
    }
    for name, (hint, example) in examples.items():
        save(f"hint-{name}", example, model=hinted(hint), response=["x"], infer=False)


CHOICE = ChatChoice(index=0, message=ChatMessage(role="assistant", content="hi"))
CHAT = ChatCompletionResponse(id="1", model="m", choices=[CHOICE])
AGENT = ChatAgentResponse(messages=[ChatAgentMessage(role="assistant", content="hi", id="1")])
OUTPUT = {"type": "message", "id": "1", "role": "assistant", "content": [{"type": "output_text", "text": "hi"}]}
RESPONSES = ResponsesAgentResponse(output=[OUTPUT])


class Chat(mlflow.pyfunc.ChatModel):
    def predict(self, context, messages, params):
        return CHAT


class Agent(mlflow.pyfunc.ChatAgent):
    def predict(self, messages, context=None, custom_inputs=None):
        return AGENT


class Responses(mlflow.pyfunc.ResponsesAgent):
    def predict(self, request):
        return RESPONSES


def chats():
    asked = {"messages": [{"role": "user", "content": "hi"}]}
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    tools = [{"role": "assistant", "content": None, "tool_calls": [call]}, {"role": "tool", "content": "5", "tool_call_id": "1"}]
    forms = {
        "chat": (Chat(), CHAT.to_dict(), [None, asked, {"messages": tools}]),
        "agent": (Agent(), AGENT.model_dump(exclude_none=True), [None, asked]),
        "responses": (Responses(), RESPONSES.model_dump(exclude_none=True), [None, {"input": asked["messages"]}]),
    }
    for name, (model, response, examples) in forms.items():
        for number, example in enumerate(examples):
            save(f"{name}-{number}", example, model=model, response=response, infer=False)
    params = ChatParams(temperature=0.5).to_dict()
    save("chat-params", ([ChatMessage(role="user", content="hi")], params), model=Chat(), response=CHAT.to_dict(), infer=False)
    save("chat-plain", dict(asked, temperature=0.3))


for write in (tables, arrays, objects, hints, chats):
    write()
with open(os.path.join(PLACE, "samples.json"), "w") as to:
    json.dump(samples, to)
