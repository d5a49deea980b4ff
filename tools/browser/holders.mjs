// Does on the residents' pages what the holder of a receipt can do later, on a phone and
// on the narrowest one, in both languages and with axe: sees that a rating counts in what
// is published, compares the control number with the notice, and erases the own words.
// Usage:
//
//   node holders.mjs SITE SCREENSHOTS CYCLE CASE_RECEIPT RATING_RECEIPT RATING_RECEIPT
//
// The ratings count in CYCLE and have the comment “my own words”; of the case, which is
// over, they are the description. It ends with an error at the first thing that is not as
// it should be.
import assert from 'node:assert/strict';
import { launch, looker } from './page.mjs';

const [site, shots, cycle, caseReceipt, ...receipts] = process.argv.slice(2);
const words = 'my own words';
const browser = await launch();
try {
  for (const [i, lang] of ['zh-CN', 'en'].entries()) {
    // bypassCSP: axe is put into pages that allow no script.
    const page = await (await browser.newContext({ viewport: { width: 390, height: 844 }, locale: lang, bypassCSP: true })).newPage();
    page.setDefaultTimeout(20_000);
    const see = async (name) => {
      for (const width of [390, 320]) {
        await page.setViewportSize({ width, height: 844 });
        await looker(lang, shots)(page, `${name}-${width}`, width);
      }
    };
    const find = async (receipt) => {
      await page.goto(new URL('/receipt', site).href);
      await page.fill('[name=receipt]', receipt);
      await page.click('main button');
    };
    const says = async (text) => (await page.innerText('main')).includes(text);

    // The rating counts, and its control number is the notice's.
    await find(receipts[i]);
    assert.equal(await page.locator('.counts .done').count(), 1, 'it is not said that a rating counts');
    await page.locator('.proof > summary').click();
    await see('counted');
    const number = await page.textContent('code.control');
    assert.match(number, /^([0-9A-F]{4} ){3}[0-9A-F]{4}$/);
    await page.locator('.proof details summary').click();
    const root = /root ([0-9a-f]{64})/.exec(await page.textContent('.proof .words'))[1];
    await page.click('.proof a[href^="/notice/"]');
    assert.ok(page.url().includes(cycle), 'the link leads to another notice');
    assert.equal(await page.textContent('code.control'), number, 'the notice has another control number');
    assert.equal(await page.textContent('.root'), root, 'the notice has another root');

    // Words go once it was said what goes and what stays, and only then.
    await find(receipts[i]);
    assert.ok(await says(words), 'the resident does not see the own words');
    await page.click('form.erase button');
    await see('erase');
    assert.ok((await page.innerText('.goes')).length > 9 && (await page.innerText('.stays')).length > 9, 'it is not said what goes and what stays');
    await page.click('button.second');
    assert.ok(await says(words), 'words are erased that were to be kept');
    await page.click('form.erase button');
    await page.click('button.alert');
    assert.equal(await page.locator('[role=status]').count(), 1, 'it is not said that words are erased');
    assert.ok(!await says(words), 'words are not erased');
    assert.equal(await page.locator('.counts .done').count(), 1, 'a rating without words does not count any more');
    await see('erased');
  }

  // Those of a case, by its receipt.
  const page = await (await browser.newContext({ locale: 'en' })).newPage();
  await page.goto(new URL('/receipt', site).href);
  await page.fill('[name=receipt]', caseReceipt);
  await page.click('main button');
  await page.click('form.erase button');
  await page.click('button.alert');
  await page.waitForSelector('[role=status]');
  assert.equal(await page.locator('form.erase').count(), 0, 'the words of a case can be erased twice');
} finally {
  await browser.close();
}
