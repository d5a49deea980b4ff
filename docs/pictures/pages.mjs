// Takes the README's pictures of the pages from a running demo, in the sizes in which
// they are shown:
//
//   go run ./server demo > demo.env          # in another terminal
//   export $(grep -E '^(RATING_URL|OFFICIAL_TOKEN)=' demo.env)
//   node docs/pictures/pages.mjs docs/images
//
// It needs `npm ci` in tools/browser.
import { join } from 'node:path';
import { launch } from '../../tools/browser/page.mjs';

const folder = process.argv[2];
const { RATING_URL: rating, OFFICIAL_TOKEN: token } = process.env;
const browser = await launch();
const phone = async () => (await browser.newContext({ viewport: { width: 390, height: 780 }, locale: 'en', colorScheme: 'light' })).newPage();
const take = (page, name) => page.screenshot({ path: join(folder, `${name}-en.png`) });
const go = (page, path) => page.goto(new URL(path, rating).href);
try {
  const resident = await phone();
  await resident.goto(rating);
  await take(resident, 'rate');
  await resident.check('[name=level][value="2"]');
  await resident.fill('[name=comment]', 'An hour in the queue: one more window, please.');
  await resident.click('main button');
  await take(resident, 'rated');

  const official = await phone();
  await go(official, '/sign-in');
  await official.fill('[name=token]', token);
  await official.click('main button');
  const unit = (await official.locator('main > p.hint').textContent()).trim();
  await go(official, '/work/encounters/new');
  await official.selectOption('[name=service]', { index: 1 });
  await official.click('main button');
  await take(official, 'link');

  // A problem is brought, and worked on as far as there is somebody to do it.
  await go(resident, '/case/new');
  await resident.fill('[name=title]', 'The stairs are dark');
  await resident.fill('[name=description]', 'The lamp on the third floor has been out for a week.');
  await resident.fill('[name=place]', '5 Lamp Lane');
  await take(resident, 'problem');
  await go(official, '/work');
  await take(official, 'work');
  await official.locator('.card a').first().click();
  await take(official, 'work-case');
  console.log(`pictures of ${unit}`);
} finally {
  await browser.close();
}
