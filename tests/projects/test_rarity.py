"""What a search looks up: the parts of a word that are rare in the texts of this site."""

from uuid import uuid4

from contracts.projects.commands import CreateProject
from tests.support import Site
from workers.projects.search.ngrams import grams_of, numbers_of
from workers.projects.search.rarity import COMMON_PROJECTS_MIN, Rarity


async def test_parts_that_are_common_here_are_looked_up_last(site: Site) -> None:
    """Rare letters make a part rare until the texts of the site say that many projects have it."""
    await site.worker("projects")
    client, rarity = await site.client(), Rarity()
    for _ in range(COMMON_PROJECTS_MIN):
        await client.send(CreateProject(project_id=uuid4(), description="whizz"))
    assert set(numbers_of("whizzation", 2, rarity)) == grams_of("whizz")
    async with site.engine.connect() as connection:
        await rarity.learn(connection)
    assert not set(numbers_of("whizzation", 4, rarity)) & grams_of("whizz")


async def test_few_texts_say_nothing(site: Site) -> None:
    """Of a site without projects nothing is learned, and letters decide."""
    rarity = Rarity()
    async with site.engine.connect() as connection:
        await rarity.learn(connection)
    assert set(numbers_of("whizzation", 2, rarity)) == grams_of("whizz")
