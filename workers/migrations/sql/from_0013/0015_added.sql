-- What was there before is ordered by what the history says of it. A recording that was removed and added again was
-- last added where it says so last; what is older than the history keeps the order of its times.
UPDATE projects.comment part SET revision = added.revision, place = added.place
FROM (SELECT DISTINCT ON (project_id, part_id) project_id, part_id, revision, place FROM projects.history
      WHERE field = 'comment' AND old IS NULL ORDER BY project_id, part_id, revision DESC, place DESC) added
WHERE part.project_id = added.project_id AND part.comment_id = added.part_id;

UPDATE projects.call part SET revision = added.revision, place = added.place
FROM (SELECT DISTINCT ON (project_id, part_id) project_id, part_id, revision, place FROM projects.history
      WHERE field = 'call' AND old IS NULL ORDER BY project_id, part_id, revision DESC, place DESC) added
WHERE part.project_id = added.project_id AND part.call_id = added.part_id;

UPDATE projects.sequence part SET revision = added.revision, place = added.place
FROM (SELECT DISTINCT ON (project_id, part_id) project_id, part_id, revision, place FROM projects.history
      WHERE field = 'sequence' AND old IS NULL ORDER BY project_id, part_id, revision DESC, place DESC) added
WHERE part.project_id = added.project_id AND part.sequence_id = added.part_id;
