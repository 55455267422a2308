INSERT INTO runtime.letter_key (key_id, key, named, fields) VALUES ('$id', '\x00', '{$id}', '{description}');
INSERT INTO runtime.letter_erasure VALUES ('$id', now(), 'expired');
