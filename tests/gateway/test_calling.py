"""What docs/endpoints.md shows works: each line of curl and each Python block is run as it stands.

Only the addresses are put in the place of the documented ones.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from standins.azure_scoring import KEY, AzureScoring
from standins.chat_server import ChatServer, Reply
from standins.sagemaker_runtime import KEY_ID, SECRET_KEY, SESSION_TOKEN, SageMakerRuntime

PAGE = (Path(__file__).parents[2] / "docs" / "endpoints.md").read_text("utf-8")
BLOCK = re.compile(r"```(sh|python)\n(.*?)```", re.DOTALL)
SECTIONS = ("Local", "SageMaker", "Azure ML")
SHOWN = [
    pytest.param(section, kind, text, id=f"{section}-{kind}-{number}")
    for section in SECTIONS
    for number, (kind, text) in enumerate(
        BLOCK.findall(PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0])
    )
]


@pytest.fixture
def places():
    """Where each documented address leads here; the engine says Hello there."""
    with (
        ChatServer(Reply()) as engine,
        SageMakerRuntime(engine.url) as runtime,
        AzureScoring(engine.url) as scoring,
    ):
        yield {
            "http://127.0.0.1:8080": engine.url,
            "https://runtime.sagemaker.us-west-2.amazonaws.com": runtime.base,
            "https://mine-1.westeurope.inference.ml.azure.com": scoring.base,
        }


def environment(places):
    """This process's, without what leads elsewhere, and with credentials."""
    kept = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
    return kept | {
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_SESSION_TOKEN": SESSION_TOKEN,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": places[
            "https://runtime.sagemaker.us-west-2.amazonaws.com"
        ],
        "ENDPOINT_KEY": KEY,
    }


@pytest.mark.parametrize(("section", "kind", "text"), SHOWN)
def test_what_is_shown_works(section, kind, text, places):
    if kind == "sh" and shutil.which("curl") is None:
        pytest.skip("curl is not on PATH")
    for shown, here in places.items():
        text = text.replace(shown, here)
    command = ["bash", "-ec", text] if kind == "sh" else [sys.executable, "-c", text]

    done = subprocess.run(
        command, env=environment(places), capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert "Hello there." in done.stdout


def test_every_section_shows_a_shell_and_python():
    assert {(each.values[0], each.values[1]) for each in SHOWN} == {
        (section, kind) for section in SECTIONS for kind in ("sh", "python")
    }
