// SPDX-License-Identifier: Apache-2.0
// The risk of impersonation, as people meet it: their own sign-ins with "that was not me", an administrator's look at a
// person's, and signs that are silenced; on both databases by the API, in both languages in the browser.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request as ask } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { fits, judge, open, shot, signIn, startBrowser, stopBrowser } from './browser.mjs';
import { mmdb } from './mmdb.mjs';
import { until } from './receivers.mjs';
import { Client, database, demo, demoMail, demoPassword, firstAdministrator, folder, freePort, newPerson, serve } from './server.mjs'; // prettier-ignore
import { sekisho } from './sekisho.mjs';
import { pcap } from './spoken.mjs';
import { SqliteFile } from './sqlite.mjs';

test.before(startBrowser);
test.after(stopBrowser);

for (const kind of ['sqlite', 'postgres'])
  test(`${kind}: a guessed account shows its signs, and they can be silenced`, async (t) => {
    const where = database(t, kind);
    const server = await serve(t, where);
    const { admin } = await firstAdministrator(server);
    const worker = await newPerson(admin, ['teleworker'], 'aoi@firm.example');
    for (let i = 0; i < 5; i += 1)
      await fetch(`${server.url}/api/v1/sign-in`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'aoi@firm.example', password: `guess number ${i}` }),
      });
    const mine = (await worker.must('GET', '/me/sign-ins')).items;
    assert.equal(mine.filter((one) => one.outcome === 'password_refused').length, 5);
    assert.equal(mine.at(-1).outcome, 'signed_in');
    const id = (await admin.must('GET', '/people')).items.find((one) => one.email === 'aoi@firm.example').id;
    const risk = await admin.must('GET', `/people/${id}/risk`);
    assert.deepEqual([risk.risk, risk.known, risk.sign_ins.length], ['low', false, mine.length]);
    await admin.must('PUT', '/access/risk/signals/guessing_here', { silenced: true });
    const signals = (await admin.must('GET', '/access/risk/signals')).items;
    assert.deepEqual(
      signals.filter((one) => one.silenced).map((one) => one.signal),
      ['guessing_here'],
    );
    const told = sekisho(folder(t), ['access', 'risk', '--person', 'aoi@firm.example', '--database', where]);
    assert.equal(told.code, 0, told.err);
    assert.match(told.out, /Risk that somebody else acts as .*aoi@firm.example.*: low \(0 points\)/);
    assert.match(told.out, /too few sign-ins/);
  });

