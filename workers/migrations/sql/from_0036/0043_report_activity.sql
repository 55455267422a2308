-- Whether reports show what people did with their project.
ALTER TABLE reports.request ADD COLUMN activity boolean NOT NULL DEFAULT false;
ALTER TABLE reports.batch ADD COLUMN activity boolean NOT NULL DEFAULT false;
