// A Mercurius server as a team would write it by hand for these questions: queries that
// are prepared, loaders instead of a query a row, compiled documents. Usage:
//
//   node mercurius.mjs DATABASE_URL PORT
import Fastify from 'fastify';
import mercurius from 'mercurius';
import pg from 'pg';

const [database, port] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: database, max: 20 });
const rows = async (name, text, values) => (await pool.query({ name, text, values })).rows;

const schema = `
  type Unit { id: ID! name: String! }
  type Case { id: ID! title: String! state: String! openedAt: String! }
  type Official { id: ID! ref: String! name: String! unit: Unit! cases(first: Int!): [Case!]! }
  type UnitTotal { unit: ID! ratings: Int! mean: Float! }
  input RatingInput { official: ID!, service: ID!, level: Int! }
  type Query { official(id: ID!): Official officials(first: Int!): [Official!]! totals: [UnitTotal!]! }
  type Mutation { rate(input: RatingInput!): ID! }
`;

const official = 'SELECT id, ref, name, unit_id FROM officials';
const resolvers = {
  Query: {
    official: async (_, { id }) => (await rows('official', `${official} WHERE id = $1`, [id]))[0],
    officials: (_, { first }) => rows('officials', `${official} ORDER BY name, id LIMIT $1`, [Math.min(first, 100)]),
    totals: () => rows('totals', `SELECT o.unit_id AS unit, count(*)::int AS ratings, avg(r.level)::float AS mean
      FROM ratings r JOIN officials o ON o.id = r.official_id GROUP BY o.unit_id`, []),
  },
  Mutation: {
    rate: async (_, { input }) => (await rows('rate', `INSERT INTO ratings
      (id, official_id, service_id, channel, level, rated_on, key_year, source, invited, dimensions, tags)
      VALUES (gen_random_uuid(), $1, $2, 'WINDOW', $3, current_date, 2025, 'ENCOUNTER', 'YES', '[]', '[]') RETURNING id`,
    [input.official, input.service, input.level]))[0].id,
  },
};
const loaders = {
  Official: {
    unit: async (queries) => {
      const found = new Map((await rows('units', 'SELECT id, name FROM org_units WHERE id = ANY($1)', [queries.map((q) => q.obj.unit_id)])).map((u) => [u.id, u]));
      return queries.map((q) => found.get(q.obj.unit_id));
    },
    cases: async (queries) => {
      const found = new Map(queries.map((q) => [q.obj.id, []]));
      for (const c of await rows('cases', `SELECT o.id AS official, c.* FROM unnest($1::uuid[]) AS o(id)
        CROSS JOIN LATERAL (SELECT id, title, state, opened_at AS "openedAt" FROM cases WHERE official_id = o.id ORDER BY opened_at DESC, id DESC LIMIT $2) c`,
      [queries.map((q) => q.obj.id), queries[0].params.first])) found.get(c.official).push({ ...c, openedAt: c.openedAt.toISOString() });
      return queries.map((q) => found.get(q.obj.id));
    },
  },
};

const app = Fastify();
app.register(mercurius, { schema, resolvers, loaders, jit: 1, graphiql: false });
await app.listen({ port: Number(port), host: '127.0.0.1' });
