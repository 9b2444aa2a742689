"""How others ask a deployment: a line of curl and lines of Python, as its platform takes them.

Sources: curl's manual, --aws-sigv4; botocore 1.43, sagemaker-runtime 2017-05-13;
MicrosoftDocs/azure-ai-docs, how-to-authenticate-online-endpoint; read 2026-11-22.
"""

import json
from dataclasses import dataclass
from typing import assert_never
from urllib.parse import urlsplit

from llamactl_infra.deployment import Deployment

_CHAT_ROUTE, _COMPLETION_ROUTE = "/v1/chat/completions", "/v1/completions"
_QUESTION, _BEGINNING = "What is the capital of France?", "The capital of France is"
_MAX_TOKENS = 64


@dataclass(frozen=True, slots=True)
class WaysIn:
    """Lines to paste: `curl` into a shell, `python` into a file; `needs` is its package."""

    curl: str
    python: str
    needs: str


def ways_in(deployment: Deployment, url: str, *, chat: bool) -> WaysIn:
    """Give the lines for a deployment at its URL; `chat`: its model takes messages.

    No key is in them: they name where it is to be had.
    """
    match deployment.cloud:
        case "local":
            key = _own_key(deployment) if deployment.api_key is not None else None
            return _openai_ways(deployment, url.rstrip("/"), key, chat=chat)
        case "azure":
            parts = urlsplit(url)
            base = f"{parts.scheme}://{parts.netloc}"
            return _openai_ways(deployment, base, _azure_key(deployment), chat=chat)
        case "aws":
            return _signed_ways(deployment, url, chat=chat)
        case _:
            assert_never(deployment.cloud)


def _own_key(deployment: Deployment) -> str:
    return f"llamactl endpoint {deployment.name} --key"


def _azure_key(deployment: Deployment) -> str:
    if deployment.auth == "key":
        return _own_key(deployment)
    resource = "--resource https://ml.azure.com"
    return f"az account get-access-token {resource} --query accessToken --output tsv"


def _body(deployment: Deployment, *, chat: bool) -> dict[str, object]:
    asked: dict[str, object] = {"model": deployment.model}
    if chat:
        asked["messages"] = [{"role": "user", "content": _QUESTION}]
    else:
        asked["prompt"] = _BEGINNING
    return asked | {"max_tokens": _MAX_TOKENS}


def _openai_ways(deployment: Deployment, base: str, key: str | None, *, chat: bool) -> WaysIn:
    route = _CHAT_ROUTE if chat else _COMPLETION_ROUTE
    auth = "" if key is None else f' -H "Authorization: Bearer $({key})" \\\n '
    curl = (
        f"curl {base}{route} \\\n "
        f"{auth} -H 'Content-Type: application/json' \\\n"
        f"  -d '{json.dumps(_body(deployment, chat=chat))}'"
    )
    given = "any" if key is None else "…"
    told = "" if key is None else f"  # {key}"
    if chat:
        ask = "client.chat.completions.create"
        what = f'messages=[{{"role": "user", "content": "{_QUESTION}"}}]'
        piece = 'part.choices[0].delta.content or ""'
    else:
        ask, what, piece = (
            "client.completions.create",
            f'prompt="{_BEGINNING}"',
            "part.choices[0].text",
        )
    python = f"""\
from openai import OpenAI

client = OpenAI(base_url="{base}/v1", api_key="{given}"){told}
answer = {ask}(
    model="{deployment.model}",
    {what},
    stream=True,
)
for part in answer:
    print({piece}, end="", flush=True)"""
    return WaysIn(curl, python, "openai")


def _signed_ways(deployment: Deployment, url: str, *, chat: bool) -> WaysIn:
    """SageMaker has one route, asks for a signature, and wraps what it streams in frames."""
    region, body = deployment.region, _body(deployment, chat=chat)
    endpoint = urlsplit(url).path.split("/")[2]
    curl = (
        'eval "$(aws configure export-credentials --format env)"\n'
        f'curl --aws-sigv4 "aws:amz:{region}:sagemaker" \\\n'
        '  --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\\n'
        '  -H "x-amz-security-token: $AWS_SESSION_TOKEN" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{json.dumps(body)}' \\\n"
        f"  {url}"
    )
    piece = '["delta"].get("content") or ""' if chat else '["text"]'
    what = (
        f'"messages": [{{"role": "user", "content": "{_QUESTION}"}}]'
        if chat
        else f'"prompt": "{_BEGINNING}"'
    )
    python = f"""\
import boto3, json

runtime = boto3.client("sagemaker-runtime", region_name="{region}")
asked = {{
    "model": "{deployment.model}",
    {what},
    "stream": True,
}}
answer = runtime.invoke_endpoint_with_response_stream(
    EndpointName="{endpoint}", ContentType="application/json", Body=json.dumps(asked)
)
rest = b""
for part in answer["Body"]:
    *lines, rest = (rest + part["PayloadPart"]["Bytes"]).split(b"\\n")
    for line in lines:
        if line.startswith(b"data:") and b"[DONE]" not in line:
            for choice in json.loads(line[5:])["choices"]:
                print(choice{piece}, end="", flush=True)"""
    return WaysIn(curl, python, "boto3")
