// SPDX-License-Identifier: Apache-2.0
// Numbers that mean what they say: each leads to the list that it counts, the same stand in the papers, and who
// takes stock is not punished for it.
import assert from 'node:assert/strict';
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
  freePort,
  office,
  sekisho,
  start,
} from './server.mjs';
import { until } from './receivers.mjs';
import { SqliteFile } from './sqlite.mjs';

test.before(startBrowser);
test.after(stopBrowser);

const someone = async (server, who) => {
  const one = new Client(server.url);
  await one.signIn(demoMail(who), demoPassword);
  return one;
};

for (const lang of ['ja', 'en']) {
  const say = (ja, en) => (lang === 'ja' ? ja : en);
  test(`${lang}: every number on Home leads to the list that it counts`, async (t) => {
    const database = join(folder(t), 's.db');
    const server = await demo(t, database);
    // What is only on lists is judged at the server's first look.
    await until(
      () => new SqliteFile(database).column("SELECT 1 FROM job WHERE name = 'judge'")[0],
      'the first look',
    );
    const admin = await someone(server, 'admin');
    // Something of each kind that is late: done, not done, and of no day.
    const { items } = await admin.get('/questions');
    const [done, late, open1] = items.filter((one) => one.assignment === null);
    await admin.must('POST', `/checks/${done.id}/answers`, { reply: 'yes' });
    await admin.must('POST', `/checks/${late.id}/answers`, { reply: 'no' });
    for (const one of [done, late, open1])
      await admin.must('PUT', `/items/${one.id}/assignment`, { person: admin.me.id, due: null });
    // No day that has passed is taken: these have become late.
    new SqliteFile(database).run(
      `UPDATE assignment SET due = '2026-01-05' WHERE item IN ('${done.id}', '${late.id}')`,
    );
    const home = await admin.get('/home');
    const { page, problems } = await open(t, { lang, bypassCSP: true });
    await signIn(page, server.url, 'admin');
    await page.locator('main .say').waitFor();
    await shot(page, `numbers-home-${lang}`);
    const rows = () => page.locator('main .row').count();
    const visit = async (link, heading) => {
      await show(page, server.url, '/');
      await page.locator('main .say').waitFor();
      await link().click();
      if (heading) await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await page.waitForFunction(() => !document.querySelector('.mantine-Loader-root'));
      await page.waitForLoadState('networkidle');
    };
    const named = (name) => () => page.locator('main .say').getByRole('link', { name });
    const counts = {
      met: say('できている', 'met'),
      partly_met: say('一部対応', 'partly'),
      not_met: say('できていない', 'not met'),
      unknown: say('未確認', 'not known'),
      not_applicable: say('対象外', 'do(?:es)? not apply'),
    };
    let sum = 0;
    for (const [status, word] of Object.entries(counts)) {
      const n = home.measures[status];
      sum += n;
      if (status === 'not_applicable' && n === 0) continue;
      await visit(
        named(new RegExp(say(`^(ほかに)?${word} ${n} 件$|^${n} 件 ${word}$`, `^${n} (more )?${word}$`))),
      );
      assert.equal(await rows(), n, status);
    }
    assert.equal(sum, (await admin.get('/guideline')).measures.length, 'of all measures');
    const failing = home.must.not_met + home.must.partly_met;
    assert.ok(failing > 0);
    await visit(named(say('最優先（◎）', 'most urgent')));
    assert.equal(await rows(), failing);
    await visit(named(new RegExp(`^${home.open_questions}\\s*${say('未回答', 'Open questions')}`)));
    await page
      .getByText(say(`問中 1 問目`, `Question 1 of ${home.open_questions}`))
      .first()
      .waitFor();
    await visit(named(new RegExp(`^${home.open_incidents}\\s*${say('対応中', 'Open incidents')}`)));
    assert.equal(await rows(), home.open_incidents);
    await visit(named(new RegExp(`^${home.overdue}\\s*${say('期限切れ', 'Overdue')}`)));
    assert.equal(await rows(), home.overdue);
    const { items: overdue } = await admin.get('/assignments?late=true');
    assert.ok(
      overdue.some((one) => one.item === late.id),
      'not done',
    );
    assert.ok(!overdue.some((one) => one.item === done.id), 'done is not late');
    assert.deepEqual(await judge(page, 'assignments'), []);
    await show(page, server.url, '/');
    await page.getByRole('link', { name: say('直すことをすべて見る', 'See all to fix') }).click();
    await page.waitForFunction(() => !document.querySelector('.mantine-Loader-root'));
    await page.locator('main .row').first().waitFor();
    const { items: toFix } = await admin.get('/actions?verdict=fail&limit=500');
    assert.equal(await rows(), toFix.length);
    assert.equal((await admin.get('/home')).failing, toFix.length);
    // The mean is named, and says how it is counted.
    await show(page, server.url, '/');
    await page.locator('main .say').getByText(say('達成度（端末ごとの平均）', 'Mean over devices')).waitFor();
    await page.getByText(say('この数字の数え方', 'How this is counted')).click();
    await page.getByText(say('平均した値です', 'the mean of these')).waitFor();
    assert.deepEqual(problems, []);
  });

  test(`${lang}: the papers for executives and partners say the same numbers by the same names`, async (t) => {
    const server = await demo(t, join(folder(t), 's.db'));
    const admin = await someone(server, 'admin');
    const { measures, all, machines } = await admin.get('/home');
    const n = measures.met + measures.partly_met + measures.not_met + measures.unknown;
    for (const kind of ['executive', 'partner']) {
      const paper = (await admin.must('GET', `/reports/${kind}?format=html&lang=${lang}`)).toString();
      const text = paper.replace(/<[^>]+>/g, ' ');
      assert.ok(
        text.includes(
          say(
            `対策 ${n} 件のうち、${measures.met} 件ができている、${measures.partly_met} 件が一部対応、${measures.not_met} 件ができていない、${measures.unknown} 件が未確認`,
            `Of ${n} measures ${measures.met} are met, ${measures.partly_met} partly, ${measures.not_met} are not, ${measures.unknown} are not known`,
          ),
        ),
        `${kind}: ${text.slice(0, 1500)}`,
      );
      assert.ok(
        text.includes(
          say(
            `達成度（端末ごとの平均）は ${Math.round(all.met * 100)}%`,
            `mean over devices is ${Math.round(all.met * 100)}%`,
          ),
        ),
        kind,
      );
      assert.ok(text.includes(`${say('端末', 'Devices')}: ${machines}`));
      assert.doesNotMatch(text, /確かめられています（|are shown to be met \(/);
    }
  });

  test(`${lang}: an executive sees what waits for them, and it prints on one sheet`, async (t) => {
    const server = await demo(t, join(folder(t), 's.db'));
    const boss = await someone(server, 'executive');
    const { decisions } = await boss.get('/home');
    assert.ok(decisions.length > 0 && decisions.length <= 3);
    // Work on more than twenty devices is not told as half a day's.
    const { items } = await boss.get('/actions?verdict=fail&limit=500');
    for (const { id, effort } of decisions)
      if (items.find((one) => one.id === id)?.tally.fail > 20) assert.doesNotMatch(effort.en, /^small/, id);
    const { checks, incidents, measures } = await boss.get('/guideline');
    for (const colorScheme of ['light', 'dark']) {
      const { page, problems } = await open(t, { lang, colorScheme, bypassCSP: true });
      await signIn(page, server.url, 'executive');
      await page
        .getByRole('heading', { level: 2, name: say('判断を待っていること', 'What waits for your decision') })
        .waitFor();
      await page.locator('svg polyline').waitFor();
      const text = await page.locator('main').innerText();
      for (const one of decisions) {
        const check = checks.find((spec) => spec.id === one.id);
        for (const words of [check.title, check.why, one.effort, one.wanted])
          assert.ok(text.includes(words[lang]), words[lang]);
        if (one.case === null) continue;
        const told = incidents.find((entry) => entry.number === one.case);
        assert.ok(text.includes(told.title[lang]));
        // A case of the same threat, where one of those that it would have stopped is.
        const shares = (entry) => entry.threats.some((threat) => check.threats.includes(threat));
        const serving = measures.filter((measure) => measure.checks.includes(one.id)).map(({ id }) => id);
        const stopped = incidents.filter((entry) => entry.measures.some((id) => serving.includes(id)));
        if (stopped.length > 0) assert.equal(shares(told), stopped.some(shares), `${one.id}: ${one.case}`);
      }
      const scale = await page.locator('svg text').allTextContents();
      for (const mark of ['0%', '50%', '100%'])
        assert.ok(
          scale.some((one) => one.replace(/\s/g, '') === mark),
          mark,
        );
      assert.deepEqual(await judge(page, `brief ${colorScheme}`), []);
      await shot(page, `brief-${lang}-${colorScheme}`);
      const pdf = await page.pdf({ format: 'A4' });
      assert.equal(pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g).length, 1, 'one sheet');
      assert.deepEqual(problems, []);
    }
    // On a telephone too, and on to all of it.
    const { page } = await open(t, { lang, viewport: { width: 390, height: 800 } });
    await signIn(page, server.url, 'executive');
    await page.locator('svg polyline').waitFor();
    await fits(page, 'the brief');
    await shot(page, `brief-phone-${lang}`);
    await page.getByRole('link', { name: say('くわしく見る', 'All of it') }).click();
    await page.getByRole('heading', { level: 2, name: say('まず直すこと', 'What to fix first') }).waitFor();
    // The paper has the same decisions, and is one page.
    const paper = (await boss.must('GET', `/reports/executive?format=html&lang=${lang}`)).toString();
    for (const one of decisions) assert.ok(paper.includes(one.effort[lang]));
    const sheet = await open(t, { lang });
    await sheet.page.setContent(paper);
    const pdf = await sheet.page.pdf({ format: 'A4', preferCSSPageSize: true });
    assert.equal(pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g).length, 1, 'one page of paper');
  });
}

