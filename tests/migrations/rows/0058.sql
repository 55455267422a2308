INSERT INTO retention.destruction VALUES ('$id', 'sweep', now(), now(), now(), true, '{"words": "words"}', NULL);
INSERT INTO retention.destroyed VALUES ('$id', '$id', now(), '{1$n}');
INSERT INTO retention.certificate VALUES
    (1$n, '$id', 1, 'sweep', now(), now(), now(), 1, '{[1,1]}', '\x7b7d', '\x00', '\x00');
