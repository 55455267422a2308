INSERT INTO retention.hold VALUES
    ('$id', '$id', 'Lawsuit', 'olivia', now(), NULL, NULL, NULL, now() + interval '9 years', 'No. 56', false, 'oscar', now(), 'Settled'),
    ('0190a000-0000-7000-8000-0000000300$n', '$id', 'Inquiry', 'olivia', '2025-01-01', NULL, NULL, NULL, '2025-02-01', NULL, true, NULL, NULL, NULL),
    ('$gone', '$id', 'Audit', 'olivia', now(), 'oscar', now(), 'Settled', NULL, NULL, false, 'olivia', now(), 'Settled');
UPDATE administration.settings SET export_details_required = true, deletion_reason_required = true,
    two_person_release = true;
