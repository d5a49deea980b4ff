// Asks on the pages of assessments what an HR officer asks, in a real browser, on a wide
// screen and on the narrowest phone, and checks every page with axe; and looks that an
// official sees the own sheet and nobody else's. Usage:
//
//   node officers.mjs LANG SITE CYCLE PUBLISHED REVIEWED SCREENSHOTS HR_TOKEN OFFICIAL_TOKEN
//
// CYCLE is scored, the cycle PUBLISHED is before it, and in REVIEWED the official has a
// colleague to review. It ends with an error at the first thing that is not as it should
// be.
import assert from 'node:assert/strict';
import { launch, looker } from './page.mjs';

const [lang, site, cycle, published, reviewed, shots, hrToken, officialToken] = process.argv.slice(2);
const look = looker(lang, shots);
const [wide, narrow] = [1200, 320];
const browser = await launch();
const signIn = async (token, options = {}) => {
  // bypassCSP: axe is put into pages that allow no script.
  const context = await browser.newContext({ viewport: { width: wide, height: 900 }, locale: lang, bypassCSP: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(new URL('/sign-in', site).href);
  await page.fill('[name=token]', token);
  await page.click('main button');
  await page.waitForURL('**/work?*');
  return page;
};
const go = async (page, path, status = 200) => {
  const answer = await page.goto(new URL(path, site).href);
  assert.equal(answer.status(), status, `${path} answers ${answer.status()}`);
};
const follow = (page, link) => Promise.all([page.waitForNavigation(), link.click()]);
const see = async (page, name) => {
  for (const width of [wide, narrow]) {
    await page.setViewportSize({ width, height: 900 });
    await look(page, `${name}-${width}`, width);
  }
  await page.setViewportSize({ width: wide, height: 900 });
  const code = /\b[A-Z]{3,}(_[A-Z]+)+\b/.exec(await page.innerText('main'));
  assert.equal(code, null, `${name} shows ${code}`);
};
// Compared: the answer that a trial of weights gives. Who is told that it is still being
// computed asks again, as the page says.
const compared = async (page, ask) => {
  for (let tries = 0; tries < 120; tries++) {
    await ask();
    if (await page.locator('#result .tiles').count() > 0) return page.textContent('.answer');
    await page.waitForTimeout(1000); // as somebody who reads that it takes a moment
  }
  throw new Error('the comparison is never computed');
};
const numbers = async (page, column) =>
  (await page.locator(`tbody tr > :nth-child(${column}) strong`).allTextContents()).map((t) => Number(t.replace('−', '-')));
const sorted = (list, by) => assert.deepEqual(list, [...list].sort(by), `not in order: ${list}`);
const base = `/work/cycles/${cycle}`;

try {
  const hr = await signIn(hrToken);
  await go(hr, '/work/cycles');
  await see(hr, 'cycles');
  await follow(hr, hr.locator(`.card a[href*="${cycle}"]`));
  await see(hr, 'overview');
  assert.equal(await hr.locator('.chart svg').count(), 2, 'a chart is missing');

  // Who improved most?
  await follow(hr, hr.locator('.questions a').nth(0));
  await see(hr, 'improved');
  const gains = await numbers(hr, 3);
  sorted(gains, (a, b) => b - a);
  assert.ok(gains[0] > 20 && await hr.locator('tbody tr').first().locator('.badge.good').count() > 0, 'nobody improved beyond chance');
  await follow(hr, hr.locator('.pages .button'));
  const next = await numbers(hr, 3);
  assert.ok(next.length === 25 && next[0] <= gains.at(-1) && next[0] > 0, 'the next page does not go on');

  // Who is unsung?
  await go(hr, base);
  await follow(hr, hr.locator('.questions a').nth(1));
  await see(hr, 'unsung');
  const gaps = await numbers(hr, 3);
  sorted(gaps, (a, b) => a - b);
  assert.ok(gaps[0] <= -50, 'nobody is unsung');

  // Why this score? The parts add up to it as it is printed.
  const name = await hr.locator('tbody th a').first().textContent();
  await hr.fill('[name=search]', name);
  await follow(hr, hr.locator('form.inline button'));
  assert.ok((await hr.locator('tbody th a').allTextContents()).every((n) => n.includes(name)), 'a search finds others');
  await follow(hr, hr.locator('tbody th a').first());
  await see(hr, 'sheet');
  const own = new URL(hr.url()).pathname;
  const points = (await hr.locator('section[aria-labelledby=why] tbody td').allTextContents()).map((t) => Math.round(100 * Number(t.replace('−', '-'))));
  const composite = Math.round(100 * Number((await hr.locator('.tiles .lead dd').innerText()).split('\n')[0]));
  assert.equal(points.reduce((a, b) => a + b), composite, 'the parts do not add up');
  await go(hr, `${base}/officials?order=COMPOSITE_DESC`);
  await follow(hr, hr.locator('tr', { has: hr.locator('td:last-child .badge.good') }).first().locator('th a'));
  assert.ok(await hr.locator('main > p.hint').count() > 0, 'no quota stands beside a proposed grade');
  const pdf = await hr.request.get(new URL(`${own}/sheet.pdf`, site).href);
  assert.match((await pdf.body()).subarray(0, 5).toString(), /^%PDF-/);
  const csv = await (await hr.request.get(new URL(`${base}/report/csv`, site).href)).text();
  assert.ok(csv.split('\n').length > 300, 'the file lacks officials');
  assert.equal((await hr.request.get(new URL(`${base}/report/doc`, site).href)).status(), 404);

  // What if peer review weighed half? By a button, and by moving a weight.
  await go(hr, base);
  await follow(hr, hr.locator('.questions a').nth(3));
  await compared(hr, () => follow(hr, hr.locator('button[value=HALF]')));
  assert.equal(await hr.inputValue('[name=PEER_REVIEW]'), '50');
  await see(hr, 'what-if');
  const live = await compared(hr, async () => {
    await hr.locator('[name=PEER_REVIEW]').fill('95');
    await Promise.all([hr.waitForResponse((r) => r.request().method() === 'POST'), hr.locator('[name=PEER_REVIEW]').fill('100')]);
    await hr.waitForFunction(() => !document.querySelector('[aria-busy]'));
  });
  // Without scripts the button does it, and gives the same.
  const plain = await signIn(hrToken, { javaScriptEnabled: false });
  await go(plain, `${base}/what-if?SATISFACTION=${await hr.inputValue('[name=SATISFACTION]')}&OUTCOMES=${await hr.inputValue('[name=OUTCOMES]')}&PEER_REVIEW=100&PRACTICAL_WORK=${await hr.inputValue('[name=PRACTICAL_WORK]')}`);
  assert.equal(await compared(plain, () => follow(plain, plain.locator('form.weights button').last())), live, 'the script shows something else than the button');

  // The same question about another cycle is a question of its own.
  await go(plain, `/work/cycles/${published}/what-if`);
  await compared(plain, () => follow(plain, plain.locator('button[value=HALF]')));
  assert.equal(await plain.locator('main dl.tiles').count(), 1, 'the same weights cannot be tried on another cycle');

  // An official sees the own sheet once it is published, and nothing of others.
  const official = await signIn(officialToken);
  await go(official, '/work/cycles');
  await see(official, 'own-cycles');
  const sheet = (of) => official.locator(`.card a[href*="${of}"]`);
  await follow(official, sheet(cycle));
  assert.equal(await official.locator('.tiles').count(), 0, 'an official sees a result that is not published');
  await go(official, '/work/cycles');
  await follow(official, sheet(published));
  await see(official, 'own-sheet');
  assert.equal(await official.locator('section[aria-labelledby=why]').count(), 1, 'an official does not see why');
  for (const path of ['', '/officials', '/what-if', '/rounds', '/participation', '/report/csv']) await go(official, base + path, 403);
  await go(hr, `${base}/officials?order=SHOWCASE_GAP_DESC`);
  const neighbour = await hr.locator('tbody th a').first().getAttribute('href');
  await go(official, neighbour, 404);
  assert.equal((await official.request.get(new URL(neighbour.replace('?', '/sheet.pdf?'), site).href)).status(), 404);
  // Who was asked, who reviews whom, and a review that is kept and then handed in.
  await go(hr, `${base}/participation`);
  await see(hr, 'participation');
  await go(hr, `/work/cycles/${reviewed}/rounds`);
  await see(hr, 'rounds');
  await go(official, '/work');
  const duty = (await official.locator('#reviews ~ ul li').filter({ hasText: `round ${lang}` }).locator('a').getAttribute('href'));
  await go(official, duty);
  await see(official, 'review');
  const first = official.locator('fieldset.levels').first();
  await first.locator('[value="4"]').check();
  await follow(official, official.locator('button[value=keep]'));
  assert.equal(await official.locator('[role=status]').count(), 1, 'it is not said that a draft is kept');
  await go(official, duty);
  assert.ok(await first.locator('[value="4"]').isChecked(), 'a draft is lost');
  for (const question of await official.locator('fieldset.levels').all()) await question.locator('[value="5"]').check();
  await follow(official, official.locator('button[value=send]'));
  await go(official, duty, 404);
  await go(hr, `/work/cycles/${reviewed}/rounds`);
  await hr.locator('details summary').click();
  await follow(hr, hr.locator('details button'));
  assert.equal(await hr.locator('details').count(), 0, 'a round that is over can be ended');

  // The notice, an objection to it, and its decision.
  const stranger = await (await browser.newContext({ locale: lang, bypassCSP: true })).newPage();
  await go(stranger, `/notice/${cycle}`, 404);
  await go(stranger, `/notice/${published}`);
  await see(stranger, 'notice');
  await stranger.selectOption('[name=official]', { index: 1 });
  await stranger.fill('[name=grounds]', `grounds of ${lang}`);
  await follow(stranger, stranger.locator('section[aria-labelledby=object] button'));
  const receipt = await stranger.textContent('#receipt');
  await stranger.fill('[name=receipt]', receipt);
  await follow(stranger, stranger.locator('section[aria-labelledby=follow] button'));
  await see(stranger, 'notice-objection');
  assert.equal(await stranger.locator('section[aria-labelledby=standing]').count(), 1, 'a receipt shows nothing');
  const objections = `/work/cycles/${published}/objections`;
  await go(official, objections);
  assert.ok(!(await official.textContent('main')).includes(`grounds of ${lang}`), 'an official sees an objection to another');
  await see(official, 'own-objections');
  await go(hr, objections);
  await see(hr, 'objections');
  const links = await hr.locator('.card a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
  for (const link of links) {
    await go(hr, link);
    if ((await hr.textContent('main')).includes(`grounds of ${lang}`)) break;
  }
  const objection = hr.url();
  await see(hr, 'objection');
  await go(official, objection, 404);
  await hr.locator('[name=upheld][value=no]').check();
  await hr.locator('[name=decision]').fill('the grade stands');
  await hr.locator('[name=reason]').first().fill('the facts are others');
  await follow(hr, hr.locator('section[aria-labelledby=decide] button').first());
  assert.equal(await hr.locator('[role=alert]').count(), 0, await hr.textContent('main'));
  assert.equal(await hr.locator('section[aria-labelledby=decide]').count(), 0, 'an objection can be decided twice');
  await go(stranger, base);
  assert.match(stranger.url(), /sign-in/);
} finally {
  await browser.close();
}
