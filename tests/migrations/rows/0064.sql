INSERT INTO retention.expiry_warning VALUES ('$id', now());
INSERT INTO retention.overdue VALUES (true, now()) ON CONFLICT DO NOTHING;
INSERT INTO retention.certificate_supplement VALUES (1$n, now(), now(), '\x7b7d', '\x00', '\x00');
