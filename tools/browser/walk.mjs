// Walks the whole life of a rating and of a case through the pages, as three officials,
// an HR officer and a resident, each in a browser of their own on the narrowest phone; every page is
// checked with axe. Usage:
//
//   node walk.mjs LANG SITE CLOCK SCREENSHOTS CLERK_TOKEN REPLY_TOKEN KEEPER_TOKEN CATEGORY NEIGHBOURS HR_TOKEN KEEPER
//
// A POST to CLOCK/HOURS moves the server's clock, does what is done beside requests,
// and answers with how much evidence an assessment reads. It ends with an error at the
// first thing that is not as it should be.
import assert from 'node:assert/strict';
import { launch, looker } from './page.mjs';

const [lang, site, clock, shots, clerkToken, replyToken, keeperToken, category, neighbours, personnelToken, keeperName] = process.argv.slice(2);
const look = looker(lang, shots);
const narrow = 320;
const browser = await launch();
const person = async () => {
  // bypassCSP: axe is put into pages that allow no script.
  const context = await browser.newContext({ viewport: { width: narrow, height: 640 }, locale: lang, bypassCSP: true });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  return page;
};
const later = async (hours) => (await fetch(`${clock}/${hours}`, { method: 'POST' })).json();
const go = (page, path) => page.goto(new URL(path, site).href);
const says = async (page, words) => {
  const text = await page.textContent('body');
  assert.ok(text.includes(words), `${page.url()} does not say ${words}: ${text}`);
};
// No page shows a word of the API in place of a sentence.
const see = async (page, name) => {
  await look(page, name, narrow);
  const code = /\b[A-Z]{3,}(_[A-Z]+)+\b/.exec(await page.innerText('main'));
  assert.equal(code, null, `${name} shows ${code}`);
};
const signIn = async (token) => {
  const page = await person();
  await go(page, '/sign-in');
  await page.fill('[name=token]', token);
  await page.click('main button');
  await page.waitForURL('**/work?*');
  return page;
};
const send = async (page, action) => {
  await page.click(`main form[action*="${action}"] button`);
  assert.equal(await page.locator('[role=alert]').count(), 0, `${action}: ${await page.locator('[role=alert]').allTextContents()}`);
};
// A step that needs words stands folded.
const step = async (page, action, fill) => {
  const form = page.locator(`form[action$="/${action}"]`);
  await page.locator('details', { has: form }).locator('summary').click();
  await fill(form);
  await form.locator('button').click();
};
const byReceipt = async (page, receipt) => {
  await go(page, '/receipt');
  await page.fill('[name=receipt]', receipt);
  await page.click('main button');
};

