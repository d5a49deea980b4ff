// Bundles GraphiQL with its editor's workers into server/graphiql, compressed, as
// the server embeds it. The same versions give the same bytes.
import { build } from 'esbuild';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const out = new URL('../../server/graphiql/', import.meta.url).pathname;
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const common = {
  bundle: true,
  minify: true,
  target: 'es2022',
  outdir: out,
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.ttf': 'file', '.woff2': 'file', '.graphql': 'text' },
  assetNames: '[name]',
  legalComments: 'none', // the licences stand in LICENCES.txt
};
await build({ ...common, format: 'esm', entryPoints: { graphiql: 'main.jsx' } });
await build({
  ...common,
  format: 'iife',
  entryPoints: {
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
  },
});

// Every bundled package's licence travels with it.
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
let licences = '';
for (const [path, entry] of Object.entries(lock.packages)) {
  if (!path || entry.dev || entry.optional || path.includes('esbuild')) continue;
  const file = readdirSync(path).find((name) => /^(licen[cs]e|copying)/i.test(name));
  const text = file ? readFileSync(`${path}/${file}`, 'utf8') : `Licence: ${entry.license}\n`;
  licences += `==== ${path.replace(/^.*node_modules\//, '')} ${entry.version}\n\n${text.trim()}\n\n`;
}
writeFileSync(`${out}LICENCES.txt`, licences);

let total = 0;
for (const name of readdirSync(out)) {
  const packed = gzipSync(readFileSync(out + name), { level: 9 });
  packed[9] = 255; // the field that names the operating system
  writeFileSync(`${out}${name}.gz`, packed);
  rmSync(out + name);
  total += packed.length;
}
console.log(`${(total / 1e6).toFixed(2)} MB in ${out}`);