/** A server with places, an application and a sensor, and what a proxy that stands in front of it would ask. */
async function firmWithPlaces(t) {
  const at = folder(t);
  const where = join(at, 's.db');
  const places = join(at, 'places.mmdb');
  const city = (iso_code, latitude, longitude) => ({
    country: { iso_code },
    location: { latitude, longitude },
  });
  writeFileSync(
    places,
    mmdb([
      ['192.0.2.0', 24, city('JP', 35.68, 139.69)],
      ['203.0.113.0', 24, city('NL', 52.37, 4.9)],
    ]),
  );
  const [gate, agents] = [await freePort(), await freePort()];
  const server = await serve(t, where, ['--gate', `127.0.0.1:${gate}`, '--gate-app', 'wiki.test=wiki',
    '--gate-app', 'home.test=home', '--agents', `127.0.0.1:${agents}`, '--places', places]); // prettier-ignore
  const { admin } = await firstAdministrator(server);
  const worker = await newPerson(admin, ['teleworker'], 'aoi@firm.example');
  const { id } = await worker.get('/me');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const card = createHash('sha256')
    .update(privateKey.export({ type: 'sec1', format: 'der' }))
    .digest('hex');
  const now = Math.floor(Date.now() / 1000);
  const db = new SqliteFile(where);
  const rule = (name, more) =>
    `  - {id: ${name}, name: ${name}, kind: application, sensitivity: low, who: {roles: [teleworker]}, device: registered, own_devices: true, evidence: 7 days, second_factor: none, measures: ["8-3"]${more}}\n`;
  // Their code was shown this morning: what is likely to be somebody else has to show one anew.
  db.run(
    `UPDATE session SET code_at = code_at - 36000 WHERE person_id = ${id};
     INSERT INTO access_policy (text, saved_at, saved_by) VALUES ('policy: {name: p, about: p}
resources:
${rule('wiki', '')}${rule('home', ', countries: [JP]')}', 0, 1);
     INSERT INTO device (id, subject, name, person_id, state, created_at, own) VALUES (901, 'host:pc-1', 'pc-1', ${id}, 'active', 0, 0);
     INSERT INTO device_certificate (device_id, fingerprint, public_key, issued_at, expires_at) VALUES (901, '${card}', 'k', 0, ${now + 86400});
     ${['disk-encryption', 'swap-encryption'].map((check, n) => `INSERT INTO evidence (change, subject, check_id, verdict, first_at, observed_at, valid_until, source, detail_ja, detail_en) VALUES (${100 + n}, 'host:pc-1', '${check}', 'pass', ${now}, ${now}, ${now + 86400}, 'host', 'x', 'x');`).join('\n')}`,
  );
  const asked = (from, host, path, cookie) => ({
    host,
    'x-sekisho-uri': path,
    'x-sekisho-method': 'GET',
    'x-sekisho-host': host,
    'x-sekisho-client': `${from}:40000`,
    'x-sekisho-certificate': card,
    accept: 'text/html',
    'accept-language': 'en',
    cookie: cookie ?? '',
  });
  const get = async (path, headers) => {
    const [reply] = await once(ask({ port: gate, path, headers, agent: false }).end(), 'response');
    let text = '';
    for await (const part of reply) text += part;
    return { status: reply.statusCode, headers: reply.headers, text };
  };
  const cookieIn = (reply) => reply.headers['set-cookie'][0].split(';')[0];
  /** Comes in at an application from an address: the cookie, or why not, in words. */
  const enter = async (from, host = 'wiki.test', show = undefined) => {
    const begun = await get('/haproxy', asked(from, host, '/'));
    const wanted = new URL(begun.headers.location).searchParams;
    const { url } = await worker.must('POST', '/applications/ticket', {
      application: wanted.get('app'), browser: wanted.get('browser'), back: '/', ...(show && { show }) }); // prettier-ignore
    const path = new URL(url).pathname + new URL(url).search;
    const reply = await get(`/haproxy/page${path}`, asked(from, host, path, cookieIn(begun)));
    if (reply.status === 303 && reply.headers.location === '/') return { cookie: cookieIn(reply) };
    return { status: reply.status, location: reply.headers.location, text: reply.text };
  };
  const request = async (from, cookie, host = 'wiki.test') =>
    (await get('/haproxy', asked(from, host, '/', cookie))).status;
  /** At the console, just now. */
  const signIn = (from) =>
    db.run(
      `INSERT INTO sign_in (person_id, at, outcome, factor, place, origin, agent, device_id) VALUES (${id}, ${Math.floor(Date.now() / 1000)}, 'signed_in', 'code', 'console', '${from}', '', 901)`,
    );
  return { at, admin, worker, id, db, enter, request, signIn, now };
}

test('where an address is decides at an application: impossible travel asks, a country denies', async (t) => {
  const { admin, id, enter, request, signIn } = await firmWithPlaces(t);
  signIn('192.0.2.9');
  const tokyo = await enter('192.0.2.9');
  assert.ok(tokyo.cookie, tokyo.text);
  assert.equal(await request('192.0.2.9', tokyo.cookie), 204);
  const away = await enter('203.0.113.9');
  assert.equal(away.status, 303, away.text);
  assert.equal(new URL(away.location).searchParams.get('show'), 'factor');
  const codes = await until(async () => {
    const { items } = await admin.get(`/access/events?person=${id}&kind=step_up`);
    return items.length > 0 && items[0].codes;
  }, 'the event');
  assert.ok(codes.includes('risk_high'), codes.join());
  // What names countries lets nobody in from another, or from where that can't be told.
  assert.ok((await enter('192.0.2.9', 'home.test')).cookie);
  for (const [from, says] of [
    ['203.0.113.9', /country|NL/i],
    ['10.1.2.3', /country/i],
  ]) {
    const denied = await enter(from, 'home.test');
    assert.equal(denied.status, 403, from);
    assert.match(denied.text, says);
  }
});

