// Votes in a democratic appraisal, in a real browser on a small phone, and checks every
// page with axe. Usage:
//
//   node appraisal.mjs LANG APPRAISAL_URL SCREENSHOTS
//
// It ends with an error at the first thing that is not as it should be.
import assert from 'node:assert/strict';
import { launch, looker } from './page.mjs';

const [lang, address, shots] = process.argv.slice(2);
const words = {
  'zh-CN': { excellent: '优秀', abstain: '弃权（不了解）', send: '提交测评', gone: '这个测评码现在不能使用' },
  en: { excellent: 'Excellent', abstain: 'Abstain: I do not know the work', send: 'Hand in', gone: 'This code cannot be used' },
}[lang];
const browser = await launch();
try {
  // bypassCSP: axe is put into pages that allow no script.
  const page = await (await browser.newContext({ viewport: { width: 320, height: 640 }, locale: lang, bypassCSP: true })).newPage();
  const look = looker(lang, shots);
  const see = (name) => look(page, name, 320);
  const people = page.locator('fieldset');

  await page.goto(address);
  await see('appraisal');
  assert.equal(await people.count(), 2);
  for (const one of await people.all()) {
    assert.ok(await one.getByRole('radio', { name: words.abstain, exact: true }).isChecked(), 'who is not known is not abstained on');
  }
  // A ballot that is refused keeps what was chosen and written.
  await people.first().getByRole('radio', { name: words.excellent, exact: true }).check();
  await page.locator('textarea').evaluate((field) => { field.removeAttribute('maxlength'); field.value = '长'.repeat(2001); });
  await page.getByRole('button', { name: words.send, exact: true }).click();
  await page.waitForSelector('[role=alert]');
  await see('appraisal-refused');
  assert.ok(await people.first().getByRole('radio', { name: words.excellent, exact: true }).isChecked(), 'a choice is lost');
  await page.locator('textarea').fill('踏实肯干 🙏 "quoted"');
  // A double click is one ballot.
  await page.getByRole('button', { name: words.send, exact: true }).dblclick();
  await page.waitForSelector('#taken');
  await see('appraised');

  await page.goto(address);
  await page.getByRole('button', { name: words.send, exact: true }).click();
  assert.equal((await page.textContent('h1')).trim(), words.gone);
  await see('appraisal-gone');
} finally {
  await browser.close();
}
