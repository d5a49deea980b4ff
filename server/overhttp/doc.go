// Package overhttp serves a GraphQL schema over HTTP as the GraphQL over HTTP
// specification has it, and subscriptions as server-sent events.
//
// An answer is application/json or application/graphql-response+json, as the
// Accept header asks. In the first, a request that was read is answered with 200,
// whatever became of it; in the second, an operation that was not executed is
// answered with 400 and holds no data. What cannot be read at all is 400, 405,
// 406, 413 or 415 in both, and never quoted back.
package overhttp
