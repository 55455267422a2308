-- What was done is found across projects, too: by who did it, and by what it was.
CREATE INDEX activity_by_actor ON audit.activity (actor, at, event_id);
CREATE INDEX activity_by_name ON audit.activity (activity, at, event_id);
