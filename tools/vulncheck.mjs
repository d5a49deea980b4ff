// Reads what govulncheck found in the program and fails where a module is called
// that has to be replaced. What lies in Go itself is listed.
import { readFileSync } from 'node:fs';

// govulncheck writes one object after the other.
const text = readFileSync(process.argv[2], 'utf8');
const messages = JSON.parse(`[${text.trim().replace(/\n}\n{/g, '\n},\n{')}]`);
const summary = new Map(messages.filter((m) => m.osv).map((m) => [m.osv.id, m.osv.summary]));
// A finding with a function in its trace is one that the program holds the code of.
const called = messages.filter((m) => m.finding?.trace[0].function).map((m) => m.finding);
const lines = new Map();
for (const f of called) {
  const { module, version } = f.trace[0];
  lines.set(f.osv, { go: module === 'stdlib', line: `${f.osv} ${module} ${version}, mended in ${f.fixed_version ?? 'none'}: ${summary.get(f.osv)}` });
}
const ours = [...lines.values()].filter((l) => !l.go);
for (const { line } of lines.values()) console.log(line);
console.log(`${ours.length} in modules, ${lines.size - ours.length} in Go itself`);
if (!messages.some((m) => m.config)) throw new Error('govulncheck said nothing');
process.exit(ours.length > 0 ? 1 : 0);