test('devices are counted in one way: card, tile, list and paper agree, and say who never reported', async (t) => {
  const { admin } = await office(t);
  const at = folder(t);
  const enrol = async (name) => {
    const { link } = await admin.must('POST', '/enrolments', { person: null });
    assert.equal(sekisho(at, ['agent', 'enrol', link, '--folder', join(at, name)]).code, 0);
  };
  const agree = async (devices, silent) => {
    const home = await admin.get('/home');
    assert.deepEqual([home.machines, home.silent], [devices, silent]);
    assert.equal((await admin.get('/setup-state')).devices.done, devices);
    assert.equal((await admin.get('/devices?state=registered')).items.length, devices);
    const paper = (await admin.must('GET', '/reports/executive?format=html&lang=en')).toString();
    assert.match(paper, new RegExp(`Devices: ${devices}\\b`));
    assert.equal(/have never reported/.test(paper), silent > 0);
    if (silent > 0) assert.match(paper, new RegExp(`${silent} of ${devices} registered devices have never`));
  };
  await agree(0, 0);
  await enrol('silent');
  await agree(1, 1);
  assert.equal(sekisho(at, ['agent', 'once', '--folder', join(at, 'silent')]).code, 0);
  await agree(1, 0);
  const list = ['name,os,os version,user', 'pc-1,macOS,26.1,', 'pc-2,macOS,26.1,'].join('\n');
  await admin.must('POST', '/devices/import', Buffer.from(list));
  await agree(3, 0);
  const [first, second] = (await admin.get('/devices')).items;
  const put = ({ id, name }, state) =>
    admin.must('PUT', `/devices/${id}`, {
      name,
      person: null,
      state,
      ...(state === 'retired' && { wiped: 'initialised' }),
    });
  await put(first, 'retired');
  await agree(2, 0);
  await put(second, 'lost');
  await agree(2, 0);
});

