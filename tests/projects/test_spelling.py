"""Search finds what people look for, however they spell it."""

import pytest

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import AddSequences, CreateProject, RemoveSequences, UpdateProject
from contracts.projects.queries import ListProjects
from tests.projects.helpers import Operator, sequence
from tests.projects.marked_project import define_properties
from workers.common.text_search.text_folding import sort_key

FOUND = {
    "Łódź gate": ["lodz", "ŁÓDŹ", "gate lodz"],
    "København": ["kobenhavn", "københavn", "benhavn"],
    "Đorđe; Ħamrun; \u0131ş\u0131k": ["dorde", "hamrun", "isik", "IŞIK"],
    "Œuvre de Lætitia, Straße": ["oeuvre", "laetitia", "strasse", "œuv"],
    "Qur\u02bcan, Hawai\u02bbi": ["qur'an", "qur\u2019an", "qur\u02bcan", "hawai'i", "HAWAI\u02bbI"],
    "Qur'an, col·legi": ["Qur\u02bcan", "collegi", "col·legi", "co\u0140legi"],
    "على کریم مدرسة \u0491\u0430\u043d\u043e\u043a": ["علي", "علی", "كريم", "مدرسه", "\u0433\u0430\u043d\u043e\u043a"],
    "bus nº12, №34, 1ª planta": ["12", "nº 12", "n°12", "34", "№ 34", "no 34", "1a planta"],
    "feuer\u00adwehr zero\u200bwidth join\u2060ed": ["feuerwehr", "zerowidth", "joined", "feuer\u00adwehr"],
    "仓库北门可疑包裹": ["可疑", "北门", "包", "仓库 包裹", "北门可疑", '"可疑包裹"', "'可疑'"],
    "仓库北门 gate 7": ['"北门 gate"', '"北门 gate 7"', '"gate 7"', '"库北"'],
    "ไฟไหม้ที่อาคาร": ["ไฟ", "อาคาร"],
    "검은 가방": ["가방", "검은"],
    "हिन्दी में": ["हिन्दी", "में"],
    "car ZH-123 456": ["ZH123456", "zh 123456", "ZH-123456", "ZH-123 456", "car zh123456", "zh.123.456"],
    "la plaque GE654321": ["GE-654 321", "ge 654321", "la GE 654 321"],
    "AB-123-CD then B-MW 1234": ["ab123cd", "AB 123 CD", "bmw1234", "B MW-1234"],
    "call with +41 44 123 45 67": [
        *("044 123 45 67", "+41441234567", "0441234567", "+41 (0)44 123 45 67", "0041 44 123 45 67", "00 41 441234567"),
        *("44 123 45 67", "1234567", "call 044/123.45.67", "044-1234567", "\uff144 123 45 67"),
    ],
    "rang 044 765 43 21": ["+41 44 765 43 21", "+41447654321", "0447654321", "0041447654321", "765 43 21"],
    "Tel. +41 (0)31 999 88 77, 12:30": ["0319998877", "tel 031 999 88 77", "+41 31 999 88 77", "12 30", "12:30"],
    "غرفة ١٢٣": ["123", "غرفة", "١٢٣"],
    "a bag of 1٢3 keys; see 10.20.30.40": ['"10.20.30.40"', '"a bag of"', "“bag of”", "« keys »", '"see 10"'],
}
MISSED = {
    "على": ["عل", "علا"],
    "40 people, 10 chairs, 30 tables, 20 lamps": ['"10.20.30.40"', '"people 10 tables"', '"peopl"', '"40 people" foo'],
    "bag at the gate": ['"gate bag"', '"bag gate"', '"at the" lodz'],
    "仓库北门": ["北库", '"门北"', "门仓"],
    "car ZH-123 456": ["ZH123457", "ZG-123 456"],
    "call with +41 44 123 45 67": ["044 123 45 68", "+33 44 123 45 68", "055 123 45 67"],
}


async def matches(operator: Operator, texts: dict[str, list[str]]) -> dict[str, list[str]]:
    """Write a project for each text, and return the searches that find it."""
    ids = {text: uuid7() for text in texts}
    for text, project_id in ids.items():
        await operator.send(CreateProject(project_id=project_id, description=text))
    results: dict[str, list[str]] = {}
    for text, searches in texts.items():
        pages = {search: await operator.client.ask(ListProjects(search=search)) for search in searches}
        results[text] = [query for query, page in pages.items() if ids[text] in {row.project_id for row in page.items}]
    return results


@pytest.mark.parametrize("walked", [500, 0])
async def test_what_was_written_is_found_as_it_is_typed(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, walked: int
) -> None:
    """Letters, unseen characters, scripts without spaces, codes and digits are found in any spelling (PRJ-07)."""
    monkeypatch.setattr("workers.projects.queries.lists.WALK_FIRST_PROJECTS", walked)
    assert await matches(operator, FOUND) == FOUND
    assert await matches(operator, MISSED) == {text: [] for text in MISSED}


