// Compares the schema with the one last released: npm run breaking. A change that breaks those who use the schema must be
// named in breaking.txt, a line each, its path first and then why: "Case.dueAt a case may have several clocks". A release
// starts anew: npm run release writes released.graphqls and empties breaking.txt.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CriticalityLevel, diff } from '@graphql-inspector/core'
import { buildSchema } from 'graphql'

const here = dirname(fileURLToPath(import.meta.url))
const graph = join(here, '../../graph')
const released = join(here, 'released.graphqls')
const accepted = join(here, 'breaking.txt')

const source = readdirSync(graph)
  .filter((name) => name.endsWith('.graphqls'))
  .sort()
  .map((name) => readFileSync(join(graph, name), 'utf8'))
  .join('\n')

if (process.argv.includes('--release')) {
  writeFileSync(released, source)
  writeFileSync(accepted, '')
  process.exit(0)
}

const named = new Set(
  readFileSync(accepted, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [path, ...why] = line.trim().split(/\s+/)
      if (why.length === 0) throw new Error(`breaking.txt: ${path}: say why`)
      return path
    }),
)
const changes = await diff(buildSchema(readFileSync(released, 'utf8')), buildSchema(source))
const breaking = changes.filter((c) => c.criticality.level === CriticalityLevel.Breaking)
const unnamed = breaking.filter((c) => !named.has(c.path))
const idle = [...named].filter((path) => !breaking.some((c) => c.path === path))
for (const c of unnamed) console.error(`breaks its users and is not named in breaking.txt: ${c.path}: ${c.message}`)
for (const path of idle) console.error(`is named in breaking.txt and breaks nobody: ${path}`)
console.log(`${changes.length} changes since the release, ${breaking.length} of them breaking`)
process.exit(unnamed.length + idle.length > 0 ? 1 : 0)