test('taking stock does not lower the mean, and what was not looked at is told', async (t) => {
  const { admin } = await office(t);
  const at = folder(t);
  const { link } = await admin.must('POST', '/enrolments', { person: null });
  assert.equal(sekisho(at, ['agent', 'enrol', link, '--folder', join(at, 'agent')]).code, 0);
  assert.equal(sekisho(at, ['agent', 'once', '--folder', join(at, 'agent')]).code, 0);
  const before = await admin.get('/home');
  assert.ok(before.all.met > 0 && before.unseen === 0, JSON.stringify([before.all, before.unseen]));
  const list = [
    'name,os,os version,user',
    ...Array.from({ length: 30 }, (_, at) => `pc-${at},macOS,26.1,`),
  ].join('\n');
  assert.equal((await admin.must('POST', '/devices/import', Buffer.from(list))).added, 30);
  const after = await admin.get('/home');
  assert.equal(after.machines, 31);
  assert.equal(after.unseen, 30);
  assert.ok(after.all.met >= before.all.met - 1e-9, `${before.all.met} to ${after.all.met}`);
  // Nothing is green by it either: no more measures are met than before.
  assert.ok(after.measures.met <= before.measures.met);
});

test('the machine of the server with an agent on it is one device', async (t) => {
  const where = join(folder(t), 's.db');
  const ports = [await freePort(), await freePort()];
  const server = await start(t, 'serve', [
    '--listen',
    `127.0.0.1:${ports[0]}`,
    '--agents',
    `127.0.0.1:${ports[1]}`,
    '--database',
    where,
  ]);
  const { admin } = await firstAdministrator(server);
  assert.equal((await admin.get('/home')).machines, 1);
  const at = folder(t);
  const { link } = await admin.must('POST', '/enrolments', { person: null });
  assert.equal(sekisho(at, ['agent', 'enrol', link, '--folder', join(at, 'agent')]).code, 0);
  assert.equal(sekisho(at, ['agent', 'once', '--folder', join(at, 'agent')]).code, 0);
  for (let tries = 0; tries < 120 && (await admin.get('/home')).machines !== 1; ++tries)
    await new Promise((go) => setTimeout(go, 1000));
  assert.equal((await admin.get('/home')).machines, 1);
  const { items } = await admin.get('/devices?state=active');
  assert.equal(items.length, 1);
  assert.ok(items[0].seen_at, 'the one that reports');
  assert.ok((await admin.get('/audit')).items.some((entry) => entry.action === 'device-changed'));
});
