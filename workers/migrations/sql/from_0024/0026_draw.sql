-- Numbers of new projects with the times at which they are created: of two projects the later number has the later time,
-- in whatever lanes they are. The lock makes number and time one step; it lasts for that step and not until the commit,
-- because what a subtransaction locked is released when it is undone. A sequence is not set back by that, and the
-- subtransaction writes nothing. The places count the commands of a batch, which are a microsecond apart.
CREATE FUNCTION projects.draw_numbers(places integer[]) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    started timestamptz;
    drawn json;
BEGIN
    IF cardinality(places) = 0 THEN
        RETURN '[]';
    END IF;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('incidents.numbers'));
        started := clock_timestamp();
        SELECT json_agg(json_build_array(nextval('projects.number'), started + place * interval '1 microsecond'))
        INTO drawn FROM unnest(places) AS place;
        WHILE clock_timestamp() <= started + places[cardinality(places)] * interval '1 microsecond' LOOP
        END LOOP;
        RAISE SQLSTATE 'IML02';
    EXCEPTION WHEN SQLSTATE 'IML02' THEN
        RETURN drawn;
    END;
END $$;
