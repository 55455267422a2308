-- To whom a report goes, for which reference of theirs, and on which legal basis.
ALTER TABLE reports.request ADD COLUMN recipient text, ADD COLUMN reference text, ADD COLUMN legal_basis text;
ALTER TABLE reports.batch ADD COLUMN recipient text, ADD COLUMN reference text, ADD COLUMN legal_basis text;
ALTER TABLE reports.report ADD COLUMN recipient text, ADD COLUMN reference text, ADD COLUMN legal_basis text;
