INSERT INTO retention.hold VALUES
    ('$id', '$id', 'Lawsuit', 'olivia', now(), NULL, NULL, NULL),
    ('$gone', '$id', 'Audit', 'olivia', now(), 'oscar', now(), 'Settled');
