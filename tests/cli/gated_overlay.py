"""An organization's overlay with a model under a license that must be accepted.

Its text is a file of the overlay, so that nothing is read from the network.
"""

from cli.conftest import TINY
from llamactl_catalog.licensing.normalized import normalized_sha256

TEXT = """\
Acme Model License

You may use the model where-
ver you like, and must not look at it in anger.
"""
WORDS = normalized_sha256(TEXT)
REFERENCE = f"acme@{WORDS[:8]}"
LICENSE = """\
name = "Acme Model License"
version = "1"
spdx = "LicenseRef-acme"
commercial_use = true
hosting = "allowed"
acceptance_required = true
effective_on = 2026-01-01
source = "made by the tests"

[[texts]]
kind = "license"
file_name = "LICENSE"
places = [{{ kind = "file", path = "licenses/acme.txt" }}]
normalized_sha256 = "{words}"

[[conditions]]
id = "anger"
question = "Will you look at the model in anger?"
expected = "no"
otherwise = "Whoever is angry may not have it."
source = "Section 1"
"""


def write_gated(overlay, text=TEXT, words=None):
    """Put the license and two models under it, `gated` and `kept-back`, into an overlay."""
    (overlay / "licenses").mkdir(exist_ok=True)
    words = normalized_sha256(text) if words is None else words
    license_text = LICENSE.format(words=words)
    (overlay / "licenses" / "acme.toml").write_text(license_text, "utf-8")
    (overlay / "licenses" / "acme.txt").write_text(text, "utf-8")
    kept_back = license_text.replace("commercial_use = true", "commercial_use = false")
    (overlay / "licenses" / "acme-nc.toml").write_text(kept_back, "utf-8")
    for name, license_id in (("gated", "acme"), ("kept-back", "acme-nc"), ("other", "acme-nc")):
        model = TINY.replace('license = "apache-2.0"', f'license = "{license_id}"')
        (overlay / "models" / f"{name}.toml").write_text(model, "utf-8")
