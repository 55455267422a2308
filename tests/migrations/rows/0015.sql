INSERT INTO projects.comment (project_id, comment_id, text, created_by, created_at, revision, place)
VALUES ('$id', '$id', 'Remark $n', 'olivia', now(), 2, 1);
INSERT INTO projects.call (project_id, call_id, direction, at, party, number, reference, notes, created_by, created_at,
    revision, place)
VALUES ('$id', '$id', 'made', now(), 'Party $n', '17', '', 'Notes', 'olivia', now(), 2, 2);
INSERT INTO projects.sequence (project_id, sequence_id, camera_id, camera_name, "start", "end", added_by, added_at,
    revision, place)
VALUES ('$id', '$id', 'cam-$n', 'Camera $n', now(), now(), 'olivia', now(), 2, 3);
