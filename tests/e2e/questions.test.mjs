// SPDX-License-Identifier: Apache-2.0
// Who answers what: handing something to a person, and the questions one after another, as an administrator, an
// executive who has just come, and somebody on a telephone do it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fits, judge, open, shot, show, signIn, startBrowser, stopBrowser } from './browser.mjs';
import {
  Client,
  demo,
  demoMail,
  demoPassword,
  firstAdministrator,
  folder,
  newPerson,
  serve,
  totp,
} from './server.mjs';

test.before(startBrowser);
test.after(stopBrowser);

const within = async (locator, page, what) => {
  const box = await locator.boundingBox();
  const { width } = page.viewportSize();
  assert.ok(box.x >= 0 && box.x + box.width <= width, `${what}: ${JSON.stringify(box)} of ${width}`);
};

for (const lang of ['ja', 'en']) {
  const say = (ja, en) => (lang === 'ja' ? ja : en);
  for (const width of [1280, 390])
    test(`${lang}, ${width} px: an owner is given on Home, Actions, the checklist and a check's page, by keyboard`, async (t) => {
      const server = await demo(t, join(folder(t), 's.db'));
      const { page, problems } = await open(t, { lang, viewport: { width, height: 800 }, bypassCSP: true });
      await signIn(page, server.url, 'admin');
      const dialog = page.getByRole('dialog', { name: say('担当と期限', 'Owner and due date') });
      for (const path of ['/', '/actions', '/checklist', '/measures', '/checks/ask-SK-admin-B2']) {
        await show(page, server.url, path);
        const button = page
          .locator('main')
          .getByRole('button', { name: say('担当と期限', 'Owner and due date') })
          .first();
        await button.waitFor();
        const title = page.locator('main .row').first();
        const before = path.startsWith('/checks') ? null : await title.boundingBox();
        await button.focus();
        await page.keyboard.press('Enter');
        await dialog.waitFor();
        // Nothing of the page moves.
        if (before) assert.equal((await title.boundingBox()).height, before.height, path);
        await page.waitForFunction(() => document.activeElement?.closest('[role=dialog]'));
        for (const name of [say('保存', 'Save'), say('キャンセル', 'Cancel')])
          await within(dialog.getByRole('button', { name }), page, `${path} ${name}`);
        await fits(page, path);
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
        await page.waitForFunction(
          (label) => document.activeElement?.getAttribute('aria-label')?.startsWith(label),
          say('担当と期限', 'Owner and due date'),
        );
        // All of it without a mouse: the person by typing, the day, and save.
        await page.keyboard.press('Enter');
        await dialog.waitFor();
        await page.waitForFunction(() => document.activeElement?.closest('[role=dialog] input'));
        await page.keyboard.type('鈴木 健');
        await page.getByRole('option', { name: '鈴木 健' }).waitFor();
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Enter');
        await dialog.locator('input[type=date]').fill('2027-03-31');
        if (path === '/') {
          await page.waitForTimeout(300); // it fades in
          await shot(page, `assign-${lang}-${width}`);
          assert.deepEqual(await judge(page, 'assign'), []);
        }
        await dialog.locator('input[type=date]').press('Enter');
        await dialog.waitFor({ state: 'detached' });
        await page
          .locator('main')
          .getByRole('button', { name: say('担当と期限: 鈴木 健', 'Owner and due date: 鈴木 健') })
          .first()
          .waitFor();
      }
      assert.deepEqual(problems, []);
    });

  test(`${lang}: the questions come one after another, by key, with partly, later, back and somebody else`, async (t) => {
    const server = await serve(t, join(folder(t), 's.db'));
    const { admin, email, password, secret } = await firstAdministrator(server);
    const organisation = await admin.get('/organisation');
    await admin.must('PUT', '/organisation', { ...organisation, name: '青木製作所', ready: true });
    await newPerson(admin, ['teleworker'], 'hana@firm.example');
    const { page, problems } = await open(t, { lang, bypassCSP: true });
    await page.goto(server.url);
    await page.fill('input[type=email]', email);
    await page.fill('input[type=password]', password);
    await page.keyboard.press('Enter');
    await page.getByLabel(say('コード', 'Code')).fill(totp(secret, Date.now(), 1));
    await page.keyboard.press('Enter');
    // Home's number of open questions leads to them.
    const { open_questions: count } = await admin.get('/home');
    await page
      .locator('main .say')
      .getByRole('link', { name: new RegExp(`^${count}`) })
      .click();
    await page.getByRole('heading', { level: 1, name: say('質問に答える', 'Questions') }).waitFor();
    const { items } = await admin.get('/questions');
    const left = items.filter((one) => one.verdict === 'unknown');
    assert.equal(left.length, count, 'what Home counts is what is asked');
    assert.deepEqual(
      items.map((one) => one.role),
      [...items.map((one) => one.role)].sort(
        (a, b) =>
          ['executive', 'administrator', 'teleworker'].indexOf(a) -
          ['executive', 'administrator', 'teleworker'].indexOf(b),
      ),
      'by role',
    );
    const question = page.locator('section h2');
    const title = () => question.innerText();
    const now = async (id) => (await admin.get(`/checks/${id}`)).verdict;
    const moved = (from) =>
      page.waitForFunction((was) => document.querySelector('section h2')?.innerText !== was, from);
    const first = await title();
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H2', 'read out at once');
    assert.deepEqual(await judge(page, 'questions'), []);
    await shot(page, `questions-${lang}`);

    // Partly: the first question has parts.
    await page.keyboard.press('4');
    const send = page.getByRole('button', { name: say('「一部」と答える', 'Answer "partly"') });
    assert.ok(await send.isDisabled());
    await page.locator('section input[type=checkbox]').first().check();
    await send.click();
    await moved(first);
    const half = (await admin.get(`/checks/${left[0].id}`)).evidence;
    assert.equal(half.verdict, 'fail', 'what is half done is not done');
    assert.match(half.detail.en, /^Partly \(done: .+; missing: .+\)$/);

    const second = await title();
    await page.keyboard.press('1');
    await moved(second);
    assert.equal(await now(left[1].id), 'pass');
    const third = await title();
    await page.keyboard.press('2');
    await moved(third);
    assert.equal(await now(left[2].id), 'fail');
    const fourth = await title();
    await page.keyboard.press('Enter');
    await moved(fourth);
    assert.equal(await now(left[3].id), 'unknown', 'later');
    // Not applicable asks for its reason, in which keys are letters.
    const fifth = await title();
    await page.keyboard.press('3');
    const reason = page.getByLabel(say('対象外の理由', 'Why it does not apply'));
    await reason.fill('');
    await reason.pressSequentially('12 n');
    assert.equal(await title(), fifth);
    await page.getByRole('button', { name: say('「対象外」と答える', 'Answer "not applicable"') }).click();
    await moved(fifth);
    assert.equal(await now(left[4].id), 'not_applicable');
    await page.getByText(say(`問のうち 4 問に回答済み`, '4 of')).first().waitFor();

    // Back to what was put off, and on to somebody else.
    await page.locator('h1').click();
    const sixth = await title();
    await page.keyboard.press('ArrowLeft');
    await moved(sixth);
    assert.equal(await title(), fifth);
    await page.keyboard.press('ArrowLeft');
    await moved(fifth);
    assert.equal(await title(), fourth);
    await page.getByRole('button', { name: say('ほかの人が知っている', 'Someone else knows') }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox').first().click();
    await page.getByRole('option', { name: 'hana' }).click();
    await dialog.getByRole('button', { name: say('保存', 'Save') }).click();
    await moved(fourth);
    assert.equal((await admin.get(`/checks/${left[3].id}`)).assignment.person.name, 'hana');
    // It is the other's now, and no longer among one's own.
    const mine = (await admin.get('/questions')).items.find((one) => one.id === left[3].id);
    assert.equal(mine.mine, false);

    // By section and by role; what fits is what is counted.
    await show(page, server.url, '/questions?who=executive');
    await page.getByText(say('経営者', 'Executive')).first().waitFor();
    const executive = items.filter((one) => one.role === 'executive');
    await page
      .getByText(say(`${executive.length} 問のうち`, new RegExp(`of ${executive.length} answered`)))
      .first()
      .waitFor();
    assert.deepEqual(problems, []);
  });
}

test('an executive who has just come has something to do, on a telephone', async (t) => {
  const server = await serve(t, join(folder(t), 's.db'));
  const { admin } = await firstAdministrator(server);
  await admin.must('PUT', '/organisation', {
    ...(await admin.get('/organisation')),
    name: '青木製作所',
    ready: true,
  });
  const boss = await newPerson(admin, ['executive'], 'boss@firm.example');
  const { questions } = await boss.get('/me/page');
  assert.ok(questions.open > 0 && questions.open === questions.all);
  const days = (Date.parse(questions.due) - Date.now()) / 86_400_000;
  assert.ok(days > 11 && days < 16, questions.due);
  const { page, problems } = await open(t, { lang: 'ja', viewport: { width: 390, height: 800 } });
  await page.goto(server.url);
  await page.fill('input[type=email]', 'boss@firm.example');
  await page.fill('input[type=password]', 'three plain unrelated words');
  await page.keyboard.press('Enter');
  await page.getByLabel('コード').fill(totp(boss.secret, Date.now(), 1));
  await page.keyboard.press('Enter');
  await page.getByText(`あなたに答えてほしい質問が ${questions.open} 件あります`).waitFor();
  await shot(page, 'home-executive-asked-ja');
  await page.getByRole('link', { name: '答える' }).click();
  await page.getByText(`${questions.open} 問中 1 問目`).waitFor();
  await fits(page, 'questions at 390 px');
  await shot(page, 'questions-phone-ja');
  for (let at = 0; at < questions.open; ++at) {
    const before = await page.locator('section h2').innerText();
    await page.getByRole('button', { name: 'はい', exact: true }).click();
    await page.waitForFunction((was) => document.querySelector('section h2')?.innerText !== was, before);
  }
  await page.getByText('すべて回答済みです').waitFor();
  assert.equal((await boss.get('/me/page')).questions.open, 0);
  assert.deepEqual(problems, []);
});

test('somebody who manages nothing sees and answers what was handed to them alone', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const worker = new Client(server.url);
  await worker.signIn(demoMail('worker'), demoPassword);
  assert.deepEqual(
    (await worker.get('/questions')).items.filter((one) => !one.mine),
    [],
  );
  const theirs = (await worker.get('/questions')).items.length;
  const { items } = await admin.get('/questions');
  const one = items.find((question) => question.assignment === null);
  await worker.refused(403, 'POST', `/checks/${one.id}/answers`, { reply: 'yes' });
  await admin.must('PUT', `/items/${one.id}/assignment`, { person: worker.me.id, due: null });
  assert.equal((await worker.get('/questions')).items.length, theirs + 1);
  await worker.must('POST', `/checks/${one.id}/answers`, { reply: 'yes' });
  const auditor = new Client(server.url);
  await auditor.signIn(demoMail('auditor'), demoPassword);
  for (const question of (await auditor.get('/questions')).items)
    assert.equal(question.mine, question.assignment?.person?.id === auditor.me.id, question.id);
  // A part of what has no parts, all of the parts, or none of them is no answer.
  const { checks } = await admin.get('/guideline');
  const parted = checks.find((check) => check.parts.length === 2).id;
  const whole = checks.find((check) => check.asked && check.parts.length === 0).id;
  for (const [id, reply, parts] of [
    [whole, 'partly', [0]],
    [parted, 'partly', []],
    [parted, 'partly', [0, 1]],
    [parted, 'partly', [0, 0]],
    [parted, 'partly', [2]],
    [parted, 'yes', [0]],
  ])
    await admin.refused(422, 'POST', `/checks/${id}/answers`, { reply, parts });
  await admin.must('POST', `/checks/${parted}/answers`, { reply: 'partly', parts: [1] });
});

