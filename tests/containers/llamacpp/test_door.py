"""Web pages of other sites are turned away; programs and pages of this machine are not."""

import asyncio

import httpx
import pytest

from llamactl_containers.llamacpp.door import Door

BODY = {"inputs": "a", "parameters": {"max_new_tokens": 1}}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example"},
        {"Host": "attacker.example:8080"},
        {"Host": "127.0.0.1.attacker.example"},
        {"Host": "localhost@attacker.example"},
        {"Host": "[::1"},
        {"Origin": "https://attacker.example"},
        {"Origin": "http://localhost.attacker.example"},
        {"Origin": "HTTP://attacker.example"},
        {"Origin": "http://[oops"},
        {"Origin": "null"},
        {"Origin": "https://attacker.example", "Content-Type": "text/plain"},
    ],
)
def test_a_page_of_another_site_is_turned_away(engine, headers):
    tgi = engine.post("/generate", BODY, headers=headers)
    openai = engine.get("/v1/models", headers=headers)

    assert tgi.status_code == openai.status_code == 403
    assert tgi.json()["error_type"] == "forbidden"
    assert openai.json()["error"]["code"] == "forbidden"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "localhost"},
        {"Host": "127.0.0.2:1"},
        {"Host": "[::1]:8080"},
        {"Host": "host.docker.internal:8080"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "vscode-webview://abc"},
    ],
)
def test_this_machine_comes_in(engine, headers):
    assert engine.post("/generate", BODY, headers=headers).status_code == 200


def test_no_page_may_read_an_answer_or_ask_beforehand(engine):
    headers = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}

    asked = engine.client.request("OPTIONS", f"{engine.url}/generate", headers=headers)
    answer = engine.post("/generate", BODY, headers=headers)

    assert asked.status_code == 405
    for response in (asked, answer):
        assert not [name for name in response.headers if name.startswith("access-control")]


def test_a_server_for_other_machines_takes_their_names():
    assert ask_door("192.0.2.1", {"Host": "gpu-box.lan"}) == 204
    assert ask_door("127.0.0.1", {"Host": "gpu-box.lan"}) == 403


def ask_door(bound_host, headers):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def ask():
        transport = httpx.ASGITransport(Door(app, bound_host))
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.get("http://any/", headers=headers)).status_code

    return asyncio.run(ask())
