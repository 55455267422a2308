-- How much a project holds, for whoever asks before reading it. The length in bytes is known without reading a text.
CREATE VIEW published.project_sizes AS
    SELECT p.id AS project_id,
           octet_length(concat(p.description, p.text_1, p.text_2, p.text_3)) AS details_bytes,
           c.comments, c.comments_bytes, l.calls, l.calls_bytes, s.sequences, s.sequences_bytes
    FROM projects.project p,
         LATERAL (SELECT count(*) AS comments, coalesce(sum(octet_length(text)), 0) AS comments_bytes
                  FROM projects.comment WHERE project_id = p.id) c,
         LATERAL (SELECT count(*) AS calls,
                         coalesce(sum(octet_length(party) + octet_length(number) + octet_length(reference)
                                      + octet_length(notes)), 0) AS calls_bytes
                  FROM projects.call WHERE project_id = p.id) l,
         LATERAL (SELECT count(*) AS sequences,
                         coalesce(sum(octet_length(camera_id) + octet_length(camera_name)
                                      + coalesce(octet_length(site), 0)), 0) AS sequences_bytes
                  FROM projects.sequence WHERE project_id = p.id) s;
