-- The files of an export are read piece by piece, which takes no time where they are not compressed.
ALTER TABLE projects.export_file ALTER COLUMN data SET STORAGE EXTERNAL;
