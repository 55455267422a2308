CREATE SCHEMA administration;

-- One sequence for every property of every kind (PROP-09).
CREATE SEQUENCE administration.property_id AS integer;

CREATE TABLE administration.property (
    id integer PRIMARY KEY DEFAULT nextval('administration.property_id'),
    kind text NOT NULL CHECK (kind IN ('type', 'status', 'category-value')),
    slot smallint CHECK ((slot IS NOT NULL) = (kind = 'category-value')),
    name text NOT NULL,
    description text NOT NULL
);

CREATE TABLE administration.category (
    slot smallint PRIMARY KEY CHECK (slot BETWEEN 1 AND 5),
    id integer NOT NULL UNIQUE DEFAULT nextval('administration.property_id'),
    enabled boolean NOT NULL,
    name text NOT NULL,
    description text NOT NULL
);

CREATE TABLE administration.data_field (
    kind text CHECK (kind IN ('integer', 'decimal', 'text', 'checkbox', 'datetime')),
    slot smallint CHECK (slot BETWEEN 1 AND 3),
    id integer NOT NULL UNIQUE DEFAULT nextval('administration.property_id'),
    enabled boolean NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    PRIMARY KEY (kind, slot)
);

CREATE TABLE administration.settings (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    retention_days integer NOT NULL DEFAULT 7 CHECK (retention_days BETWEEN 1 AND 365000),
    report_title text NOT NULL DEFAULT '',
    timezone text NOT NULL DEFAULT 'UTC',
    language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'fr')),
    log_archive_bytes bigint NOT NULL DEFAULT 10000000
);
INSERT INTO administration.settings DEFAULT VALUES;

CREATE TABLE administration.role (
    role_id text PRIMARY KEY,
    name text NOT NULL,
    permissions jsonb NOT NULL
);
INSERT INTO administration.role VALUES ('administrators', 'Administrators', '{}');

CREATE TABLE administration.member (
    principal text,
    role_id text REFERENCES administration.role ON DELETE CASCADE,
    PRIMARY KEY (principal, role_id)
);
CREATE INDEX member_by_role ON administration.member (role_id);
INSERT INTO administration.member VALUES ('admin', 'administrators');

CREATE VIEW published.grants AS
    SELECT m.principal, r.role_id, r.permissions
    FROM administration.member m JOIN administration.role r USING (role_id);
CREATE VIEW published.properties AS SELECT id, kind, slot, name, description FROM administration.property;
CREATE VIEW published.categories AS SELECT slot, id, enabled, name, description FROM administration.category;
CREATE VIEW published.data_fields AS SELECT kind, slot, id, enabled, name, description FROM administration.data_field;
CREATE VIEW published.settings AS
    SELECT retention_days, report_title, timezone, language, log_archive_bytes FROM administration.settings;
