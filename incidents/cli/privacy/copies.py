"""`incidents privacy export`: a copy of what is stored about a person, for that person (GDPR 15)."""

import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from contracts.audit import Entry
from contracts.personal_data import Occurrence
from contracts.printable import on_one_line
from incidents.cli.listing import names
from incidents.cli.privacy.circumstances import Configuration, read_configuration, retention_lines
from incidents.cli.privacy.copy_folder import grouped_by_place, heading_of, require_new_folder, write_folder
from incidents.cli.privacy.finding import Words, place
from incidents.cli.privacy.recipients import copies_of, disclosures_of
from incidents.cli.privacy.search import Findings, search
from incidents.errors import SuppressNotAvailable
from incidents.terminal.activity_names import activity_name
from incidents.terminal.options import command
from incidents.terminal.saving import cannot_write, require_ending, require_unused, whole_file
from incidents.terminal.session import Session, Status
from incidents.terminal.tables import show
from incidents.terminal.text.words import count, name_of, say

_LANGUAGES: Final = ("en", "fr")


def register(app: typer.Typer) -> None:
    """Add `export`."""
    command(
        app,
        "export",
        "incidents privacy export 'Marie Dupont' -o dupont.zip",
        "incidents privacy export 'Marie Dupont' -o dupont",
    )(export)


