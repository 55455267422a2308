"""Commands and events of incident properties: types, statuses, categories, data fields (PROP, TYP, STA, CAT, DAT)."""

from typing import Annotated, ClassVar, Generic, Literal

from pydantic import Field

from contracts.administration import DefinitionEvent
from contracts.message import AnswerT_co, Command
from contracts.permissions import Node
from contracts.retention_policies import Confirm
from contracts.texts import Part, Phrase
from contracts.values import CategorySlot, FieldSlot, Name, PropertyId, Text

PropertyDescription = Annotated[Text, Field(max_length=1_000)]
FieldKind = Literal["integer", "decimal", "text", "checkbox", "datetime"]


class PropertyCommand(Command[AnswerT_co], Generic[AnswerT_co]):
    """A command that defines, changes or deletes a property."""

    node: ClassVar[Node] = Node.PROPERTIES
    part = Part.PROPERTY
    failure_phrase = Phrase.NOT_SAVED


class PropertyEvent(DefinitionEvent):
    """A property, by its id, which is unique among properties of all kinds (PROP-09)."""

    id: PropertyId


class CategoryValueEvent(PropertyEvent):
    """A value of one category."""

    slot: CategorySlot


class TypeAdded(PropertyEvent):
    """A type was defined."""

    subject = "administration.type-added"


class AddType(PropertyCommand[TypeAdded]):
    """Define a type; the system assigns its id, and its name need not be unique (TYP-02, PROP-06)."""

    subject = "administration.add-type"

    name: Name
    description: PropertyDescription = ""


class TypeEdited(PropertyEvent):
    """The name or description of a type was changed."""

    subject = "administration.type-edited"


class EditType(PropertyCommand[TypeEdited]):
    """Rename or describe a type that no project has (TYP-03)."""

    subject = "administration.edit-type"

    id: PropertyId
    name: Name
    description: PropertyDescription = ""


class TypeDeleted(PropertyEvent):
    """A type was deleted."""

    subject = "administration.type-deleted"


class DeleteType(PropertyCommand[TypeDeleted]):
    """Delete a type that no project has (TYP-03)."""

    subject = "administration.delete-type"

    id: PropertyId


class StatusAdded(PropertyEvent):
    """A status was defined."""

    subject = "administration.status-added"


class AddStatus(PropertyCommand[StatusAdded]):
    """Define a status; the system assigns its id, and its name need not be unique (STA-02, PROP-06).

    A project whose status is `closing` is closed.
    """

    subject = "administration.add-status"

    name: Name
    description: PropertyDescription = ""
    closing: bool = False


class StatusEdited(PropertyEvent):
    """The name or description of a status was changed."""

    subject = "administration.status-edited"


class EditStatus(PropertyCommand[StatusEdited]):
    """Rename or describe a status that no project has (STA-03); `closing` stays unchanged."""

    subject = "administration.edit-status"

    id: PropertyId
    name: Name
    description: PropertyDescription = ""


class StatusMarked(PropertyEvent):
    """A status was marked as closing, or no longer as closing."""

    subject = "administration.status-marked"


class MarkStatus(PropertyCommand[StatusMarked]):
    """Mark whether a status closes its projects, at any time: whether they count as closed, and since when.

    A policy of retention may count from the closing. It is a `conflict` if the next sweep would then delete more
    projects than before, and `confirm` is not their number.
    """

    subject = "administration.mark-status"
    runs_alone = True

    id: PropertyId
    closing: bool
    confirm: Confirm | None = None


class StatusDeleted(PropertyEvent):
    """A status was deleted."""

    subject = "administration.status-deleted"


class DeleteStatus(PropertyCommand[StatusDeleted]):
    """Delete a status that no project has (STA-03)."""

    subject = "administration.delete-status"

    id: PropertyId


class CategoryValueAdded(CategoryValueEvent):
    """A value of a category was defined."""

    subject = "administration.category-value-added"


class AddCategoryValue(PropertyCommand[CategoryValueAdded]):
    """Define a category's value; the system assigns its id, its name need not be unique (CAT-04, PROP-06)."""

    subject = "administration.add-category-value"

    slot: CategorySlot
    name: Name
    description: PropertyDescription = ""


class CategoryValueEdited(CategoryValueEvent):
    """The name or description of a category's value was changed."""

    subject = "administration.category-value-edited"


class EditCategoryValue(PropertyCommand[CategoryValueEdited]):
    """Rename or describe a value of a category that no project has (CAT-05)."""

    subject = "administration.edit-category-value"

    slot: CategorySlot
    id: PropertyId
    name: Name
    description: PropertyDescription = ""


class CategoryValueDeleted(CategoryValueEvent):
    """A value of a category was deleted."""

    subject = "administration.category-value-deleted"


class DeleteCategoryValue(PropertyCommand[CategoryValueDeleted]):
    """Delete a value of a category that no project has (CAT-05)."""

    subject = "administration.delete-category-value"

    slot: CategorySlot
    id: PropertyId


class CategoryDefined(PropertyEvent):
    """One of the five categories was enabled, named, described or disabled."""

    subject = "administration.category-defined"

    slot: CategorySlot
    enabled: bool


class DefineCategory(PropertyCommand[CategoryDefined]):
    """Enable, name, describe or disable one of the five categories, at any time (CAT-01, CAT-02, AMB-2)."""

    subject = "administration.define-category"

    slot: CategorySlot
    enabled: bool
    name: Name
    description: PropertyDescription = ""


class DataFieldDefined(PropertyEvent):
    """One of the fifteen data fields was enabled, named, described or disabled."""

    subject = "administration.data-field-defined"

    kind: FieldKind
    slot: FieldSlot
    enabled: bool


class DefineDataField(PropertyCommand[DataFieldDefined]):
    """Enable, name, describe or disable a data field, at any time (DAT-01 to DAT-04, AMB-2)."""

    subject = "administration.define-data-field"

    kind: FieldKind
    slot: FieldSlot
    enabled: bool
    name: Name
    description: PropertyDescription = ""
