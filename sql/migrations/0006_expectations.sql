-- Ends the transaction as a conflict unless what was expected holds: for statements that travel with their COMMIT.
CREATE FUNCTION onus_expect(holds boolean) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF holds IS NOT TRUE THEN
        RAISE EXCEPTION 'what was remembered is no longer so' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN true;
END
$$;
