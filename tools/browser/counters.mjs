// Does at a counter what a resident does, in a real browser, and checks every page
// with axe. Usage:
//
//   node counters.mjs LANG rate COUNTER_URL KIOSK_URL SCREENSHOTS   prints a receipt
//   node counters.mjs LANG mended COUNTER_URL RECEIPT SCREENSHOTS
//
// It ends with an error at the first thing that is not as it should be.
import assert from 'node:assert/strict';
import { launch, looker } from './page.mjs';

const [lang, part, counterURL, given, shots] = process.argv.slice(2);
const words = {
  'zh-CN': { served: '为您办事的是', levels: ['', '非常不满意', '不满意', '基本满意', '满意', '非常满意'], send: '提交评价', used: '今天已从此设备', done: '完成', look: '查询', undo: '撤回这条评价', undone: '评价已撤回', noted: '已记下', say: '提交', again: '提交新的评价' },
  en: { served: 'Who served you?', levels: ['', 'Very dissatisfied', 'Dissatisfied', 'Fairly satisfied', 'Satisfied', 'Very satisfied'], send: 'Send the rating', used: 'has rated here today', done: 'Done', look: 'Look it up', undo: 'Take this rating back', undone: 'Your rating is taken back', noted: 'Your answer is noted', say: 'Send', again: 'Send the new rating' },
}[lang];
const browser = await launch();
// A page in a browser that nobody has used before, on a phone; without scripts of its
// own. bypassCSP: axe is put into pages that allow no script.
const fresh = async () => (await browser.newContext({ viewport: { width: 390, height: 844 }, locale: lang, bypassCSP: true })).newPage();
const look = looker(lang, shots);
const see = (page, name, rules) => look(page, name, 390, rules);
const press = (page, name) => page.getByRole('button', { name, exact: true });
const level = (page, n) => page.getByRole('radio', { name: words.levels[n], exact: true });
const find = async (page, receipt) => {
  await page.goto(new URL('/receipt', counterURL).href);
  await page.getByRole('textbox').fill(receipt);
  await press(page, words.look).click();
};
// Rates by the page that is open, and returns the receipt.
const rate = async (page, n) => {
  await page.getByLabel(words.served).selectOption({ index: 1 });
  await level(page, n).check();
  // A double click is one rating.
  await press(page, words.send).dblclick();
  await page.waitForSelector('#receipt');
  return page.textContent('#receipt');
};

try {
  const page = await fresh();
  if (part === 'rate') {
    await page.goto(counterURL);
    await see(page, 'counter');
    const receipt = await rate(page, 1);
    await see(page, 'counter-rated');
    await page.goto(counterURL);
    await page.getByLabel(words.served).selectOption({ index: 1 });
    await level(page, 5).check();
    await press(page, words.send).click();
    assert.match(await page.textContent('[role=alert]'), new RegExp(words.used));
    await see(page, 'counter-used');

    const other = await fresh();
    await other.goto(counterURL);
    await find(other, await rate(other, 2));
    await see(other, 'receipt-undo');
    await press(other, words.undo).click();
    assert.match(await other.textContent('h1'), new RegExp(words.undone));
    await see(other, 'undone');

    const machine = await fresh();
    await machine.goto(given);
    for (const n of [4, 5]) {
      await rate(machine, n);
      const back = await machine.getAttribute('meta[http-equiv=refresh]', 'content');
      assert.ok(back.includes(new URL(given).pathname), `the kiosk goes to ${back}`);
      // The next person must not find the receipt: here the time limit is essential.
      await see(machine, 'kiosk-rated', { 'meta-refresh': { enabled: false } });
      await machine.getByRole('link', { name: words.done, exact: true }).click();
      assert.equal(await machine.locator('#receipt').count(), 0);
      await see(machine, 'kiosk');
    }
    console.log(receipt);
  } else {
    await find(page, given);
    await see(page, 'mended');
    await level(page, 4).check();
    await press(page, words.say).click();
    assert.match(await page.textContent('[role=status]'), new RegExp(words.noted));
    await see(page, 'mending-marked');
    await level(page, 5).check();
    await page.getByRole('checkbox').first().check();
    await press(page, words.again).click();
    await page.waitForSelector('#receipt');
    assert.notEqual(await page.textContent('#receipt'), given);
    await find(page, given);
    assert.equal(await page.locator('input[name=key]').count(), 0, 'a service is rated a third time');
  }
} finally {
  await browser.close();
}
