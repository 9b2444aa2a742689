"""Overlay files for tests: a sound model and license to begin with, written where a test says."""

from pathlib import Path

MODEL = """\
name = "Acme Helper"
family = "acme"
variant = "chat"
parameters = 6_738_415_616
weights_bytes = 13_476_831_232
license = "llama-2"
gated = false
guardrails = "safety-tuned"
prompt_format = "llama-2"
source = "our own training run 12"
checked_on = 2026-11-01

[architecture]
kind = "llama"
layers = 32
hidden = 4096
heads = 32
kv_heads = 32
head_dim = 128
intermediate = 11_008
vocab = 32_000
context_tokens = 4096
tied_embeddings = false
rope_theta = 10_000

[[sources]]
kind = "huggingface"
repo = "acme/helper-7b"
"""
LICENSE = """\
name = "Acme Internal License"
spdx = "LicenseRef-acme-internal"
commercial_use = true
hosting = "allowed"
acceptance_required = false
source = "our legal department"
"""


def write_folder(folder: Path, **files: str) -> Path:
    """Write an overlay folder; `models__acme_helper` is the file models/acme-helper.toml."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/').replace('_', '-')}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def write_file(folder: Path, text: str) -> Path:
    """Write an overlay of one file."""
    path = folder / "acme.toml"
    path.write_text(text, "utf-8")
    return path