test('who guesses passwords on the line is asked at an application, by what a sensor saw', async (t) => {
  const { at, admin, enter, request, now } = await firmWithPlaces(t);
  const before = await enter('192.0.2.50');
  assert.ok(before.cookie, before.text);
  const { link } = await admin.must('POST', '/enrolments', { person: null });
  const enrolled = sekisho(at, ['agent', 'enrol', link, '--folder', join(at, 'agent')]);
  assert.equal(enrolled.code, 0, enrolled.err);
  const file = join(at, 'line.pcap');
  const talks = Array.from({ length: 12 }, (_, n) => ({
    client: { host: '192.0.2.50', port: 40_000 + n },
    server: { host: '198.51.100.10', port: 21 },
    at: now - 60 + n,
    said: [
      [false, '220 ready\r\n'],
      [true, 'USER worker\r\n'],
      [false, '331 Password please\r\n'],
      [true, `PASS guess-${n}\r\n`],
      [false, '530 Login incorrect.\r\n'],
    ],
  }));
  writeFileSync(file, pcap(talks));
  const sent = sekisho(at, ['observe', file, '--send', '--folder', join(at, 'agent'), '--format', 'json']);
  assert.equal(sent.code, 1, sent.err); // there is something to see to
  const told = await admin.get('/line/risk?address=192.0.2.50');
  assert.equal(told.level, 'high', JSON.stringify(told));
  // Who is in from there is asked as well as who comes; others are not.
  await until(async () => (await request('192.0.2.50', before.cookie)) !== 204, 'what is in ends');
  const asked = await enter('192.0.2.50');
  assert.equal(new URL(asked.location).searchParams.get('show'), 'factor', asked.text);
  assert.ok((await enter('192.0.2.51')).cookie);
});

for (const lang of ['ja', 'en']) {
  const say = (ja, en) => (lang === 'ja' ? ja : en);
  test(`${lang}: that was not me`, async (t) => {
    const server = await demo(t, join(folder(t), 's.db'));
    const elsewhere = new Client(server.url);
    await elsewhere.signIn(demoMail('admin'), demoPassword);
    const { page, problems } = await open(t, { lang, bypassCSP: true });
    await signIn(page, server.url, 'admin');
    await page.goto(`${server.url}/account`);
    const card = page.getByRole('heading', { name: say('最近のサインイン', 'Recent sign-ins') });
    await card.waitFor();
    const buttons = page.getByRole('button', { name: say(/^自分ではない: /, /^That was not me: /) });
    await buttons.nth(1).waitFor();
    const found = await judge(page, 'account');
    await shot(page, `risk-account-${lang}`);
    await buttons.nth(1).click();
    await page.getByRole('dialog').waitFor();
    await page.waitForTimeout(300);
    await shot(page, `risk-notme-${lang}`);
    await page.getByRole('button', { name: say('報告して終わらせる', 'Report it and end them') }).click();
    await page.getByText(say('管理者に報告しました', 'It is reported. Change')).waitFor();
    await page.getByText(say('自分ではないと報告済み', 'Reported as not you')).waitFor();
    assert.equal((await elsewhere.call('GET', '/me')).status, 401, 'the other session has ended');
    const reports = await page.evaluate(async () => (await fetch('/api/v1/incidents')).json());
    assert.ok(
      reports.items.some((one) => one.text.includes(say('本人が申し出たサインイン', 'it was not them'))),
      'it is reported',
    );

    await page.goto(`${server.url}/settings`);
    await page.getByRole('heading', { name: say('なりすましの兆候', 'Signs of impersonation') }).waitFor();
    const sign = page.getByRole('checkbox', {
      name: say(/初めて使う端末です/, /device was never used before/),
    });
    await sign.waitFor();
    assert.equal(await sign.isChecked(), true);
    found.push(...(await judge(page, 'settings')));
    await shot(page, `risk-settings-${lang}`);

    await page.goto(`${server.url}/people`);
    await page.getByRole('button', { name: say(/編集/, /Edit/) }).first().click(); // prettier-ignore
    await page.getByText(say('なりすましの疑い', 'Risk of impersonation')).waitFor();
    await page.waitForTimeout(400);
    await shot(page, `risk-person-${lang}`);
    await page.setViewportSize({ width: 390, height: 800 });
    await page.goto(`${server.url}/account`);
    await card.waitFor();
    await fits(page, 'account');
    await shot(page, `risk-account-phone-${lang}`);
    assert.deepEqual(found, []);
    assert.deepEqual(problems, []);
  });
}
