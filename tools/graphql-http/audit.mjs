// Runs every audit of the graphql-http suite against a server and prints a line
// for each that is not met, then how many there were. It ends with 1 where any is
// not met, be it a MUST, a SHOULD or a MAY.
import { serverAudits } from 'graphql-http';

const audits = serverAudits({ url: process.argv[2], fetchFn: fetch });
let failed = 0;
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status === 'ok') continue;
  failed++;
  console.log(`${result.id} ${result.name}: ${result.reason}`);
}
console.log(`${audits.length - failed} of ${audits.length} audits met`);
process.exit(failed === 0 ? 0 : 1);
