// Uses the GraphiQL console as a frontend developer does: runs a query with a
// token, sees completion and documentation, follows a subscription to its end. No
// request may leave the server. Usage:
//
//   node console.mjs GRAPHQL_URL HR_TOKEN CYCLE_ID SCREENSHOT
//
// It ends with an error at the first thing that is not as it should be.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [graphqlURL, token, cycle, shot] = process.argv.slice(2);
const site = new URL(graphqlURL).origin;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const wrong = [];
  page.on('request', (r) => r.url().startsWith(site) || r.url().startsWith('data:') || r.url().startsWith('blob:') || wrong.push(`request to ${r.url()}`));
  page.on('pageerror', (e) => wrong.push(`error: ${e}`));
  page.on('console', (m) => m.type() === 'error' && wrong.push(`console: ${m.text()}`));

  // The editor closes brackets by itself: what it adds behind the text goes again.
  const write = async (text) => {
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(text);
    await page.keyboard.press('Control+Shift+End');
    await page.keyboard.press('Delete');
  };
  const open = async (query) => {
    const url = new URL('/graphiql', site);
    await page.goto(url.href);
    const editor = page.locator('.graphiql-query-editor .monaco-editor').first();
    await editor.waitFor();
    await editor.click();
    await write(query);
    await page.getByRole('button', { name: 'Headers', exact: true }).click();
    await page.locator('.graphiql-editor-tool .monaco-editor:visible').first().click();
    await write(JSON.stringify({ Authorization: `Bearer ${token}` }));
  };
  const run = () => page.getByRole('button', { name: /Execute query/ }).click();
  const answer = page.locator('.graphiql-response');
  const says = (text) => answer.getByText(text).first().waitFor();

  await open(`{ me { subject role } cycle(id: "${cycle}") { run { id } } }`);
  await run();
  await says('demo-hr');
  const id = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(await answer.innerText())[0];

  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.getByText('Query', { exact: true }).first().waitFor();
  await page.screenshot({ path: shot });

  await open(`subscription { assessmentRunProgress(id: "${id}") { state stage done } }`);
  await run();
  await says('DONE');
  assert.deepEqual(wrong, []);
  console.log('the console works');
} finally {
  await browser.close();
}
