INSERT INTO audit.text_salt VALUES ('$id', 'description', '$id', NULL, 1, now(), '\x00');
