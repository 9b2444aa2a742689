"""The same conversations rendered by llama.cpp's own templates."""

from functools import cache

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamactl_catalog.prompts import Message, control_strings, render_prompt

xllamacpp = pytest.importorskip("xllamacpp")

ROLES = ("system", "user", "assistant", "user", "assistant", "user")


@pytest.fixture(scope="module")
def rendered_by_llama_cpp(tiny_gguf):
    """A function of template name and messages, over llama.cpp's HTTP port."""
    servers = {}

    @cache
    def address(template):
        params = xllamacpp.CommonParams()
        params.model.path = str(tiny_gguf)
        params.hostnames, params.port = ["127.0.0.1"], 0
        params.n_ctx, params.n_parallel, params.cache_ram_mib = 64, 1, 0
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
        params.ui, params.use_jinja, params.verbosity = False, False, -1
        params.chat_template = template
        servers[template] = xllamacpp.Server(params)
        return servers[template].listening_address

    def render(template, messages):
        body = {"messages": [{"role": each.role, "content": each.content} for each in messages]}
        response = httpx.post(f"{address(template)}/apply-template", json=body, trust_env=False)
        return response.raise_for_status().json()["prompt"]

    yield render
    servers.clear()


def conversations(*names):
    controls = [control for name in names for control in control_strings(name)]
    texts = (
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
        .map(str.strip)
        .filter(lambda text: text and not any(control in text for control in controls))
    )
    return st.tuples(st.booleans(), st.sampled_from([2, 4, 6]), st.lists(texts, min_size=6)).map(
        lambda drawn: [Message(role, text) for role, text in zip(ROLES, drawn[2], strict=False)][
            0 if drawn[0] else 1 : drawn[1]
        ]
    )


@given(messages=conversations("chatml"))
@settings(max_examples=20, deadline=None)
def test_chatml_is_that_of_llama_cpp(rendered_by_llama_cpp, messages):
    assert render_prompt("chatml", messages) == rendered_by_llama_cpp("chatml", messages)


@given(messages=conversations("llama-3"))
@settings(max_examples=20, deadline=None)
def test_llama_3_is_that_of_llama_cpp(rendered_by_llama_cpp, messages):
    assert render_prompt("llama-3", messages) == rendered_by_llama_cpp("llama3", messages)


@given(messages=conversations("mistral"))
@settings(max_examples=20, deadline=None)
def test_mistral_is_that_of_llama_cpp(rendered_by_llama_cpp, messages):
    # llama.cpp writes the blank that the tokenizer puts before a first word into the prompt.
    assert " " + render_prompt("mistral", messages) == rendered_by_llama_cpp("mistral-v1", messages)


def as_llama_cpp_puts_it(messages):
    """A system message as a part of the last question: llama.cpp has it before the first."""
    if messages[0].role != "system" or messages[-1].role != "user":
        return messages
    system, *others, last = messages
    return [*others, Message("user", f"{system.content}\n\n{last.content}")]


@given(messages=conversations("mistral-v3").map(as_llama_cpp_puts_it))
@settings(max_examples=20, deadline=None)
def test_mistral_v3_is_that_of_llama_cpp(rendered_by_llama_cpp, messages):
    assert render_prompt("mistral-v3", messages) == rendered_by_llama_cpp("mistral-v3", messages)


@given(messages=conversations("llama-2"))
@settings(max_examples=20, deadline=None)
def test_llama_2_is_that_of_llama_cpp(rendered_by_llama_cpp, messages):
    # llama.cpp leaves out the blanks around an answer that Meta's reference code has.
    padded = [
        Message(each.role, f" {each.content} ") if each.role == "assistant" else each
        for each in messages
    ]

    assert render_prompt("llama-2", messages) == rendered_by_llama_cpp("llama2-sys-bos", padded)


@given(messages=conversations("llama-2").map(lambda messages: messages[:2]))
@settings(max_examples=20, deadline=None)
def test_a_first_question_to_llama_2_is_that_of_llama_cpp(rendered_by_llama_cpp, messages):
    asked = messages if messages[-1].role == "user" else messages[:1]

    assert render_prompt("llama-2", asked) == rendered_by_llama_cpp("llama2-sys-strip", asked)
