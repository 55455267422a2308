-- The template of a report: whether the standard form is wanted, in which form it was made, and why not in another one.
ALTER TABLE reports.request ADD COLUMN template text;
ALTER TABLE reports.batch ADD COLUMN template text, ADD COLUMN template_numbers jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN template_failures integer NOT NULL DEFAULT 0;
ALTER TABLE reports.report ADD COLUMN template jsonb, ADD COLUMN template_failure text;
