"""Ids that are derived from the id of an event."""

from uuid import uuid3

from contracts.ids import derived_ids, uuid7


def test_derived_ids_are_those_of_the_standard_library() -> None:
    """A derived id is what `uuid3` returns for the same names, by which earlier versions have recorded projects."""
    origin, names = uuid7(), [uuid7() for _ in range(200)]
    assert derived_ids(origin, names) == [str(uuid3(origin, str(name))) for name in names]
    assert derived_ids(origin, map(str, names)) == derived_ids(origin, names)
    assert derived_ids(origin, []) == []
