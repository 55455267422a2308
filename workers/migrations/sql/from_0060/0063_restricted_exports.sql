-- Why a restricted project is exported; only its package can have it.
ALTER TABLE projects.export ADD COLUMN access_reason text;
ALTER TABLE projects.export ALTER COLUMN access_reason SET STATISTICS 0;
