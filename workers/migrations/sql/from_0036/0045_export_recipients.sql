-- The keys that a package is encrypted to; they are public.
ALTER TABLE projects.export ADD COLUMN recipients jsonb NOT NULL DEFAULT '[]';
