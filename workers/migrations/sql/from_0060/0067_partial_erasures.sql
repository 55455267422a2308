-- A clean-up that left large tables alone, which the quiet hours rewrite: until these have ended, nothing is late.
CREATE TABLE retention.partial_erasure (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    began_at timestamptz NOT NULL,
    quiet_until timestamptz
);