/** A firm of one's own, with its first administrator at the questions. */
async function atQuestions(t, { lang = 'en' } = {}) {
  const server = await serve(t, join(folder(t), 's.db'));
  const { admin, email, password, secret } = await firstAdministrator(server);
  await admin.must('PUT', '/organisation', {
    ...(await admin.get('/organisation')),
    name: '青木製作所',
    ready: true,
  });
  const { page, problems } = await open(t, { lang });
  await page.goto(server.url);
  await page.fill('input[type=email]', email);
  await page.fill('input[type=password]', password);
  await page.keyboard.press('Enter');
  await page.getByLabel(lang === 'ja' ? 'コード' : 'Code').fill(totp(secret, Date.now(), 1));
  await page.keyboard.press('Enter');
  await page.locator('nav').first().waitFor({ state: 'attached' });
  await show(page, server.url, '/questions');
  await page.locator('section h2').waitFor();
  const title = () => page.locator('section h2').innerText();
  const moved = (from) =>
    page.waitForFunction((was) => document.querySelector('section h2')?.innerText !== was, from);
  const answered = async () =>
    (await admin.get('/questions')).items.filter((one) => one.verdict !== 'unknown').map((one) => one.id);
  const { items } = await admin.get('/questions');
  return { server, admin, page, problems, title, moved, answered, items };
}
const focused = (page) => page.evaluate(() => document.activeElement?.tagName);

