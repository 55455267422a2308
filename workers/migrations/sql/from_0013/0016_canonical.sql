-- Numbers, names and entries of older versions in the form that is kept now; run again, it changes nothing.
-- A decimal number has one form: no zeros behind it, no exponent, no sign of a zero.
UPDATE projects.project
SET decimal_1 = trim_scale(decimal_1), decimal_2 = trim_scale(decimal_2), decimal_3 = trim_scale(decimal_3)
WHERE scale(decimal_1) <> min_scale(decimal_1) OR scale(decimal_2) <> min_scale(decimal_2)
   OR scale(decimal_3) <> min_scale(decimal_3);
UPDATE projects.history
SET old = to_jsonb(trim_scale((old #>> '{}')::numeric)::text), new = to_jsonb(trim_scale((new #>> '{}')::numeric)::text)
WHERE field IN ('decimal_1', 'decimal_2', 'decimal_3')
  AND (old #>> '{}' IS DISTINCT FROM trim_scale((old #>> '{}')::numeric)::text
       OR new #>> '{}' IS DISTINCT FROM trim_scale((new #>> '{}')::numeric)::text);

-- Names are in normal form C: what two keyboards type for one name is one name.
UPDATE administration.property SET name = normalize(name) WHERE name IS NOT NFC NORMALIZED;
UPDATE administration.category SET name = normalize(name) WHERE name IS NOT NFC NORMALIZED;
UPDATE administration.data_field SET name = normalize(name) WHERE name IS NOT NFC NORMALIZED;
UPDATE administration.role SET name = normalize(name) WHERE name IS NOT NFC NORMALIZED;
UPDATE administration.definition_change SET new = jsonb_set(new, '{name}', to_jsonb(normalize(new ->> 'name')))
WHERE by = 'system' AND new ->> 'name' IS NOT NFC NORMALIZED;
UPDATE projects.project SET created_by = normalize(created_by) WHERE imported AND created_by IS NOT NFC NORMALIZED;

-- An import has an entry with each of its projects, beside that of the whole, under the id that audit gives it: the
-- UUIDv3 of the project's id in the namespace of the event's.
INSERT INTO audit.activity (event_id, at, actor, activity, project_id, command_id, revision, details)
SELECT overlay(overlay(hash PLACING '3' FROM 13) PLACING
               substr('89ab', (('x' || substr(hash, 17, 1))::bit(4)::int & 3) + 1, 1) FROM 17)::uuid,
       at, actor, activity, project_id::uuid, command_id, revision,
       jsonb_build_object('project_ids', jsonb_build_array(project_id), 'numbers', jsonb_build_array(number),
                          'already_there', '[]'::jsonb, 'refused', '[]'::jsonb)
FROM (SELECT a.at, a.actor, a.activity, a.command_id, a.revision, taken.project_id, a.details -> 'numbers' -> (place::int - 1) AS number,
             md5(uuid_send(a.event_id) || convert_to(taken.project_id, 'UTF8')) AS hash
      FROM audit.activity a,
           jsonb_array_elements_text(a.details -> 'project_ids') WITH ORDINALITY AS taken(project_id, place)
      WHERE a.activity = 'projects.imported' AND a.project_id IS NULL) each
ON CONFLICT DO NOTHING;
