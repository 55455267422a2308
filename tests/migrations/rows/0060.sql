INSERT INTO audit.entry_values VALUES ('$id', now(), '$id', '\x00', '{"type_id": 1}');
