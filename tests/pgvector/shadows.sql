-- SPDX-License-Identifier: Apache-2.0
-- Run by whoever owns schema public: in it a namesake of every function, aggregate,
-- operator, type, relation, collation and configuration of pg_catalog that an ordinary
-- role can make one of. Each counts its calls in shadow_calls, which no rollback takes
-- back; functions then raise.
SET search_path = pg_catalog;
SET client_min_messages = error;

CREATE SEQUENCE public.shadow_calls;
GRANT ALL ON SEQUENCE public.shadow_calls TO PUBLIC;

CREATE FUNCTION public.shadow_touched() RETURNS boolean LANGUAGE plpgsql AS
$$BEGIN PERFORM pg_catalog.nextval('public.shadow_calls'); RETURN true; END$$;

CREATE FUNCTION public.shadow_try(statement text) RETURNS boolean LANGUAGE plpgsql AS
$$BEGIN EXECUTE statement; RETURN true; EXCEPTION WHEN OTHERS THEN RETURN false; END$$;

CREATE FUNCTION public.shadow_body(name text) RETURNS text LANGUAGE sql AS
$$SELECT format('LANGUAGE plpgsql AS $f$BEGIN PERFORM pg_catalog.nextval(%L); '
    'RAISE EXCEPTION %L; END$f$', 'public.shadow_calls', 'the shadow of ' || name || ' was called')$$;

SELECT count(*) AS functions FROM pg_proc AS p
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
AND NOT 'internal'::regtype = ANY (p.proargtypes) AND public.shadow_try(format(
    'CREATE FUNCTION public.%I(%s) RETURNS %s %s', p.proname,
    pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid),
    public.shadow_body(p.proname)));

SELECT count(*) AS aggregates FROM pg_proc AS p,
    format('%I', 'step of ' || p.oid) AS step,
    coalesce(nullif(pg_get_function_identity_arguments(p.oid), ''), '*') AS args
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'a'
AND CASE WHEN public.shadow_try(format(
    'CREATE FUNCTION public.%s(bigint%s) RETURNS bigint %s', step,
    CASE WHEN args = '*' THEN '' ELSE ', ' || args END, public.shadow_body(p.proname)))
THEN public.shadow_try(format('CREATE AGGREGATE public.%I(%s) (SFUNC = public.%s, '
    'STYPE = bigint, INITCOND = %L)', p.proname, args, step, '0')) ELSE false END;

SELECT count(*) AS operators FROM pg_operator AS o JOIN pg_proc AS p ON p.oid = o.oprcode
WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND public.shadow_try(format(
    'CREATE OPERATOR public.%s (FUNCTION = public.%I, %s RIGHTARG = %s)', o.oprname, p.proname,
    CASE WHEN o.oprleft <> 0 THEN format('LEFTARG = %s,', o.oprleft::regtype) END,
    o.oprright::regtype));

SELECT count(*) AS types FROM pg_type AS t
WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r')
AND t.typcategory <> 'A' AND public.shadow_try(format(
    'CREATE DOMAIN public.%I AS pg_catalog.%I CHECK (public.shadow_touched())',
    t.typname, t.typname));

SELECT count(*) AS relations FROM pg_class AS c
WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v')
AND CASE WHEN public.shadow_try(format('CREATE VIEW public.%I AS SELECT %s FROM '
    'pg_catalog.%I WHERE public.shadow_touched()', c.relname, (SELECT string_agg(
        quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute AS a WHERE
        a.attrelid = c.oid AND a.attnum > 0 AND a.atttypid <> 'anyarray'::regtype), c.relname))
THEN public.shadow_try(format('GRANT SELECT ON public.%I TO PUBLIC', c.relname)) ELSE false END;

CREATE COLLATION public."C" FROM pg_catalog."POSIX";
CREATE TEXT SEARCH CONFIGURATION public.simple (COPY = pg_catalog.simple);