try {
  const start = await later(0);

  // Who has not signed in, or not with a token that holds, sees no work.
  const stranger = await person();
  await go(stranger, '/work');
  await see(stranger, 'sign-in');
  await stranger.fill('[name=token]', 'not.a.token');
  await stranger.click('main button');
  assert.equal(await stranger.locator('[role=alert]').count(), 1);
  await see(stranger, 'sign-in-refused');

  // An encounter, its code, and a bad rating with a wish to be called.
  const clerk = await signIn(clerkToken);
  await see(clerk, 'work');
  const [cookie] = (await clerk.context().cookies(new URL('/work', site).href)).filter((c) => c.name === 'steelyard_session');
  assert.ok(cookie.httpOnly && cookie.sameSite === 'Strict' && cookie.path === '/work', 'the session is not kept as it should be');
  await go(clerk, '/work/encounters/new');
  await see(clerk, 'encounter');
  await clerk.selectOption('[name=service]', { index: 1 });
  await clerk.click('main button');
  await see(clerk, 'link');
  assert.ok(await clerk.locator('.code img').evaluate((i) => i.complete && i.naturalWidth > 100), 'there is no code to scan');
  const link = await clerk.textContent('#link');
  const resident = await person();
  await resident.goto(link);
  await resident.check('[name=level][value="1"]');
  await resident.fill('[name=comment]', 'waited-all-morning');
  await resident.fill('[name=contact]', '555-0100');
  await resident.click('main button');
  const receipt = await resident.textContent('#receipt');
  assert.equal((await later(24)).Ratings, start.Ratings + 1, 'a rating does not count');

  // The reply officer answers, and nobody else reads it.
  const officer = await signIn(replyToken);
  await says(officer, 'waited-all-morning');
  await says(officer, '555-0100');
  await see(officer, 'owed');
  await officer.fill('[name=text]', ' ');
  await officer.click('main form button');
  assert.equal(await officer.locator('[role=alert]').count(), 1, 'an empty reply is taken');
  await officer.fill('[name=text]', 'we-are-sorry');
  await send(officer, '/work/replies/');
  await officer.fill('[name=text]', 'a-second-window');
  await send(officer, '/work/replies/');
  await see(officer, 'nothing-owed');
  await go(clerk, '/work');
  assert.ok(!(await clerk.textContent('body')).includes('waited-all-morning'), 'the rated official reads the rating');
  await byReceipt(resident, receipt);
  await says(resident, 'we-are-sorry');
  await says(resident, 'a-second-window');
  await see(resident, 'replied');
  await resident.check('[name=level][value="4"]');
  await send(resident, '/receipt/mended');
  assert.equal(await resident.locator('form[action="/receipt/mended"]').count(), 0, 'a mending is rated twice');

  // A problem finds its unit, which offers it to another in vain.
  await go(resident, '/case/new');
  await resident.fill('[name=title]', 'the-pump-hums');
  await resident.fill('[name=description]', 'All night long.');
  await resident.selectOption('[name=category]', category);
  await resident.click('main button');
  const problem = await resident.textContent('#receipt');
  const opened = await later(0);
  assert.equal(opened.Cases, start.Cases + 1, 'a case does not count');
  const keeper = await signIn(keeperToken);
  await keeper.getByRole('link', { name: 'the-pump-hums' }).click();
  await see(keeper, 'case-new');
  const address = new URL(keeper.url()).pathname;
  await send(keeper, '/ACCEPT');
  await step(keeper, 'TRANSFER', async (form) => {
    await form.locator('[name=unit]').selectOption({ label: neighbours });
    await form.locator('[name=reason]').fill('theirs');
  });
  await see(keeper, 'case-offered');
  assert.equal(await keeper.locator('dl.facts').getByText('theirs').count(), 1, 'the offer is not shown');
  await go(clerk, '/work');
  await clerk.getByRole('link', { name: 'the-pump-hums' }).click();
  await step(clerk, 'DECIDE_TRANSFER', (form) => form.locator('[name=yes][value=no]').check());
  assert.equal(await clerk.locator('[role=alert]').count(), 1, 'an offer is refused without a reason');
  await see(clerk, 'refusal-without-reason');
  const offered = await later(0);
  await later(72);
  await go(clerk, address);
  await see(clerk, 'not-ours');
  const lapsed = await later(0);
  assert.equal(lapsed.CaseEvents, offered.CaseEvents + 1, 'the end of an offer does not count');

  // It falls back, is worked on, denied, mediated and at last confirmed.
  const personnel = await signIn(personnelToken);
  await go(personnel, address);
  await personnel.locator('[name=official]').selectOption({ label: keeperName });
  await see(personnel, 'case-to-give');
  await send(personnel, '/ASSIGN');
  await says(personnel, keeperName);
  await go(keeper, address);
  await send(keeper, '/START');
  assert.equal(await keeper.locator('form[action$="/ASSIGN"]').count(), 0, 'who has the case is asked to take it on');
  await step(keeper, 'HOLD', (form) => form.locator('[name=reason]').fill('a part is on its way'));
  await send(keeper, '/RESUME');
  await step(keeper, 'RESOLVE', (form) => form.locator('[name=reason]').fill('pump-oiled'));
  await byReceipt(resident, problem);
  await says(resident, 'pump-oiled');
  await resident.check('[name=solved][value=no]');
  await send(resident, '/receipt/word');
  await go(keeper, '/work');
  await see(keeper, 'work-reopened');
  await go(keeper, address);
  await step(keeper, 'MEDIATE', (form) => form.locator('[name=mediator]').fill('Lawyer Li'));
  await byReceipt(resident, problem);
  await see(resident, 'mediator');
  await resident.check('[name=agree][value=yes]');
  await send(resident, '/receipt/mediation');
  await go(keeper, address);
  await step(keeper, 'END_MEDIATION', async (form) => {
    await form.locator('[name=yes][value=yes]').check();
    await form.locator('[name=reason]').fill('a-new-pump-by-May');
  });
  await see(keeper, 'mediated');
  await byReceipt(resident, problem);
  await says(resident, 'a-new-pump-by-May');
  await resident.check('[name=agree][value=yes]');
  await send(resident, '/receipt/mediation');
  await resident.check('[name=solved][value=yes]');
  await resident.check('[name=satisfaction][value="5"]');
  await send(resident, '/receipt/word');
  await see(resident, 'case-confirmed');
  const end = await later(0);
  assert.equal(end.Cases, start.Cases + 1, 'the case counts otherwise than once');
  assert.equal(end.CaseMarks, start.CaseMarks + 1, "the resident's mark of the case does not count");
  assert.equal(end.Ratings, start.Ratings + 1, 'the rating counts otherwise than once');
  assert.ok(end.CaseEvents > lapsed.CaseEvents + 5, 'the steps do not count');
  await go(keeper, address);
  await see(keeper, 'case-done');
  assert.equal(await keeper.locator('main form').count(), 0, 'something can be done with a case that is over');

  // A deed, and the end of the day.
  await go(clerk, '/work/deeds/new');
  await see(clerk, 'deed');
  await clerk.fill('[name=title]', 'carried coal');
  await clerk.click('main button');
  await see(clerk, 'deed-code');
  const code = await clerk.textContent('#receipt');
  await go(clerk, '/work');
  await says(clerk, 'carried coal');
  await go(resident, '/deed');
  await see(resident, 'help');
  await resident.fill('[name=receipt]', code);
  await resident.check('[name=done][value=yes]');
  await send(resident, '/deed');
  await says(resident, 'carried coal');
  assert.equal((await later(0)).Deeds, end.Deeds + 1, 'a confirmed deed does not count');
  await go(clerk, '/work');
  assert.ok(!(await clerk.textContent('body')).includes('carried coal'), 'a confirmed deed still waits');
  await clerk.click('nav button');
  await go(clerk, '/work');
  assert.match(clerk.url(), /sign-in/, 'who has signed out is still in');
} finally {
  await browser.close();
}
