"""No column with people's words has statistics, in which they would outlive their rows."""

from typing import Final

from tests.support import Site

_COLUMNS: Final = """
    SELECT c.oid::regclass::text || '.' || a.attname AS name, a.attstattarget = 0 AS is_without
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
        AND c.relnamespace::regnamespace::text IN
            ('runtime', 'administration', 'projects', 'reports', 'retention', 'audit')
        AND t.typname IN ('text', 'varchar', 'bpchar', '_text', 'json', 'jsonb', 'bytea', 'xml', 'tsvector')
"""
_PARTS: Final = """
    SELECT i.inhrelid::regclass::text || '.' || own.attname FROM pg_inherits i
    JOIN pg_attribute above ON above.attrelid = i.inhparent AND above.attstattarget = 0
    JOIN pg_attribute own ON own.attrelid = i.inhrelid AND own.attname = above.attname
        AND own.attstattarget IS DISTINCT FROM 0
"""
_INDEXES: Final = """
    SELECT c.oid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
    WHERE i.indexprs IS NOT NULL AND i.indkey[a.attnum - 1] = 0 AND a.attstattarget IS DISTINCT FROM 0
        AND t.typname IN ('text', 'varchar') AND c.relnamespace::regnamespace::text = 'projects'
"""

PRINCIPALS: Final = """
    created_by edited_by added_by updated_by deleted_by held_by release_requested_by released_by set_by by principal
    actor
"""
TECHNICAL: Final = """
    sha256 language refusal_language trace state form kind conformance template sort place compare timezone store
    direction site fields worker instance stream hearer hash hashes edge fingerprint activity what note
    withheld includes recipients command_key report_nodes restricted_nodes missing_nodes nodes missing left_out
    template_numbers template_failure content refusal timezone shown_hash policy_id counted_from
    chain key field rule signature cause
"""
"""Names of columns that hold codes, ids and digests, whatever their table."""

BY_NAME: Final = {*PRINCIPALS.split(), *TECHNICAL.split()}
OF_THE_SITE: Final = ("administration.", "reports.design", "audit.witness.", "audit.attestation.")
"""Definitions, settings, the design of reports and witnesses belong to the site, and stay when a project is erased."""


async def test_every_column_with_texts_is_classified(site: Site) -> None:
    """A column that can hold texts has no statistics, belongs to the site, or holds codes or names of principals."""
    unknown = [
        row.name
        for row in await site.sql(_COLUMNS)
        if not row.is_without and not row.name.startswith(OF_THE_SITE) and row.name.rpartition(".")[2] not in BY_NAME
    ]
    assert unknown == []


async def test_indexes_and_partitions_have_no_statistics_of_words(site: Site) -> None:
    """An index on an expression has none either, nor has a partition that was made since."""
    await site.sql("SELECT runtime.maintain_outbox(2, now() + interval '5 days')")
    await site.sql("SELECT runtime.maintain_partitions('audit.activity', NULL, now() + interval '70 days')")
    assert await site.sql(_PARTS) == []
    assert await site.sql(_INDEXES) == []


async def test_what_was_analysed_is_no_longer_known(site: Site) -> None:
    """After an analysis, no text of a project is among the database's statistics."""
    texts = "created_by, updated_by, description"
    others = "id, number, revision, created_at, updated_at, imported, retention_exempt"
    row = "'ann', 'ann', 'okapi', gen_random_uuid(), n, 1, now(), now(), false, false"
    await site.sql(f"INSERT INTO projects.project ({texts}, {others}) SELECT {row} FROM generate_series(1, 100) n")  # noqa: S608 - names of columns
    await site.sql("ANALYZE projects.project")
    analysed = {row.attname for row in await site.sql("SELECT attname FROM pg_stats WHERE tablename = 'project'")}
    assert "created_at" in analysed
    assert analysed & {"created_by", "description"} == set()
