INSERT INTO reports.design VALUES ('logo', 1, 'png', 'digest', '{"alt": "Harbour Security"}', 'admin', now())
ON CONFLICT DO NOTHING;
INSERT INTO reports.design_request VALUES ('$id', 'admin', NULL, NULL, now(), 'en', 'logo', 'png', '{"alt": "Harbour"}');
