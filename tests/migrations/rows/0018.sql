INSERT INTO administration.property VALUES (1$n, 'status', NULL, U&'Vole\0301 $n', 'Described.', true);
INSERT INTO projects.project (id, number, revision, type_id, status_id, description, start_time, category_1, integer_1,
    decimal_1, text_1, checkbox_1, datetime_1, created_by, created_at, updated_by, updated_at, imported,
    retention_exempt, status_since, status_before)
VALUES ('$id', 1$n, 3, 900, 1$n, 'Valise $n', now(), 901, 7, 0.10, 'Blue', true, now(), 'olivia',
    now() - interval '400 days', 'oscar', now(), false, true, '2026-03-01', 900);
