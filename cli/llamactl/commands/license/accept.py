"""`llamactl license accept`: put on record who accepts which text, for whom."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from llamactl.app import App
from llamactl.commands.license.show import named_license
from llamactl.interview import can_ask, interview
from llamactl.output import print_json, talk
from llamactl.paths import FilePath
from llamactl.pipeline.accepting import (
    Declared,
    Named,
    Subject,
    by_reference,
    read_terms,
    record,
    told,
)
from llamactl.pipeline.license_gate import check_terms
from llamactl.terminal_text import on_one_line
from llamactl_catalog.errors import InvalidInput, LicenseRefused
from llamactl_catalog.licensing.gate import covering, refusal, right_form
from llamactl_catalog.licensing.reference import (
    check_reference,
    is_well_formed,
    reference_to,
    split_reference,
)
from llamactl_catalog.licensing.requirement import requirement
from llamactl_catalog.model import Answer
from llamactl_containers.licensing.terms import TermsNow

if TYPE_CHECKING:
    from llamactl_catalog.licensing.chain import Signer


def _declared_here(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Refuse what a settings file says: a folder declares nothing for whoever is in it."""
    if ctx.get_parameter_source(str(param.name)) is ParameterSource.DEFAULT_MAP:
        name = max(param.opts, key=len).removeprefix("--")
        raise InvalidInput(
            f"{name} cannot stand in a settings file: nobody accepts by being in a folder",
            hint="say it on the command line, or use license-policy with your "
            "organization's policy file",
        )
    return value


def _answers(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> dict[str, Answer]:
    _declared_here(ctx, param, values)
    answers: dict[str, Answer] = {}
    for value in values:
        name, _, answer = value.partition("=")
        if not name or answer not in {"yes", "no"}:
            raise click.BadParameter(f"'{value}' is no answer; write it like monthly-users=no")
        answers[name] = "yes" if answer == "yes" else "no"
    return answers


def _said(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    _declared_here(ctx, param, value)
    name = max(param.opts, key=len)
    if value is None:
        return None
    if not value.strip():
        raise click.BadParameter(f"{name} is empty")
    if on_one_line(value) != " ".join(value.split()) or "\n" in value.strip():
        raise click.BadParameter(f"{name} must be one line of plain text")
    return value.strip()


@click.command(name="accept")
@click.argument("target", metavar="MODEL|LICENSE[@HASH]", callback=_declared_here)
@click.option("--accepted-by", metavar="NAME", callback=_said, help="Who accepts.")
@click.option("--email", callback=_said, help="Their e-mail address.")
@click.option("--organization", metavar="NAME", callback=_said, help="For whom they accept.")
@click.option(
    "--authority",
    metavar="SENTENCE",
    callback=_said,
    help="Why they may bind the organization; else that they may.",
)
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="ID=yes|no",
    callback=_answers,
    help="An answer to one of the license's questions; with a hash, the rest are as it needs them.",
)
@click.option(
    "--override",
    is_flag=True,
    callback=_declared_here,
    help="Deploy MODEL though its license keeps a use back.",
)
@click.option("--reason", callback=_said, help="With --override: why that is no obstacle.")
@click.option(
    "--sign-key", type=FilePath(dir_okay=False), help="Sign the record with this private key."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def accept_license(
    app: App,
    target: str,
    accepted_by: str | None,
    email: str | None,
    organization: str | None,
    authority: str | None,
    answers: Mapping[str, Answer],
    override: bool,
    reason: str | None,
    sign_key: Path | None,
    as_json: bool,
) -> None:
    """Accept a license, and put it on record.

    At a terminal, the text is shown, its questions are asked, and a phrase is typed. With
    @HASH, 8 or more digits of the text's hash, nothing is asked: llamactl license accept
    llama-2@0629d729 --accepted-by "Jane Doe" --organization "Acme GmbH".
    """
    if override != (reason is not None):
        raise InvalidInput("--override and --reason go together", hint='--override --reason "…"')
    named = Named(accepted_by, email, organization, authority, answers)
    signer = _signer(sign_key)
    subject = _subject(app, target, reason)
    _tell_standing(app, subject)
    now, declared = _declared(app, target, subject, named)
    made = record(app, subject, now, declared, signer)
    for line in told(made, subject, now, app.ledger_address()):
        talk(line)
    if as_json:
        print_json({"acceptance_id": made.id, "sha256": made.sha256, **made.content})


def _subject(app: App, target: str, reason: str | None) -> Subject:
    name, _ = split_reference(target)
    terms, model = named_license(app.catalog(), name)
    needed = None if model is None else requirement(model)
    subject = Subject(terms, model, None, needed, reason)
    if reason is None:
        if needed is not None and needed.kept_back is not None:
            raise refusal(needed)
        if needed is None and (model is not None or not terms.acceptance_required):
            what = f"{terms.id} asks for no acceptance"
            raise InvalidInput(what, hint="there is nothing to record")
        return subject
    if model is None:
        hint = f"name a model: llamactl license show {terms.id} lists those under it"
        raise InvalidInput("an override is for one model", hint=hint)
    if needed is None or needed.kept_back is None:
        hint = f"llamactl license accept {terms.id}" if needed else "just deploy it"
        raise InvalidInput(f"{terms.id} keeps nothing back: no override is needed", hint=hint)
    return subject


def _tell_standing(app: App, subject: Subject) -> None:
    """Say who accepted it before; a ledger that is broken is refused before anything is asked."""
    records = app.ledger().records()
    found = None if subject.needed is None else covering(subject.needed, records)
    if found is not None:
        before = found.acceptance()
        when = before.act.accepted_at
        name = on_one_line(before.person.name)
        talk(f"on record already: {found.id}, accepted by {name} at {when}")


def _declared(app: App, target: str, subject: Subject, named: Named) -> tuple[TermsNow, Declared]:
    name, digits = split_reference(target)
    if digits is None and can_ask(app):
        now = read_terms(app, subject, must_read=True)
        return now, interview(subject, now, named)
    known = subject.license.text("license")
    if digits is None or not is_well_formed(digits):
        if known is not None and known.normalized_sha256 is not None:
            sha256 = known.normalized_sha256
            check_reference(target, reference_to(name, sha256), sha256)
        hint = f"the right form is {right_form(subject.license, name)}"
        raise LicenseRefused(f"'{target}' does not say which text is accepted", hint=hint)
    now = read_terms(app, subject, must_read=False)
    check_terms(target, now)
    declared = by_reference(subject, now, named, "command", target)
    talk(declared.prompt)
    return now, declared


def _signer(path: Path | None) -> "Signer | None":
    if path is None:
        return None
    from llamactl_containers.licensing.signing import load_signer

    return load_signer(path)
