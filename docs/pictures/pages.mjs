// Takes the README's pictures of the pages from a running demo, in the sizes in which
// they are shown:
//
//   go run ./server demo > demo.env          # in another terminal
//   export $(grep -E '^(RATING_URL|OFFICIAL_TOKEN|HR_TOKEN|AUDITOR_TOKEN|ADMIN_TOKEN|CYCLE_ID)=' demo.env)
//   node docs/pictures/pages.mjs docs/images
//   go run ./docs/pictures palette docs/images/*.png
//
// It needs `npm ci` in tools/browser.
import { join } from 'node:path';
import { launch } from '../../tools/browser/page.mjs';

const folder = process.argv[2];
const { RATING_URL: rating, OFFICIAL_TOKEN: token, HR_TOKEN: hrToken, AUDITOR_TOKEN: auditorToken, ADMIN_TOKEN: adminToken, CYCLE_ID: cycle } = process.env;
const browser = await launch();
const phone = async () => (await browser.newContext({ viewport: { width: 390, height: 780 }, locale: 'en', colorScheme: 'light' })).newPage();
const take = (page, name, fullPage = false) => page.screenshot({ path: join(folder, `${name}-en.png`), fullPage });
const go = (page, path) => page.goto(new URL(path, rating).href);
const ask = async (query) => {
  const answer = await fetch(new URL('/graphql', rating), {
    method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }, body: JSON.stringify({ query }),
  });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
};
try {
  const resident = await phone();
  await resident.goto(rating);
  await take(resident, 'rate');

  const official = await phone();
  await go(official, '/sign-in');
  await official.fill('[name=token]', token);
  await official.click('main button');
  const unit = (await official.locator('main > p.hint').textContent()).trim();
  await go(official, '/work/encounters/new');
  await official.selectOption('[name=service]', { index: 1 });
  await official.click('main button');
  await take(official, 'link');

  await go(resident, '/case/new');
  await resident.fill('[name=title]', 'The stairs are dark');
  await resident.fill('[name=description]', 'The lamp on the third floor has been out for a week.');
  await resident.fill('[name=place]', '5 Lamp Lane');
  await take(resident, 'problem');

  // The same problem, brought to the official's own unit: only the API names one.
  const { unit: { id } } = (await ask('{ me { unit { id } } }')).me;
  const { receipt } = (await ask(`mutation { openCase(input: {unitId: "${id}", title: "The stairs are dark",
    description: "The lamp on the third floor has been out for a week.", place: "5 Lamp Lane"}) { receipt } }`)).openCase;
  await go(official, '/work');
  await official.getByRole('link', { name: 'The stairs are dark' }).last().click();
  for (const action of ['ACCEPT', 'ASSIGN', 'START']) {
    await official.click(`form[action$="/${action}"] button`);
  }
  await take(official, 'work-case', true);
  const address = official.url();
  await go(official, '/work');
  await take(official, 'work');
  await official.goto(address);
  const form = official.locator('form[action$="/RESOLVE"]');
  await official.locator('details', { has: form }).locator('summary').click();
  await form.locator('[name=reason]').fill('A new lamp is in.');
  await form.locator('button').click();
  await go(resident, '/receipt');
  await resident.fill('[name=receipt]', receipt);
  await resident.click('main button');
  await take(resident, 'case', true);
  console.log(`pictures of ${unit}`);

  // The four questions of an HR officer.
  const desk = { viewport: { width: 1160, height: 760 }, locale: 'en', colorScheme: 'light' };
  const hr = await (await browser.newContext(desk)).newPage();
  await go(hr, '/sign-in');
  await hr.fill('[name=token]', hrToken);
  await hr.click('main button');
  await hr.waitForURL('**/work?*');
  const report = `/work/cycles/${cycle}`;
  await go(hr, report);
  await take(hr, 'hr-overview', true);
  const part = async (name, from, height) => {
    const { y } = await hr.locator(from).boundingBox();
    await hr.screenshot({ path: join(folder, `${name}-en.png`), fullPage: true, clip: { x: 0, y: Math.max(0, y - 6), width: desk.viewport.width, height } });
  };
  await go(hr, `${report}/officials?order=IMPROVEMENT_DESC`);
  await part('hr-improved', 'h1', 900);
  await go(hr, `${report}/officials?order=SHOWCASE_GAP_ASC`);
  await part('hr-unsung', 'h1', 900);
  await Promise.all([hr.waitForNavigation(), hr.locator('tbody th a').first().click()]);
  await part('hr-why', 'h1', 1080);
  await part('hr-evidence', '#moved', 1240);
  await go(hr, `${report}/what-if`);
  await Promise.all([hr.waitForNavigation(), hr.click('button[value=HALF]')]);
  await part('hr-what-if', 'h1', 1080);
  await go(hr, `${report}/flags?kind=HAND_PICKED`);
  await Promise.all([hr.waitForNavigation(), hr.locator('tbody th a').first().click()]);
  await part('hr-doubt', 'h1', 1110);

  // What an auditor reads.
  const auditor = await (await browser.newContext(desk)).newPage();
  await go(auditor, '/sign-in');
  await auditor.fill('[name=token]', auditorToken);
  await auditor.click('main button');
  await auditor.waitForURL('**/work?*');
  await go(auditor, '/work/audit');
  await auditor.screenshot({ path: join(folder, 'audit-trail-en.png'), fullPage: true, clip: { x: 0, y: 0, width: desk.viewport.width, height: 1120 } });

  // What an administrator does: an account of the demo's.
  const admin = await (await browser.newContext(desk)).newPage();
  await go(admin, '/sign-in');
  await admin.fill('[name=token]', adminToken);
  await admin.click('main button');
  await admin.waitForURL('**/work?*');
  await go(admin, '/work/accounts?search=demo-auditor');
  await Promise.all([admin.waitForNavigation(), admin.locator('tbody th a').first().click()]);
  await admin.screenshot({ path: join(folder, 'account-en.png'), fullPage: true });
} finally {
  await browser.close();
}
