"""The ledger as a page for an auditor: one HTML file, offline, made to be read and printed."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from llamactl_catalog.licensing.acceptance import Acceptance, Method, Terms
from llamactl_catalog.licensing.chain import Record, Verified

_METHODS: dict[Method, str] = {
    "typed-phrase": "typed the phrase at a terminal, after the text was shown",
    "option": "named the text's hash as an option of the command",
    "environment": "named the text's hash in the environment of the command",
    "command": "named the text's hash to llamactl license accept",
    "policy-file": "decided in the organization's policy file",
}
_IDENTITIES = {
    "stated": "as stated",
    "ci": "as the CI system names them",
    "login": "the login name on the machine",
}
_STYLE = """
:root { color-scheme: light; --text: #1a1a1a; --page: #fff; --faint: #444; --line: #d0d0d0;
        --box: #f5f5f5; --good: #eef7f0; --bad: #fdf0f0; --link: #0b4fb3; }
@media screen and (prefers-color-scheme: dark) {
  :root { color-scheme: dark; --text: #e6e6e6; --page: #17181a; --faint: #b8b8b8; --line: #3d3f43;
          --box: #222427; --good: #16281c; --bad: #331819; --link: #8ab8ff; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page);
       max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.25; } h2 { margin-top: 2.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem;
         border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
section td { overflow-wrap: anywhere; }
thead th { border-bottom: 2px solid var(--faint); white-space: nowrap; }
@media screen { .wide code { white-space: nowrap; } }
a { color: var(--link); }
section th { width: 11rem; font-weight: 600; color: var(--faint); }
code, pre { font: .875em/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; background: var(--box); padding: .75rem; margin: 0; }
.whole, .broken { padding: .75rem 1rem; border-left: .4rem solid; }
.whole { border-color: #1d6b36; background: var(--good); }
.broken { border-color: #a11616; background: var(--bad); }
.wide { overflow-x: auto; }
@page { margin: 16mm; }
@media print { body { max-width: none; margin: 0; font-size: 10pt; }
               .wide { overflow: visible; font-size: 8.5pt; } .wide :is(th, td) { padding: .2rem; }
               h2, h3 { break-after: avoid; } tr { break-inside: avoid; }
               tr:has(pre) { break-inside: auto; } .text { break-before: page; }
               a { color: inherit; text-decoration: none; } pre { background: none; padding: 0; } }
"""


def auditor_page(address: str, found: Verified, exported_at: str, texts: Mapping[str, str]) -> str:
    """Write the page; `texts` are the accepted texts by SHA-256, as far as the ledger has copies.

    Every word of a record is escaped: names and reasons are whatever somebody typed.
    """
    return "\n".join(_page(address, found, exported_at, texts)) + "\n"


def _page(
    address: str, found: Verified, exported_at: str, texts: Mapping[str, str]
) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield "<title>Accepted licenses</title>"
    yield f"<style>{_STYLE}</style>\n</head>\n<body>"
    yield "<h1>Accepted licenses</h1>"
    yield f"<p>The ledger <code>{escape(address)}</code>, as it was at {escape(exported_at)} "
    yield "(times are UTC).</p>"
    yield from _verdict(found)
    readable = [(each, each.acceptance()) for each in found.records if each.is_readable]
    yield from _overview(readable)
    yield "<h2>Records</h2>"
    for record, acceptance in readable:
        yield from _record(record, acceptance)
    yield from _texts(readable, texts)
    yield from _how_to_check()
    yield "</body>\n</html>"


def _verdict(found: Verified) -> Iterator[str]:
    if found.is_whole:
        last = found.records[-1].sha256 if found.records else "none"
        yield '<p class="whole"><strong>The ledger is whole.</strong> '
        yield f"{len(found.records)} records; none was edited, removed or reordered, as far as "
        yield "their hashes can show (see the end). "
        yield f"The last one has the SHA-256 <code>{last}</code>.</p>"
        return
    yield '<div class="broken"><p><strong>The ledger is broken</strong>, and proves nothing until '
    yield "what was touched is restored:</p><ul>"
    for each in found.problems:
        yield f"<li><code>{escape(each.file)}</code> {escape(each.what)}</li>"
    yield "</ul></div>"


def _overview(records: Sequence[tuple[Record, Acceptance]]) -> Iterator[str]:
    yield '<h2>Overview</h2>\n<div class="wide"><table><thead><tr>'
    for title in ("No.", "License", "For", "By", "Organization", "When", "Acceptance"):
        yield f"<th scope='col'>{title}</th>"
    yield "</tr></thead><tbody>"
    for record, each in records:
        model = "every model under it" if each.model is None else each.model.id
        if each.kind == "override":
            model = f"{model} (override)"
        elif each.model is not None:
            model = f"every model under it (named: {model})"
        cells = (
            each.terms.name,
            model,
            each.person.name,
            each.person.organization or "themselves",
            _time(each),
        )
        yield f'<tr><td><a href="#r{record.number}">{record.number}</a></td>'
        yield "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        yield f"<td><code>{record.id}</code></td></tr>"
    yield "</tbody></table></div>"


def _record(record: Record, each: Acceptance) -> Iterator[str]:
    yield f'<section id="r{record.number}"><h3>{record.number}. {escape(each.terms.name)}</h3>'
    yield "<table><tbody>"
    for title, text in _facts(record, each):
        yield f'<tr><th scope="row">{title}</th><td>{escape(text)}</td></tr>'
    # Who named the hash was asked nothing: the answers are those that were declared by it.
    title = "Asked" if each.act.method == "typed-phrase" else "Declared"
    for answer in each.answers:
        yield f'<tr><th scope="row">{title}</th><td>{escape(answer.question)} '
        yield f"<strong>{escape(answer.answer)}</strong></td></tr>"
    yield f'<tr><th scope="row">Shown</th><td><pre>{escape(each.act.prompt)}</pre></td></tr>'
    yield "</tbody></table></section>"


def _facts(record: Record, each: Acceptance) -> Iterator[tuple[str, str]]:
    person, act = each.person, each.act
    yield "Accepted by", f"{person.name} ({_IDENTITIES[person.identity]})"
    if person.email is not None:
        yield "E-mail", person.email
    yield "For", person.organization or "themselves"
    if person.authority is not None:
        yield "Authority", person.authority
    if person.principal is not None:
        yield "Cloud identity", person.principal
    yield "When", f"{_time(each)} UTC"
    yield "How", f"{_METHODS[act.method]}: {act.phrase}"
    if act.policy is not None:
        policy = act.policy
        yield "Policy file", f"{policy.name} of {policy.decided_on}, SHA-256 {policy.sha256}"
    if each.reason is not None:
        yield "Override, because", each.reason
    if each.model is not None:
        at = "" if each.model.revision is None else f" at {each.model.revision}"
        where = "" if each.model.repository is None else f": {each.model.repository}{at}"
        yield "Model", f"{each.model.id}{where}"
    yield from _text_facts(each.terms)
    if act.ci is not None:
        yield "CI run", f"{act.ci.system} {act.ci.run_id}"
    yield "Machine", f"{act.host}, llamactl {act.tool_version}"
    yield "Signed by", "nobody" if record.signer is None else record.signer
    yield "Acceptance", f"{record.id} (SHA-256 {record.sha256})"


def _text_facts(terms: Terms) -> Iterator[tuple[str, str]]:
    for text in terms.texts:
        place = "not read there, named by its hash" if text.place is None else text.place
        yield "Text", f"{text.file_name} ({place})"
        if text is not terms.text(text.kind):
            yield "Its words", "others than the makers': the copy in the model's own repository"
        if text.also_at is not None:
            yield "Compared with", f"{text.also_at}: the same words"
        if text.sha256 is not None:
            yield "SHA-256", text.sha256
        yield "of its words", text.normalized_sha256


def _time(each: Acceptance) -> str:
    """Write a time of UTC as people do: `2026-11-22 21:40:43`."""
    return each.act.accepted_at.removesuffix("+00:00").replace("T", " ")


def _texts(records: Sequence[tuple[Record, Acceptance]], texts: Mapping[str, str]) -> Iterator[str]:
    named = {
        text.sha256: f"{acceptance.terms.name}: {text.file_name}"
        for _, acceptance in records
        for text in acceptance.terms.texts
        if text.sha256 in texts
    }
    for sha256, title in named.items():
        if sha256 is not None:
            yield f'<section class="text"><h2>{escape(title)}</h2>'
            yield f"<p>SHA-256 <code>{sha256}</code></p>"
            yield f"<pre>{escape(texts[sha256])}</pre></section>"


def _how_to_check() -> Iterator[str]:
    yield "<h2>How to check this</h2><p>Each record is a file of two lines. The SHA-256 of the "
    yield "first line stands in the second line, and in the next record as <code>previous</code>, "
    yield "so that no record can be changed, removed or moved without a trace in those after it. "
    yield "<code>llamactl license verify</code> checks all of them, and signatures with "
    yield "<code>--public-key</code>. By hand: <code>head -1 records/00000001.json | tr -d '\\n' | "
    yield "sha256sum</code>. That the end was cut off together with the head shows only against "
    yield "the number and hash of a last record that was written down elsewhere, as here.</p>"
