"""What TGI refuses, in TGI's words (router/src/validation.rs, 3.3.7), over HTTP."""

import pytest

VALIDATION = [
    ({"best_of": 2, "do_sample": True}, "`best_of` != 1 is not allowed for this endpoint"),
    ({"watermark": True}, "`watermark` is not supported by this engine"),
    ({"decoder_input_details": True}, "`decoder_input_details` == true is not supported"),
    ({"adapter_id": "lora"}, "`adapter_id` is not supported by this engine"),
    ({"temperature": 0}, "`temperature` must be strictly positive"),
    ({"temperature": -1.5}, "`temperature` must be strictly positive"),
    ({"repetition_penalty": 0}, "`repetition_penalty` must be strictly positive"),
    ({"frequency_penalty": 2.5}, "`frequency_penalty` must be >= -2.0 and <= 2.0"),
    ({"top_p": 0}, "`top_p` must be > 0.0 and < 1.0"),
    ({"top_p": 1.0}, "`top_p` must be > 0.0 and < 1.0"),
    ({"typical_p": 1}, "`typical_p` must be > 0.0 and < 1.0"),
    ({"top_k": 0}, "`top_k` must be strictly positive"),
    ({"max_new_tokens": 0}, "`max_new_tokens` must be strictly positive"),
    ({"stop": list("abcde")}, "`stop` supports up to 4 stop sequences. Given: 5"),
    ({"top_n_tokens": 6}, "`top_n_tokens` must be >= 0 and <= 5. Given: 6"),
    ({"truncate": 0}, "`truncate` must be strictly positive and less than 4095. Given: 0"),
    ({"seed": -1}, "`seed` must not be negative"),
    ({"max_new_tokens": "ten"}, '`max_new_tokens` must be a whole number. Given: "ten"'),
    ({"max_new_tokens": True}, "`max_new_tokens` must be a whole number. Given: true"),
    ({"do_sample": "yes"}, '`do_sample` must be true or false. Given: "yes"'),
    ({"stop": "a"}, "`stop` must be an array"),
    ({"stop": [1]}, "`stop` must be an array of strings"),
    ({"grammar": {"type": "json", "value": {"type": "object"}}}, "'properties' field"),
    ({"grammar": {"type": "json", "value": "{"}}, "grammar is not valid"),
    ({"grammar": {"type": "regex", "value": "[0-"}}, "grammar is not valid: invalid regex"),
    ({"grammar": {"type": "lark", "value": "x"}}, "`grammar` must be of type json"),
    (
        {"grammar": {"type": "json", "value": {"properties": {"a": {"type": "florp"}}}}},
        "grammar is not valid: unknown `type` 'florp'",
    ),
    (
        {"max_new_tokens": 5000},
        "must be <= 4096. Given: 6 `inputs` tokens and 5000 `max_new_tokens`",
    ),
]


@pytest.mark.parametrize(("parameters", "message"), VALIDATION)
@pytest.mark.parametrize("path", ["/generate", "/invocations"])
def test_a_bad_parameter_is_refused_in_tgis_words(engine, path, parameters, message):
    response = engine.post(path, {"inputs": "hello", "parameters": parameters})

    assert response.status_code == 422
    assert response.json()["error_type"] == "validation"
    assert response.json()["error"].startswith("Input validation error: ")
    assert message in response.json()["error"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"inputs": ""}, "`inputs` cannot be empty"),
        ({}, "missing field `inputs`"),
        ({"inputs": 3}, "`inputs` must be a string"),
        ({"inputs": "a", "parameters": []}, "`parameters` must be an object"),
        ({"inputs": "x" * 5000}, "`inputs` must have less than 4096 tokens. Given: 5001"),
    ],
)
@pytest.mark.parametrize("path", ["/generate", "/generate_stream"])
def test_bad_inputs_are_refused_before_anything_streams(engine, path, body, message):
    response = engine.post(path, body)

    assert response.status_code == 422
    assert message in response.json()["error"]


def test_a_null_counts_as_absent(engine):
    parameters = {"max_new_tokens": 2, "temperature": None, "seed": None, "grammar": None}

    assert engine.post("/generate", {"inputs": "a", "parameters": parameters}).is_success


def test_what_is_no_json_is_a_bad_request(engine):
    for content in (b"", b"{", b"[]", b"\xff\xfe", b'{"inputs": "\xc3"}'):
        response = engine.client.post(f"{engine.url}/generate", content=content)

        assert response.status_code == 400, content
        assert response.json()["error_type"] == "validation"


def test_a_body_beyond_the_limit_is_refused(engine):
    large = b'{"inputs": "' + b"x" * 2_000_000 + b'"}'

    declared = engine.client.post(f"{engine.url}/generate", content=large)
    undeclared = engine.client.post(
        f"{engine.url}/generate", content=(large[i : i + 65536] for i in range(0, 2**21, 65536))
    )

    assert [declared.status_code, undeclared.status_code] == [413, 413]
    assert engine.get("/health").is_success


@pytest.mark.parametrize("path", ["/generate", "/generate_stream", "/invocations", "/tokenize"])
def test_get_on_a_post_route_is_not_allowed(engine, path):
    response = engine.get(path)

    assert response.status_code == 405
    assert "error_type" in response.json()


def test_an_unknown_route_is_not_found(engine):
    response = engine.post("/generate_all", {})

    assert response.status_code == 404
    assert response.json() == {"error": "no route /generate_all", "error_type": "not_found"}
