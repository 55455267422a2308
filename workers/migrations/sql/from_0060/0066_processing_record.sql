-- The record of processing says who may see what.
CREATE VIEW published.roles AS SELECT role_id, name, permissions FROM administration.role;