async def test_data_and_cameras_are_searched(operator: Operator) -> None:
    """Texts of the incident data and names of cameras are found as they stand, and no longer when they are gone."""
    await operator.site.worker("administration")
    await define_properties(operator.client)
    project_id, first = operator.project_id, sequence("Turmhof")

    async def finds(search: str) -> bool:
        page = await operator.client.ask(ListProjects(search=search))
        return project_id in {row.project_id for row in page.items}

    await operator.send(UpdateProject.model_validate({"project_id": project_id, "data": {"text_1": "Brünig-Tor"}}))
    await operator.send(AddSequences(project_id=project_id, sequences=[first]))
    assert [await finds(words) for words in ("brunig", "brunig bag", first.camera_name)] == [True, True, True]
    await operator.send(UpdateProject.model_validate({"project_id": project_id, "data": {"text_1": None}}))
    await operator.send(RemoveSequences(project_id=project_id, sequence_ids=[first.sequence_id]))
    assert [await finds(words) for words in ("brunig", first.camera_name, "bag")] == [False, False, True]


async def test_a_creation_is_found_by_its_cameras(operator: Operator) -> None:
    """A camera of a new project is found at once, and the same way as when the texts are read again (PRJ-07)."""
    command = CreateProject(
        project_id=uuid7(), description="Ladder.", sequences=[sequence("Turmhof"), sequence("Nordtor 7")]
    )
    await operator.send(command)
    page = await operator.client.ask(ListProjects(search="ladder turmhof nordtor"))
    assert [row.project_id for row in page.items] == [command.project_id]


@pytest.mark.parametrize("node, section", [(Node.CATEGORIES, "categories"), (Node.SEQUENCES, "sequences")])
async def test_data_and_cameras_are_searched_by_those_who_see_them(
    operator: Operator, node: Node, section: str
) -> None:
    """A word that is in a withheld part alone is not found, and the page names the part (PERM-09)."""
    await operator.site.worker("administration")
    await define_properties(operator.client)
    changes = {"project_id": operator.project_id, "data": {"text_1": "Walrus"}}
    await operator.send(UpdateProject.model_validate(changes))
    await operator.send(AddSequences(project_id=operator.project_id, sequences=[sequence("Turmhof")]))
    word = {Node.CATEGORIES: "walrus", Node.SEQUENCES: "turmhof"}[node]
    nodes = {Node.PROJECTS, Node.MAIN_DETAILS, Node.CATEGORIES, Node.SEQUENCES, Node.COMMENTS, Node.CALLS}
    await operator.site.grant("viewer", dict.fromkeys(nodes - {node}, "view"))
    page = await (await operator.site.client("viewer")).ask(ListProjects(search=word, count="exact"))
    assert page.items == []
    assert page.total == 0
    assert page.withheld == [section]
    assert (await operator.client.ask(ListProjects(search=word))).items


async def test_a_changed_type_is_found_with_a_word(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word and a type are sought together by the type that a project has now (PRJ-07)."""
    monkeypatch.setattr("workers.projects.queries.lists.WALK_FIRST_PROJECTS", 0)
    await operator.site.worker("administration")
    ids = await define_properties(operator.client)
    for type_id in (ids["type"], None):
        await operator.send(UpdateProject(project_id=operator.project_id, type_id=type_id))
        for filter_id in (ids["type"], None):
            query = ListProjects.model_validate({"search": "bag", "filter": {"type_ids": [filter_id]}})
            assert bool((await operator.client.ask(query)).items) is (filter_id == type_id)


SORTED = ["« sac »", "10", "9 bags", "apple", "Apple", "Ärger", "cote", "coté", "côte", "écart", "Éclair", "øre"]
SORTED += [
    "zebra",
    "Zone",
    "Ωmega",
    "вход",
    "дуб",
    "\u0452\u0430\u043a",
    "жук",
    "\u0438\u0432\u0430",
    "\u0406\u0432\u0430",
]
SORTED += ["лук", "я", "仓库"]


@pytest.mark.parametrize("sort", ["description", "-description"])
async def test_descriptions_are_sorted_as_in_a_dictionary(operator: Operator, sort: str) -> None:
    """The order of a list by description is that of the language, not of code points, over all pages (PRJ-07)."""
    await operator.site.sql("DELETE FROM projects.project")
    for description in sorted(SORTED):
        await operator.send(CreateProject(project_id=uuid7(), description=description))
    results: list[str | None] = []
    query = ListProjects.model_validate({"sort": sort, "limit": 4})
    while True:
        page = await operator.client.ask(query)
        results += [row.description for row in page.items]
        if page.next is None:
            break
        query = query.model_copy(update={"after": page.next})
    assert results == (SORTED if sort == "description" else SORTED[::-1])
    assert sorted(SORTED, key=sort_key) == SORTED
