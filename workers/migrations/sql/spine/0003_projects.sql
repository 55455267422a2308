CREATE SCHEMA projects;

CREATE SEQUENCE projects.number AS bigint;

-- type_id, status_id and category_n name rows of published.properties. They are checked and locked FOR KEY SHARE by
-- every transaction that writes them instead of by a foreign key, which would cost one look-up per row.
CREATE TABLE projects.project (
    id uuid PRIMARY KEY,
    number bigint NOT NULL UNIQUE,
    revision integer NOT NULL,
    type_id integer,
    status_id integer,
    description text NOT NULL,
    start_time timestamptz,
    end_time timestamptz,
    category_1 integer,
    category_2 integer,
    category_3 integer,
    category_4 integer,
    category_5 integer,
    integer_1 bigint,
    integer_2 bigint,
    integer_3 bigint,
    decimal_1 numeric,
    decimal_2 numeric,
    decimal_3 numeric,
    text_1 text,
    text_2 text,
    text_3 text,
    checkbox_1 boolean,
    checkbox_2 boolean,
    checkbox_3 boolean,
    datetime_1 timestamptz,
    datetime_2 timestamptz,
    datetime_3 timestamptz,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    imported boolean NOT NULL,
    retention_exempt boolean NOT NULL
) WITH (fillfactor = 90);
CREATE INDEX project_by_creation ON projects.project (created_at, id);
CREATE INDEX project_by_type ON projects.project (type_id, created_at, id);
CREATE INDEX project_by_status ON projects.project (status_id, created_at, id);

CREATE TABLE projects.comment (
    project_id uuid REFERENCES projects.project ON DELETE CASCADE,
    comment_id uuid,
    text text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    edited_by text,
    edited_at timestamptz,
    PRIMARY KEY (project_id, comment_id)
);

CREATE TABLE projects.call (
    project_id uuid REFERENCES projects.project ON DELETE CASCADE,
    call_id uuid,
    direction text NOT NULL CHECK (direction IN ('made', 'received')),
    at timestamptz NOT NULL,
    party text NOT NULL,
    number text NOT NULL,
    duration_seconds integer,
    reference text NOT NULL,
    notes text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    edited_by text,
    edited_at timestamptz,
    PRIMARY KEY (project_id, call_id)
);

-- References only: the recordings stay on the recording servers (SEQ-06). "end" and "start" are kept in UTC.
CREATE TABLE projects.sequence (
    project_id uuid REFERENCES projects.project ON DELETE CASCADE,
    sequence_id uuid,
    camera_id text NOT NULL,
    camera_name text NOT NULL,
    site text,
    "start" timestamptz NOT NULL,
    "end" timestamptz NOT NULL,
    media_expires_at timestamptz,
    added_by text NOT NULL,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, sequence_id)
);

-- What is left of a deleted project: nothing that anybody wrote.
CREATE TABLE projects.tombstone (
    project_id uuid PRIMARY KEY,
    number bigint NOT NULL,
    deleted_by text NOT NULL,
    deleted_at timestamptz NOT NULL,
    expired boolean NOT NULL
);

CREATE VIEW published.projects AS
    SELECT id AS project_id, number, type_id, status_id, category_1, category_2, category_3, category_4, category_5,
           created_at, retention_exempt
    FROM projects.project;

CREATE VIEW published.tombstones AS SELECT project_id, number, deleted_by, deleted_at, expired FROM projects.tombstone;

-- A whole project as one document, in the shape of the query projects.get.
CREATE VIEW published.project_documents AS
    SELECT p.id AS project_id, jsonb_build_object(
        'project_id', p.id, 'number', p.number, 'revision', p.revision,
        'type_id', p.type_id, 'status_id', p.status_id, 'description', p.description,
        'start_time', p.start_time, 'end_time', p.end_time,
        'created_by', p.created_by, 'created_at', p.created_at,
        'updated_by', p.updated_by, 'updated_at', p.updated_at,
        'imported', p.imported, 'retention_exempt', p.retention_exempt,
        'categories', jsonb_build_object('1', p.category_1, '2', p.category_2, '3', p.category_3, '4', p.category_4, '5', p.category_5),
        'data', jsonb_build_object(
            'integer_1', p.integer_1,
            'integer_2', p.integer_2,
            'integer_3', p.integer_3,
            'decimal_1', p.decimal_1::text,
            'decimal_2', p.decimal_2::text,
            'decimal_3', p.decimal_3::text,
            'text_1', p.text_1,
            'text_2', p.text_2,
            'text_3', p.text_3,
            'checkbox_1', p.checkbox_1,
            'checkbox_2', p.checkbox_2,
            'checkbox_3', p.checkbox_3,
            'datetime_1', p.datetime_1,
            'datetime_2', p.datetime_2,
            'datetime_3', p.datetime_3),
        'comments', coalesce((
            SELECT jsonb_agg(to_jsonb(c) - 'project_id' ORDER BY c.created_at, c.comment_id)
            FROM projects.comment c WHERE c.project_id = p.id), '[]'),
        'calls', coalesce((
            SELECT jsonb_agg(to_jsonb(c) - 'project_id' ORDER BY c.at, c.call_id)
            FROM projects.call c WHERE c.project_id = p.id), '[]'),
        'sequences', coalesce((
            SELECT jsonb_agg(to_jsonb(s) - 'project_id' ORDER BY s."start", s.sequence_id)
            FROM projects.sequence s WHERE s.project_id = p.id), '[]')
    ) AS document
    FROM projects.project p;
