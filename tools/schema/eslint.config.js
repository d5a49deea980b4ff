// The rules that the schema keeps: everything described, names in one style, pages as Relay has them.
import graphql from '@graphql-eslint/eslint-plugin'

const { rules: recommended } = graphql.configs['flat/schema-recommended']
const { rules: relay } = graphql.configs['flat/schema-relay']

export default [
  {
    files: ['graph/*.graphqls'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: 'graph/*.graphqls' } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...recommended,
      ...relay,
      '@graphql-eslint/description-style': 'off',
      // A value (a component's score, a page's row) is no record and has no id.
      '@graphql-eslint/strict-id-in-types': 'off',
      // Lists go forward only: keyset cursors have one direction.
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
      // Short lists that are part of a record are lists; and an edge may lead to a value.
      '@graphql-eslint/relay-edge-types': ['error', { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false }],
    },
  },
]
