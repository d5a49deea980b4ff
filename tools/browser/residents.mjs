// Does on the pages what a resident does, in a real browser, as a person sees
// them, and checks every page with axe. Usage:
//
//   node residents.mjs LANG RATING_URL CASE_RECEIPT SCREENSHOTS
//
// It ends with an error at the first thing that is not as it should be.
import assert from 'node:assert/strict';
import { launch, looker } from './page.mjs';

const [lang, ratingURL, caseReceipt, shots] = process.argv.slice(2);
const words = {
  'zh-CN': { level: '非常不满意', send: '提交评价', look: '查询', comment: '排队一个小时，希望多开一个窗口。', solved: '已解决', confirmed: '您已确认解决', say: '提交', bad: '没有找到这个回执', problem: { line: '一句话说明问题', words: '具体情况', where: '地点（可不填）', email: '电子邮箱（可不填）', files: '照片或文件（可不选）', send: '提交问题', lost: '有文件未能添加', mine: '路灯坏了 / dark' } },
  en: { level: 'Very dissatisfied', send: 'Send the rating', look: 'Look it up', comment: 'An hour in the queue: one more window, please. 🙏', solved: 'Yes, it is solved', confirmed: 'Solved, as you have confirmed', say: 'Send', bad: 'There is no such receipt', problem: { line: 'The problem in a line', words: 'What is the matter', where: 'Where (may be left out)', email: 'E-mail (may be left out)', files: 'Photos or documents (may be left out)', send: 'Hand it in', lost: 'a file could not be added', mine: 'The lamp is out' } },
}[lang];

// wrong wants a control to be marked, and a sentence beside it to say why.
async function wrong(page, control) {
  assert.equal(await page.getAttribute(control, 'aria-invalid'), 'true', `${control} is not marked`);
  const [id] = (await page.getAttribute(control, 'aria-describedby')).split(' ');
  assert.ok((await page.textContent(`#${id}`)).length > 4, `nothing says what is wrong with ${control}`);
}

const browser = await launch();
try {
  // bypassCSP: axe is put into pages that allow no script.
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: lang, bypassCSP: true });
  const page = await context.newPage();
  const look = looker(lang, shots);
  const see = (name, most = 390) => look(page, name, most);
  const button = (name) => page.getByRole('button', { name, exact: true });

  await page.goto(new URL('/', ratingURL).href);
  await see('home');

  await page.goto(ratingURL);
  await see('rate');
  // What is to be mended is said at the top, with a link to the control, and beside it.
  await page.locator('textarea').fill(words.comment);
  await page.evaluate(() => { document.querySelector('main form').noValidate = true; });
  await button(words.send).click();
  await page.locator('[role=alert] a').click();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'level', 'the link does not lead to what is to be mended');
  await wrong(page, '#level');
  await see('rate-to-mend');
  await page.getByLabel(words.level).check();
  assert.equal(await page.locator('textarea').inputValue(), words.comment, 'what was written is lost');
  // A double click is one rating.
  await button(words.send).dblclick();
  await page.waitForSelector('#receipt');
  await see('rated');
  const receipt = await page.textContent('#receipt');

  // Looking at a used link tells nothing; sending again says that it is gone.
  await page.goto(ratingURL);
  await page.getByLabel(words.level).check();
  await button(words.send).click();
  assert.equal(await page.locator('form').count(), 0, 'a used link can be used again');
  assert.equal(await page.locator('#receipt').count(), 0, 'a used link gives a receipt again');
  await see('gone');

  await page.goto(new URL('/receipt', ratingURL).href);
  await see('receipt');
  await page.getByRole('textbox').fill('ABCD-EFGH');
  await button(words.look).click();
  assert.match(await page.textContent('[role=alert]'), new RegExp(words.bad));
  await wrong(page, '[name=receipt]');
  await see('receipt-to-mend');
  await page.getByRole('textbox').fill(receipt.toLowerCase());
  await button(words.look).click();
  assert.match(await page.textContent('main'), new RegExp(words.level));
  assert.ok((await page.textContent('main')).includes(words.comment), 'the resident does not see the own words');
  assert.ok(!page.url().includes(receipt), 'the receipt stands in the address');
  await see('rating');

  await page.goto(new URL('/receipt', ratingURL).href);
  await page.getByRole('textbox').fill(caseReceipt);
  await button(words.look).click();
  await see('case');
  await page.getByLabel(words.solved).check();
  await button(words.say).click();
  assert.ok((await page.textContent('main')).includes(words.confirmed), 'the word is not taken');
  await see('confirmed');

  // A problem, with a photo and something that is none, on the narrowest phone.
  const narrow = 320;
  await page.setViewportSize({ width: narrow, height: 640 });
  await page.goto(new URL('/case/new', ratingURL).href);
  await see('problem', narrow);
  await page.getByLabel(words.problem.line).fill(words.problem.mine);
  await page.getByLabel(words.problem.words).fill(words.comment);
  await page.getByLabel(words.problem.where).fill('5 Lamp Lane');
  await page.getByLabel(words.problem.email).fill('resident@example.org');
  const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  await page.getByLabel(words.problem.files).setInputFiles([
    { name: 'photo.png', mimeType: 'image/png', buffer: pixel },
    { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('<script>alert(1)</script>') },
  ]);
  await button(words.problem.send).click();
  await page.waitForSelector('#receipt');
  assert.match(await page.textContent('[role=alert]'), new RegExp(words.problem.lost));
  await see('opened', narrow);
  const problem = await page.textContent('#receipt');
  await page.goto(new URL('/receipt', ratingURL).href);
  await page.getByRole('textbox').fill(problem);
  await button(words.look).click();
  assert.ok((await page.textContent('main')).includes(words.problem.mine), 'the problem is not found by its receipt');
} finally {
  await browser.close();
}