test('no key answers what somebody types, holds down or composes', async (t) => {
  const { page, admin, problems, title, moved, answered, items } = await atQuestions(t);
  // Partly: the first part has the focus, and what is typed at it answers nothing.
  const first = await title();
  await page.keyboard.press('4');
  await page.waitForFunction(() => document.activeElement?.matches('section input[type=checkbox]'));
  await page.keyboard.type('123');
  await page.keyboard.press('Enter');
  await page.locator('section h2').click();
  for (const key of ['1', '2', '3', 'Enter', 'ArrowRight']) await page.keyboard.press(key);
  assert.equal(await title(), first, 'a choice is open');
  assert.deepEqual(await answered(), []);
  await page.locator('section input[type=checkbox]').first().focus();
  await page.keyboard.press('Space');
  await page.locator('section button:not([data-disabled])', { hasText: 'Answer "partly"' }).waitFor();
  await page.keyboard.press('Enter');
  await moved(first);
  assert.equal((await admin.get(`/checks/${items[0].id}`)).evidence.verdict, 'fail');
  // Not applicable: its reason is typed at once, digits and all.
  const second = await title();
  await page.keyboard.press('3');
  await page.waitForFunction(() => document.activeElement?.matches('section textarea'));
  await page.keyboard.type('1 of 2 uses 3, 4 do not');
  assert.equal(await title(), second);
  await page.keyboard.press('Enter');
  await moved(second);
  const na = await admin.get(`/checks/${items[1].id}`);
  assert.equal(na.verdict, 'not_applicable');
  assert.equal(na.evidence.note, '1 of 2 uses 3, 4 do not');
  // Held, composed, or with another key: one answer, or none.
  const third = await title();
  for (const how of [{ isComposing: true }, { keyCode: 229 }, { ctrlKey: true }, { repeat: true }])
    await page.evaluate((more) => {
      document
        .querySelector('section h2')
        .dispatchEvent(new KeyboardEvent('keydown', { key: '1', bubbles: true, ...more }));
    }, how);
  assert.equal((await answered()).length, 2);
  assert.equal(await title(), third);
  await page.keyboard.down('1');
  await moved(third);
  for (let i = 0; i < 9; ++i) {
    await page.keyboard.down('1');
    await page.waitForTimeout(100);
  }
  await page.keyboard.up('1');
  assert.deepEqual(await answered(), [items[0].id, items[1].id, items[2].id].sort(inOrder(items)));
  assert.deepEqual(problems, []);
});
const inOrder = (items) => (a, b) =>
  items.findIndex((one) => one.id === a) - items.findIndex((one) => one.id === b);

