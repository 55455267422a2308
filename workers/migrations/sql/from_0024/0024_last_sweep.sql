-- When a sweep last came to its end, or found nothing to delete: one row, for whoever watches that it still happens.
CREATE TABLE retention.last_sweep (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    ended_at timestamptz NOT NULL
);
