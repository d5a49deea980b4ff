// Signs in by the organisation's provider, which stands at another site, in a real browser, and does
// what an administrator does with accounts: finds, makes, disables and enables one and takes
// its token back. Every page is checked with axe on a wide screen and on the narrowest phone.
// Usage:
//
//   node accounts.mjs SITE SCREENSHOTS UNIT
//
// It goes in Chinese, and looks at every page in English besides. The provider proves an administrator; UNIT is a unit's id; "li.wei" has an account with a token.
import assert from 'node:assert/strict';
import { launch, looker } from './page.mjs';

const [site, shots, unit] = process.argv.slice(2);
const lang = 'zh-CN';
const [look, lookInEnglish] = [looker(lang, shots), looker('en', shots)];
const browser = await launch();

try {
  // bypassCSP: axe is put into pages that allow no script.
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, locale: lang, bypassCSP: true });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const press = (button) => Promise.all([page.waitForNavigation(), button.click()]);
  const see = async (name, english = true) => {
    for (const width of [1200, 320]) {
      await page.setViewportSize({ width, height: 900 });
      await look(page, `${name}-${width}`, width);
    }
    const here = page.url();
    const other = page.locator('header a.lang');
    if (english && await other.count() > 0) {
      await press(other);
      await lookInEnglish(page, `${name}-320`, 320);
      await page.setViewportSize({ width: 1200, height: 900 });
      if (shots !== '') await lookInEnglish(page, `${name}-1200`, 1200);
      await page.goto(here);
    }
    await page.setViewportSize({ width: 1200, height: 900 });
  };

  // Who wants a page is asked to sign in, and comes to that page.
  await page.goto(new URL(`/work/accounts?lang=${lang}`, site).href);
  await see('sign-in');
  await page.locator('main a.button').click();
  await page.waitForURL('**/work/accounts?*');
  const cookies = await context.cookies();
  const session = cookies.find((c) => c.name === 'steelyard_session');
  assert.ok(session.httpOnly && session.sameSite === 'Strict' && session.path === '/work', JSON.stringify(session));
  assert.ok(!cookies.some((c) => c.name === 'steelyard_signin'), 'the way to the provider is remembered');
  await see('accounts');

  await page.fill('[name=search]', 'LI.WEI');
  await press(page.locator('form.inline button'));
  assert.equal(await page.locator('tbody tr').count(), 1);
  await press(page.locator('tbody a'));
  await see('account');
  const tokens = page.locator('section[aria-labelledby=tokens] form');
  await tokens.locator('[name=reason]').fill('lost');
  await press(tokens.locator('button'));
  assert.equal(await tokens.count(), 0, 'the token can be taken back twice');
  assert.ok(await page.locator('[role=status]').isVisible());
  const stop = page.locator('section[aria-labelledby=stop] form');
  for (const disabled of [1, 0]) {
    await stop.locator('[name=reason]').fill('left, and came back');
    await press(stop.locator('button'));
    assert.equal(await page.locator('.facts .badge.warn').count(), disabled);
  }

  await press(page.locator('.crumbs a'));
  await press(page.locator('main p a.button'));
  await page.selectOption('[name=unit]', unit);
  await press(page.locator('form.inline button'));
  await page.fill('[name=subject]', 'wang.fang');
  await page.fill('[name=name]', '王芳');
  await page.selectOption('[name=role]', 'OFFICIAL');
  await page.fill('form.sheet [name=reason]', 'new at the window');
  await press(page.locator('form.sheet button'));
  assert.ok(await page.locator('[role=alert]').isVisible(), 'an official who is nobody is made');
  assert.equal(await page.getAttribute('#official', 'aria-invalid'), 'true', 'nothing says what is missing');
  assert.equal(await page.inputValue('[name=subject]'), 'wang.fang', 'what was written is gone');
  await see('account-new', false); // it was posted
  await page.selectOption('[name=official]', { index: 1 });
  await page.fill('form.sheet [name=reason]', 'new at the window');
  await press(page.locator('form.sheet button'));
  assert.equal(await page.textContent('h1'), '王芳');

  // Nobody changes their own.
  await page.goto(new URL(`/work/accounts?lang=${lang}&search=u-17`, site).href);
  await press(page.locator('tbody a'));
  assert.equal(await page.locator('main form').count(), 0, 'the own account can be changed');

  await press(page.locator('nav form button'));
  assert.ok(await page.locator('main a[href*="/bye"]').isVisible(), 'there is no way to sign out of the provider');
  await page.goto(new URL('/work/accounts', site).href);
  assert.ok(page.url().includes('/sign-in'), 'the session goes on');
  await context.close();
} finally {
  await browser.close();
}
