"""Categories and data fields through the whole system."""

from contracts.administration_queries import Category, DataField, GetProperties, Property
from contracts.properties import AddCategoryValue, AddType, DefineCategory, DefineDataField, EditType, FieldKind
from incidents import Client
from tests.administration.conftest import Together
from tests.support import Site

KINDS: tuple[FieldKind, ...] = ("integer", "decimal", "text", "checkbox", "datetime")


async def test_a_category_keeps_its_id_and_values(admin: Client) -> None:
    """A category that is renamed and disabled is the same category with the same values (AMB-2, CAT-02, CAT-07)."""
    defined = await admin.send(DefineCategory(slot=3, enabled=True, name="Place", description="Where?"))
    value = await admin.send(AddCategoryValue(slot=3, name="Car park"))
    again = await admin.send(DefineCategory(slot=3, enabled=False, name="Location"))
    assert defined.id == again.id
    assert not again.enabled
    values = [Property(id=value.id, name="Car park", description="")]
    location = Category(id=defined.id, slot=3, enabled=False, name="Location", description="", values=values)
    assert [location] == (await admin.ask(GetProperties())).categories


async def test_a_first_definition_is_made_once(site: Site, together: Together) -> None:
    """Two definitions of one category in one batch are a definition and its change."""
    outcomes = await together(*(DefineCategory(slot=1, enabled=True, name=name) for name in ("Place", "Location")))
    first, second = ((outcome.result or {})["id"] for outcome in outcomes)
    assert first == second
    rows = await site.sql("SELECT id, name FROM administration.category")
    assert [tuple(row) for row in rows] == [(first, "Location")]


async def test_values_may_join_a_disabled_category(admin: Client) -> None:
    """A category that is defined gets values before it is enabled."""
    await admin.send(DefineCategory(slot=4, enabled=False, name="Place"))
    await admin.send(AddCategoryValue(slot=4, name="Car park"))
    (category,) = (await admin.ask(GetProperties())).categories
    assert [value.name for value in category.values] == ["Car park"]


async def test_there_are_three_fields_of_each_kind(admin: Client) -> None:
    """All fifteen data fields can be defined, each with an id of its own (DAT-02, AMB-1, DAT-01)."""
    for kind in KINDS:
        for slot in (1, 2, 3):
            await admin.send(DefineDataField(kind=kind, slot=slot, enabled=True, name=f"{kind} {slot}"))
    fields = (await admin.ask(GetProperties())).data_fields
    assert {f"{kind} {slot}" for kind in KINDS for slot in (1, 2, 3)} == {field.name for field in fields}
    assert set(range(1, 16)) == {field.id for field in fields}


async def test_a_data_field_keeps_its_id(admin: Client) -> None:
    """A data field that is described and disabled is the same field (AMB-2, DAT-03)."""
    defined = await admin.send(DefineDataField(kind="integer", slot=2, enabled=True, name="Injured"))
    again = DefineDataField(kind="integer", slot=2, enabled=False, name="Hurt", description="How many?")
    assert defined.id == (await admin.send(again)).id
    hurt = DataField(id=defined.id, kind="integer", slot=2, enabled=False, name="Hurt", description="How many?")
    assert [hurt] == (await admin.ask(GetProperties())).data_fields


async def test_definitions_have_one_order(admin: Client) -> None:
    """Properties are listed by their ids, categories and fields by kind and slot, whenever they were changed."""
    first, second = [(await admin.send(AddType(name=name))).id for name in ("Theft", "Fire")]
    await admin.send(EditType(id=first, name="Larceny"))
    for slot in (2, 3, 1):
        await admin.send(DefineCategory(slot=slot, enabled=True, name="Place"))
        for kind in KINDS[2::-1]:
            await admin.send(DefineDataField(kind=kind, slot=slot, enabled=True, name="Badge"))
    properties = await admin.ask(GetProperties())
    assert [type_.id for type_ in properties.types] == [first, second]
    assert [category.slot for category in properties.categories] == [1, 2, 3]
    fields = [(field.kind, field.slot) for field in properties.data_fields]
    assert fields == [(kind, slot) for kind in ("decimal", "integer", "text") for slot in (1, 2, 3)]
