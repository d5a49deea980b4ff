// PostGraphile 4 over the tables as they stand, tuned as its documentation says for
// production. Usage: node four/server.mjs DATABASE_URL PORT
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const { postgraphile } = createRequire(import.meta.url)('postgraphile');
const [database, port] = process.argv.slice(2);
createServer(postgraphile({ connectionString: database, max: 20 }, 'public', {
  graphqlRoute: '/graphql', disableQueryLog: true, enableQueryBatching: false, graphiql: false, dynamicJson: true, ignoreRBAC: true, ignoreIndexes: false,
  legacyRelations: 'omit', disableDefaultMutations: false,
})).listen(Number(port), '127.0.0.1');
