"""What the type checker must say of rows; it reads this file, nothing runs it."""

from typing import Any, assert_type
from uuid import UUID

from sqlalchemy import Result, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.projects.row_types import CommentRow, ProjectChanges, ProjectRow
from workers.projects.rows import ProjectRows
from workers.runtime.storage.identity_map import read_rows, row_of, rows_of


def a_misspelt_column_does_not_pass(project: ProjectRow, changes: ProjectChanges) -> None:
    """A column of the table type-checks; one that it does not have does not, wherever the name is written."""
    assert_type(project["revision"], int)
    assert_type(project["revison"], Any)  # type: ignore[typeddict-item]  # the name is misspelt
    changes["status"] = 2  # type: ignore[typeddict-unknown-key]  # the column is status_id
    changes["status_id"] = "2"  # type: ignore[typeddict-item]  # an id is a number


def a_set_of_rows_takes_the_rows_of_its_table(rows: ProjectRows, comment: CommentRow, project_id: UUID) -> None:
    """A set takes and returns whole rows of its own table."""
    rows.comments.put({**comment, "text": "Gate open"})
    rows.comments.put({**comment, "txt": "Gate open"})  # type: ignore[typeddict-unknown-key]  # the name is misspelt
    rows.projects.put(comment)  # type: ignore[arg-type]  # the row of another table
    rows.comments.put({"project_id": project_id, "text": ""})  # type: ignore[typeddict-item]  # columns are missing
    if (project := rows.projects.get(project_id)) is not None:
        assert_type(project["create_at"], Any)  # type: ignore[typeddict-item]  # the name is misspelt


async def a_statement_returns_the_rows_that_it_is_read_as(connection: AsyncConnection, result: Result[object]) -> None:
    """Rows of a statement have the columns of the type that they are read as."""
    assert_type(await read_rows(connection, text(""), {}, ProjectRow), list[ProjectRow])
    assert_type(rows_of(result, CommentRow)[0]["txt"], Any)  # type: ignore[typeddict-item]  # the name is misspelt
    assert_type(row_of(result, CommentRow), CommentRow | None)