test('every key that acts by itself comes through one piece', () => {
  const root = new URL('../../web/src/', import.meta.url);
  for (const name of readdirSync(root, { recursive: true }).filter((one) => /\.tsx?$/.test(one))) {
    if (['keys.ts', 'arrival.ts'].includes(name)) continue;
    assert.doesNotMatch(readFileSync(new URL(name, root), 'utf8'), /addEventListener\('key/, name);
  }
});

test('who answers second is told what the first one said, and keeps it or not', async (t) => {
  const { page, admin, server, problems, title, moved, items } = await atQuestions(t);
  const boss = await newPerson(admin, ['executive'], 'boss@firm.example');
  const [one, two] = items.map((item) => item.id);
  const first = await title();
  await boss.must('POST', `/checks/${one}/answers`, { reply: 'no', note: 'not yet' });
  await page.keyboard.press('1');
  const told = page.getByRole('alert').filter({ hasText: 'boss has just answered this' });
  await told.getByText('No (not yet)').waitFor();
  assert.equal((await admin.get(`/checks/${one}`)).verdict, 'fail', 'not overwritten in silence');
  await told.getByRole('button', { name: 'Keep that' }).click();
  await told.waitFor({ state: 'detached' });
  assert.equal((await admin.get(`/checks/${one}`)).answers.length, 1);
  await page.getByRole('button', { name: 'Yes', exact: true }).click();
  await told.getByRole('button', { name: 'Replace it with mine' }).click();
  await moved(first);
  assert.equal((await admin.get(`/checks/${one}`)).verdict, 'pass');
  // The owner, from a dialog that was open meanwhile.
  await newPerson(admin, ['teleworker'], 'hana@firm.example');
  await newPerson(admin, ['auditor'], 'audit@firm.example');
  await show(page, server.url, `/checks/${two}`);
  const owner = page.locator('main').getByRole('button', { name: /^Owner and due date/ });
  await owner.click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox').first().click();
  await page.getByRole('option', { name: 'hana' }).waitFor();
  assert.equal(await page.getByRole('option', { name: 'audit' }).count(), 0, 'who only audits');
  await page.getByRole('option', { name: 'hana' }).click();
  await admin.must('PUT', `/items/${two}/assignment`, { person: boss.me.id, due: null });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('Owner now: boss').waitFor();
  assert.equal((await admin.get(`/checks/${two}`)).assignment.person.name, 'boss');
  await dialog.getByRole('button', { name: 'Replace it with mine' }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.equal((await admin.get(`/checks/${two}`)).assignment.person.name, 'hana');
  assert.deepEqual(problems, []);
});

test('what is half written outlives a reload, and is forgotten once it is sent', async (t) => {
  const { page, admin, problems, title, moved, items } = await atQuestions(t);
  const first = await title();
  await page.locator('section textarea').first().fill('half a');
  await page.reload();
  await page.locator('section h2').waitFor();
  assert.equal(await page.locator('section textarea').first().inputValue(), 'half a');
  await page.locator('section h2').click();
  await page.keyboard.press('1');
  await moved(first);
  assert.equal((await admin.get(`/checks/${items[0].id}`)).evidence.note, 'half a');
  assert.equal(
    await page.evaluate(() => Object.keys(sessionStorage).filter((one) => one.startsWith('note')).length),
    0,
  );
  assert.deepEqual(problems, []);
});

test('who was handed an item reads it from their page; who leaves owns nothing', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const { items } = await admin.get('/people?limit=500');
  const worker = items.find((one) => one.email === demoMail('worker'));
  const item = (await admin.get('/guideline')).checklist[0].ascii_id;
  await admin.must('PUT', `/items/${item}/assignment`, { person: worker.id, due: null });
  const { page, problems } = await open(t, { lang: 'ja' });
  await signIn(page, server.url, 'worker');
  await show(page, server.url, '/mine');
  const mine = page.locator(`main a[href="/requirements/${item}"]`);
  await mine.waitFor({ state: 'attached' });
  // What is met already is among what is done.
  if (!(await mine.isVisible())) await page.getByText(/^できたこと/).click();
  await mine.click();
  await page.getByRole('heading', { name: 'なぜ必要か' }).first().waitFor();
  await page.getByLabel('コメントを書く').fill('終わりました');
  await page.getByRole('button', { name: '送る' }).click();
  await page.getByText('終わりました').first().waitFor();
  const boss = await open(t, { lang: 'ja' });
  await signIn(boss.page, server.url, 'admin');
  await show(boss.page, server.url, '/people');
  await boss.page.getByRole('button', { name: `編集: ${worker.name}` }).click();
  const dialog = boss.page.getByRole('dialog');
  await dialog.getByRole('checkbox', { name: '使用中' }).uncheck();
  await dialog.getByText(/未完了の担当が \d+ 件、使っている端末が \d+ 台/).waitFor();
  await dialog.getByRole('button', { name: '保存' }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.equal((await admin.get(`/requirements/${item}`)).assignment.person, null);
  await show(boss.page, server.url, `/requirements/${item}`);
  await boss.page.getByRole('button', { name: `担当と期限: （退職・無効）${worker.name}` }).click();
  assert.equal(await boss.page.getByRole('dialog').getByRole('combobox').first().inputValue(), '');
  assert.deepEqual([...problems, ...boss.problems], []);
});
