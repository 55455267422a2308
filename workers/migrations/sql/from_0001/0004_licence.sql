-- The licence that an administrator activated; without a row, the one that the site's own account token carries counts.
CREATE TABLE administration.licence (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    token text NOT NULL,
    version text NOT NULL,
    edition text NOT NULL,
    expires_at timestamptz,
    activated_by text NOT NULL,
    activated_at timestamptz NOT NULL
);

CREATE VIEW published.licence AS SELECT version, edition, expires_at FROM administration.licence;
