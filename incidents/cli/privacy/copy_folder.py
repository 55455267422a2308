"""The copy for a person as a folder: an index in each language, and a file for each project and each other store."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from contracts.personal_data import Occurrence
from incidents.terminal.saving import cannot_write, whole_file
from incidents.terminal.session import Session, UsageError
from incidents.terminal.text.words import name_of, say


def grouped_by_place(items: Sequence[Occurrence]) -> dict[str, list[Occurrence]]:
    """Return the texts by the names of their files, those of projects first, in the order of their numbers."""
    groups = dict[str, list[Occurrence]]()
    for item in sorted(items, key=lambda each: (not each.project_number, each.project_number or 0, each.store.value)):
        groups.setdefault(_file_name(item), []).append(item)
    return groups


def _file_name(item: Occurrence) -> str:
    return f"project-{item.project_number}.md" if item.project_number else f"{item.store.value}.md"


def heading_of(item: Occurrence, language: str) -> str:
    """Return what a file is about, by one of its texts."""
    if item.project_number:
        return say(language, "project {number}", number=item.project_number)
    return name_of(language, "store", item.store.value)


def require_new_folder(session: Session, folder: Path) -> Path:
    """Return a folder that is not there or empty: what an earlier copy left would be handed over with this one.

    Raises:
        UsageError: A file is there, or the folder has files.
    """
    words = ""
    if folder.exists() and not folder.is_dir():
        words = "{path} is a file: name a new directory, or a file that ends with .zip"
    elif folder.is_dir() and any(folder.iterdir()):
        words = "{path} has files: name a new directory, so that only this copy is handed over"
    if words:
        raise UsageError(session.say(words, path=folder))
    return folder


def write_folder(session: Session, folder: Path, files: Mapping[str, str]) -> None:
    """Write the files below a folder.

    Raises:
        UsageError: They cannot be written.
    """
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as file:
                file.write(text.encode())
    except OSError as error:
        raise cannot_write(session, folder, error) from error