async def export(
    session: Session,
    words: Words,
    *,
    out: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE|DIR", help="A ZIP file or a directory to write.")
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write a copy of all texts in which these words are found, for the person whom they name.

    It has each text with its place and time, for how long it is kept, and who was given copies, in English, in French
    and as JSON. Texts without the words, and the names of authors, are left out. Read each text before you hand over
    the copy: it may name somebody else, too.

    A directory gets an index, and a file for each project and each other store.
    """
    if is_folder := not out.suffix:
        path = require_new_folder(session, out)
    else:
        words_of_ending = "{path}: the copy is a ZIP or a directory: name a file that ends with .zip, or a directory"
        require_ending(session, out, words_of_ending, ".zip")
        path = require_unused(session, out, force=force)
    async with session.client() as client:
        findings = await search(session, client, words, None, whole=True)
        known, configuration = await names(client), await read_configuration(client)
        recipients: list[Entry] | None = None
        ids = list(dict.fromkeys(item.project_id for item in findings.items if item.project_id))
        with SuppressNotAvailable():
            recipients = await disclosures_of(client, ids)
    copy = _Copy(findings, known, configuration, recipients)
    if is_folder:
        write_folder(session, path, copy.tree(session))
    else:
        _write(session, path, copy.files(session))
    number = len(findings.items)
    done = session.count(number, "{path}: {count} text", "{path}: {count} texts", "{path}: no text", path=path)
    session.show({"file": str(path), "texts": number, "recipients": len(recipients or ())}, done)
    _tell_what_is_missing(session, findings, configuration, has_recipients=recipients is not None)


def _tell_what_is_missing(
    session: Session, findings: Findings, configuration: Configuration, *, has_recipients: bool
) -> None:
    """Say which parts the caller may not read, so that they are not in the copy.

    Raises:
        typer.Exit: Texts are missing: the copy is not what the person may ask for.
    """
    hidden = [name for name in configuration.hidden if name in {"settings", "policies"}]
    names_of_parts = [name_of(session.language, "field", name) for name in hidden]
    if not has_recipients:
        names_of_parts.append(session.say("who was given copies"))
    if names_of_parts:
        session.tell("You may not read this, so it is not in the copy: {names}", names=", ".join(names_of_parts))
    missing = sum(item.text is None for item in findings.items)
    if missing:
        line = session.count(
            missing,
            "{count} text is not in the copy, because you may not read it: somebody who may has to make the copy.",
            "{count} texts are not in the copy, because you may not read them: somebody who may has to make the copy.",
        )
        session.tell_line(line)
        raise typer.Exit(Status.REFUSED)


class _Copy:
    """The content of a copy."""

    def __init__(
        self, findings: Findings, known: show.Names, configuration: Configuration, recipients: Sequence[Entry] | None
    ) -> None:
        self._items = findings.items
        self._known = known
        self._configuration = configuration
        self._recipients = recipients

    def files(self, session: Session) -> dict[str, str]:
        """Return the files by their names."""
        pages = {f"personal-data.{language}.md": "\n".join(self._page(session, language)) for language in _LANGUAGES}
        return {**pages, "personal-data.json": json.dumps(self._document(), ensure_ascii=False, indent=2)}

    def tree(self, session: Session) -> dict[str, str]:
        """Return the files of a folder by their paths: an index, and a file for each project and each other store."""
        groups = grouped_by_place(self._items)
        files = {"personal-data.json": json.dumps(self._document(), ensure_ascii=False, indent=2)}
        for language in _LANGUAGES:
            listed = [
                say(
                    language,
                    "{label}: {value}",
                    label=f"- [{heading_of(items[0], language)}]({name})",
                    value=count(language, len(items), "{count} text", "{count} texts"),
                )
                for name, items in groups.items()
            ]
            files[f"{language}/index.md"] = "\n".join(self._page(session, language, listed))
            for name, items in groups.items():
                texts = "\n".join(self._texts(items, language))
                files[f"{language}/{name}"] = f"# {heading_of(items[0], language)}\n\n{texts}"
        return files

    def _texts(self, items: Sequence[Occurrence], language: str) -> Iterator[str]:
        for item in items:
            yield f"### {on_one_line(place(Session('', language=language), item, self._known))}\n"
            yield f"{show.local(item.at, language)}\n"
            text = item.text
            if text is None:
                text = _withheld(language)
            yield "\n".join(f"    {line}" for line in text.splitlines()) + "\n"

    def _page(self, session: Session, language: str, listed: Sequence[str] = ()) -> Iterator[str]:
        """Yield the page with all texts, or with a list of the files that have them."""
        yield f"# {say(language, 'Copy of personal data (GDPR, article 15)')}\n"
        yield f"{say(language, 'Made on {time}', time=show.local(session.now, language))}\n"
        yield f"## {say(language, 'What is stored')}\n"
        if listed:
            yield "\n".join(listed) + "\n"
        else:
            yield from self._texts(self._items, language)
        lasting = [*retention_lines(self._configuration, language)]
        if {"settings", "policies"} & {*self._configuration.hidden}:
            lasting.append(_withheld(language))
        yield from _section(say(language, "How long it is kept"), lasting)
        yield from _section(say(language, "Who was given copies"), self._told(language))
        blank = say(language, "to be completed by the organisation")
        headings = ("Purposes and legal basis", "Where the data come from", "Your rights, and to whom you may complain")
        for heading in headings:
            yield from _section(say(language, heading), [f"[ {blank} ]"])

    def _told(self, language: str) -> Iterator[str]:
        if self._recipients is None:
            yield _withheld(language)
        elif not self._recipients:
            yield say(language, "nobody, as far as it was recorded")
        for entry in copies_of(self._recipients or ()):
            to = entry.details.get("recipient") or say(language, "no recipient named")
            project = say(language, "project {number}", number=entry.project_number)
            what = activity_name(entry.activity, language)
            yield on_one_line(f"{show.local(entry.at, language)}, {project}, {what}, {to}")

    def _document(self) -> dict[str, Any]:
        fields = {"store", "field", "project_number", "part", "revision", "at", "text"}
        texts = [item.model_dump(mode="json", include=fields) for item in self._items]
        recipients = [
            {
                "at": entry.at.isoformat(),
                "project_number": entry.project_number,
                "activity": entry.activity,
                "recipient": entry.details.get("recipient"),
            }
            for entry in self._recipients or ()
        ]
        return {"format": 1, "texts": texts, "recipients": recipients}


def _withheld(language: str) -> str:
    return f"[ {say(language, 'not in this copy: who made it may not read it')} ]"


def _section(heading: str, lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    yield f"## {heading}\n"
    yield "\n".join(f"- {line}" for line in lines) + "\n"


def _write(session: Session, path: Path, files: dict[str, str]) -> None:
    try:
        with whole_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(name, text)
    except OSError as error:
        raise cannot_write(session, path, error) from error
