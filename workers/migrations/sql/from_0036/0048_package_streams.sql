-- The files of an export are read piece by piece, which takes no time where they are not compressed.
ALTER TABLE projects.export_file ALTER COLUMN data SET STORAGE EXTERNAL;

-- The recordings of each project, selected and hashed before it is collected; and how many bytes of them are read.
ALTER TABLE projects.export_part ADD COLUMN media jsonb;
ALTER TABLE projects.export
    ADD COLUMN media_bytes bigint NOT NULL DEFAULT 0, ADD COLUMN media_read_bytes bigint NOT NULL DEFAULT 0;
