// Goes through the doubts about the evidence of a cycle in a real browser, as the HR
// officers who decide, the official concerned and an auditor, who then reads of it in the
// audit trail, and looks at every page with axe in both languages, on a wide screen and on the narrowest phone. Usage:
//
//   node auditors.mjs SITE CYCLE SCREENSHOTS CHAINER HR_TOKEN HR_TOKEN_2 AUDITOR_TOKEN OFFICIAL_TOKEN
//
// CYCLE is published, and of two doubts in it that of the picked invitations is about the
// official. CHAINER chains what was done when it is asked. It ends with an error at the first thing that is not as it should be.
import assert from 'node:assert/strict';
import { launch, looker } from './page.mjs';

const [site, cycle, shots, chainer, ...tokens] = process.argv.slice(2);
const [wide, narrow] = [1200, 320];
const browser = await launch();
const signIn = async (token) => {
  // bypassCSP: axe is put into pages that allow no script.
  const context = await browser.newContext({ viewport: { width: wide, height: 900 }, locale: 'en', bypassCSP: true });
  await context.addCookies([{ name: 'steelyard_session', value: token, url: new URL('/work', site).href }]);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  return page;
};
const go = async (page, path, status = 200) => {
  const answer = await page.goto(new URL(path, site).href);
  assert.equal(answer.status(), status, `${path} answers ${answer.status()}`);
};
const follow = (page, link) => Promise.all([page.waitForNavigation(), link.click()]);
const see = async (page, name) => {
  const here = new URL(page.url());
  for (const lang of ['zh-CN', 'en']) {
    here.searchParams.set('lang', lang);
    await go(page, here.href);
    for (const width of [wide, narrow]) {
      await page.setViewportSize({ width, height: 900 });
      await looker(lang, shots)(page, `${name}-${width}`, width);
    }
    await page.setViewportSize({ width: wide, height: 900 });
    const code = /\b[A-Z]{3,}(_[A-Z]+)+\b/.exec(await page.innerText('main'));
    assert.equal(code, null, `${name} shows ${code}`);
  }
};
const form = (page, step) => page.locator(`form:has([name=do][value="${step}"])`);
const decide = async (page, step, is, reason) => {
  if (is) await form(page, step).locator(`[name=is][value=${is}]`).check();
  await form(page, step).locator('[name=reason]').fill(reason);
  await follow(page, form(page, step).locator('button'));
  assert.equal(await page.locator('[role=alert]').count(), 0, await page.innerText('main'));
  assert.equal(await page.locator('[role=status]').count(), 1, 'it is not said that it is done');
  assert.ok((await page.innerText('main')).includes(reason), 'a reason is lost');
};
const base = `/work/cycles/${cycle}/flags`;

try {
  const [hr, second, auditor, official] = await Promise.all(tokens.map(signIn));

  // HR sees what is doubted, narrows it, and decides.
  await go(hr, `/work/cycles/${cycle}`);
  await follow(hr, hr.locator(`.tabs a[href*="${base}"]`));
  assert.equal(await hr.locator('tbody tr').count(), 2, 'a doubt is missing');
  await see(hr, 'flags');
  await hr.selectOption('[name=kind]', 'BURST');
  await follow(hr, hr.locator('form.inline button'));
  assert.equal(await hr.locator('tbody tr').count(), 1, 'a kind finds others');
  await follow(hr, hr.locator('tbody th a'));
  assert.equal(await hr.locator('.tiles dd').count(), 3, 'the effect on the score is not told');
  await go(hr, `${base}?kind=HAND_PICKED`);
  await follow(hr, hr.locator('tbody th a'));
  const picked = new URL(hr.url()).pathname;
  assert.equal(await hr.locator('svg.shares').count(), 2, 'shares are not drawn');
  await see(hr, 'flag');
  await decide(hr, 'decide', 'yes', 'the counter had a printer');
  assert.equal(await form(hr, 'decide').count(), 0, 'a doubt can be decided twice');

  // The official concerned reads it and appeals; of others' doubts there is nothing.
  await go(official, base);
  assert.equal(await official.locator('tbody tr').count(), 1, 'an official sees what is another\'s');
  await follow(official, official.locator('tbody th a'));
  assert.equal(await official.locator('p.done').count(), 0, 'an official is told that the run was replaced');
  await see(official, 'own-flag');
  await decide(official, 'appeal', null, 'the printer was broken');
  assert.equal(await form(official, 'appeal').count(), 0, 'one can appeal twice');

  // Another person than the one who confirmed it decides on the appeal.
  await go(hr, picked);
  assert.equal(await hr.locator('form.sheet').count(), 0, 'who confirmed a doubt decides on the appeal');
  await go(auditor, picked);
  assert.equal(await auditor.locator('form.sheet').count(), 0, 'an auditor decides');
  await go(second, `${base}?state=appealed`);
  assert.equal(await second.locator('tbody tr').count(), 1, 'an appeal that waits is not found');
  await follow(second, second.locator('tbody th a'));
  await decide(second, 'decide-appeal', 'yes', 'the repair is on record');
  await go(official, picked);
  assert.ok((await official.innerText('main')).includes('the repair is on record'), 'the official does not learn why');
  await go(official, `${base}?state=confirmed`);
  assert.equal(await official.locator('tbody tr').count(), 0, 'a doubt outlives its appeal');
  await go(hr, `${base}?kind=NONE`, 404);

  // All of that stands in the trail, which auditors alone read: narrowed, and as a file.
  await fetch(new URL('/', chainer), { method: 'POST' });
  await go(hr, '/work/audit', 403);
  await go(hr, '/work/audit/trail.csv', 403);
  await go(auditor, '/work');
  await follow(auditor, auditor.locator('nav a[href^="/work/audit"]'));
  assert.equal(await auditor.locator('.tiles .badge.good').count(), 1, 'it is not said that the chain holds');
  assert.match(await auditor.locator('.keep code').textContent(), /^[0-9]+:[0-9a-f]{64}$/);
  await see(auditor, 'trail');
  await auditor.selectOption('[name=action]', 'decideFlag');
  await follow(auditor, auditor.locator('form.inline button'));
  assert.equal(await auditor.locator('tbody tr').count(), 1, 'a search finds others');
  const line = await auditor.locator('tbody tr').innerText();
  for (const said of ['Decided on a doubt', 'Invitations picked by hand', 'confirmed', 'hr']) assert.ok(line.includes(said), `${line} lacks ${said}`);
  const file = new URL((await auditor.locator('.files a').getAttribute('href')), site);
  const rows = (await (await auditor.request.get(file.href)).text()).trim().split('\n');
  assert.ok(rows.length === 2 && rows[0].startsWith('block,position,id,at,actor') && rows[1].includes(',decideFlag,IntegrityFlag,'), rows.join('\n'));
  await follow(auditor, auditor.locator('tbody th a'));
  assert.equal(await auditor.locator('tbody tr').count(), 3, 'not all that was done to a doubt is found');
  await go(auditor, '/work/audit?record=nonsense', 422);
  await go(auditor, '/work/audit?from=2099-01-01');
  assert.equal(await auditor.locator('tbody tr').count(), 0, 'a day finds others');
} finally {
  await browser.close();
}
