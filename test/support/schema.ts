/** The schema as text from the catalog: embedded Postgres has no pg_dump, and Debian's is older than the server. */
import { withClient } from '../../src/postgres.ts';

const parts: readonly (readonly [string, string])[] = [
  [
    'columns',
    `select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || case when a.attnotnull then ' not null' else '' end || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
     from pg_attribute a join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'c', 'p')
     left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     where c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped order by c.relname, a.attnum`,
  ],
  ['indexes', `select indexdef from pg_indexes where schemaname = 'public' order by indexname`],
  [
    'constraints',
    `select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
     where connamespace = 'public'::regnamespace order by conrelid::regclass::text, conname`,
  ],
  [
    'functions',
    `select pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
       and not exists (select from pg_depend d where d.objid = pg_proc.oid and d.deptype = 'e') order by proname`,
  ],
];

export function describeSchema(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const texts: string[] = [];
    for (const [title, sql] of parts) {
      const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
      texts.push(`-- ${title}`, ...rows.map((r) => String(r[0])), '');
    }
    return texts.join('\n');
  });
}
