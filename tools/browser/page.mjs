// What the tests of pages share: a browser, and a look at a page as everybody needs
// it to be.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// looker returns a function that keeps a picture of a page, where a folder is named for
// it, and refuses a page that axe finds fault with, that is too wide, or not in the reader's language. Rules are axe's
// to switch off, which takes a reason beside the call.
export const looker = (lang, shots) => async (page, name, most, rules = {}) => {
  if (shots !== '') await page.screenshot({ path: join(shots, `${name}-${lang}.png`), fullPage: true });
  await page.evaluate(axe);
  const found = await page.evaluate((rules) => window.axe.run({ rules, resultTypes: ['violations'] }), rules);
  assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes[0].html}`), [], `${name} is not for everybody`);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= most, `${name} is ${width} pixels wide on a phone of ${most}`);
  assert.equal(await page.getAttribute('html', 'lang'), lang);
};
