// SPDX-License-Identifier: Apache-2.0
// The life of devices: network gear and the feeds that speak of it, groups and views, messages to users, losses, retiring.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { mailbox, read, receiver, until } from './receivers.mjs';
import {
  Client,
  database,
  demo,
  demoMail,
  demoPassword,
  firstAdministrator,
  folder,
  newPerson,
  sekisho,
  serve,
} from './server.mjs';

const shipped = JSON.parse(
  readFileSync(new URL('../../data/feeds/known-exploited.json', import.meta.url), 'utf8'),
);
/** CISA's catalogue with one entry more. */
const withEntry = (cve, vendor, product, day) => ({
  ...shipped,
  dateReleased: `${day}T00:00:00.0Z`,
  vulnerabilities: [
    { ...shipped.vulnerabilities[0], cveID: cve, vendorProject: vendor, product, dateAdded: day },
    ...shipped.vulnerabilities,
  ],
});
/** NVD's record of a weakness of FortiOS from one version up to another. */
const nvd = (cve, from, until, score = 9.8) => ({
  resultsPerPage: 1,
  startIndex: 0,
  totalResults: 1,
  format: 'NVD_CVE',
  version: '2.0',
  timestamp: new Date().toISOString().replace('Z', ''),
  vulnerabilities: [
    {
      cve: {
        id: cve,
        vulnStatus: 'Analyzed',
        metrics: { cvssMetricV31: [{ type: 'Primary', cvssData: { version: '3.1', baseScore: score } }] },
        configurations: [
          {
            nodes: [
              {
                operator: 'OR',
                negate: false,
                cpeMatch: [
                  {
                    vulnerable: true,
                    criteria: 'cpe:2.3:o:fortinet:fortios:*:*:*:*:*:*:*:*',
                    versionStartIncluding: from,
                    versionEndExcluding: until,
                    matchCriteriaId: 'x',
                  },
                ],
              },
            ],
          },
        ],
      },
    },
  ],
});
const checkOf = async (client, id, check) =>
  (await client.get(`/devices/${id}`)).checks.find((one) => one.id === check);

for (const kind of ['sqlite', 'postgres']) {
  test(`${kind}: a VPN device opens when the feed knows of the attack, is told of, and closes with the fixed firmware`, async (t) => {
    const server = await serve(t, database(t, kind), [], { fresh: true });
    const { admin } = await firstAdministrator(server);
    const hook = await receiver(t);
    await admin.must('PUT', '/notices', {
      smtp: { url: '', from: '', user: '' },
      hooks: [{ kind: 'json', url: hook.url }],
    });
    const feed = (name, content) => {
      const path = join(folder(t), name);
      writeFileSync(path, name.endsWith('.gz') ? gzipSync(JSON.stringify(content)) : JSON.stringify(content));
      const done = sekisho(server.state, ['feeds', 'update', '--from', path]);
      assert.equal(done.code, 0, done.err);
      return done.out;
    };
    await admin.refused(422, 'POST', '/appliances', {
      name: 'x',
      kind: 'toaster',
      model: '',
      version: '1',
      reused: false,
      confirmed: false,
    });
    await admin.refused(422, 'POST', '/appliances', {
      name: '',
      kind: 'fortigate',
      model: '',
      version: '1',
      reused: false,
      confirmed: false,
    });
    const { id } = await admin.must('POST', '/appliances', {
      name: '本社 VPN',
      kind: 'fortigate',
      model: '',
      version: '7.4.99',
      reused: false,
      confirmed: true,
      person: admin.me.id,
    });
    let device = await admin.get(`/devices/${id}`);
    assert.deepEqual(
      [device.appliance, device.version, device.system, device.failing],
      ['fortigate', '7.4.99', 'FortiOS 7.4.99', []],
    );
    assert.equal((await checkOf(admin, id, 'software-vpn')).verdict, 'pass');
    // Why it is good: what was entered, held against what, of which day.
    const { list, words } = (await checkOf(admin, id, 'software-vpn')).evidence.basis;
    assert.ok(
      list.some(
        (one) => one.source === 'entry' && one.place === 'FortiOS' && one.seen === '7.4.99' && one.day,
      ),
      JSON.stringify(list),
    );
    assert.ok(words.length >= list.length && words.every((one) => one.ja && one.en));
    assert.equal((await checkOf(admin, id, 'disk-encryption')).verdict, 'not_applicable');
    assert.deepEqual((await admin.get('/survey')).systems, [], 'network gear is not counted among computers');

    // Known to be attacked, and nobody says which versions: open until somebody looks.
    // Of the organisation's calendar: Japan's.
    const today = new Date(Date.now() + 9 * 3600e3).toISOString().slice(0, 10);
    feed('kev.json', withEntry('CVE-2026-99999', 'Fortinet', 'FortiOS', today));
    await until(async () => (await checkOf(admin, id, 'known-exploited')).verdict === 'fail', 'the verdict');
    const told = await until(
      () => hook.calls.find((one) => JSON.stringify(one.body).includes('本社 VPN')),
      'the notice',
    );
    assert.match(JSON.stringify(told.body), /CVE-2026-99999/);
    assert.match(
      (await checkOf(admin, id, 'software-vpn')).evidence.detail.en,
      /nobody confirmed that these vulnerabilities.*: CVE-2026-99999;/,
    );
    assert.ok((await admin.get('/actions')).items.some((one) => one.id === 'software-vpn'));

    // NVD says that it is fixed here.
    assert.match(
      feed('nvdcve-2.0-2026.json.gz', nvd('CVE-2026-99999', '7.4.0', '7.4.50')),
      /Vulnerabilities by version NVD/,
    );
    await until(async () => (await checkOf(admin, id, 'known-exploited')).verdict === 'pass', 'the verdict');
    await admin.must('PUT', `/appliances/${id}`, {
      model: '',
      version: '7.4.49',
      reused: false,
      confirmed: true,
    });
    assert.equal(
      (await checkOf(admin, id, 'known-exploited')).verdict,
      'fail',
      'a confirmation does not outweigh the range',
    );
    assert.match(
      (await checkOf(admin, id, 'security-updates')).evidence.detail.ja,
      /CVE-2026-99999 \(9\.8\)/,
    );
    await admin.must('PUT', `/appliances/${id}`, {
      model: '',
      version: '7.4.50',
      reused: false,
      confirmed: true,
    });
    assert.deepEqual((await admin.get(`/devices/${id}`)).failing, []);

    // Nothing is taken from a feed with a fault in it.
    const broken = join(folder(t), 'broken.json');
    writeFileSync(broken, JSON.stringify(nvd('CVE-2026-1', '7', '9')));
    const before = readFileSync(join(server.state, 'sekisho/weaknesses.tsv'), 'utf8');
    const refused = sekisho(server.state, ['feeds', 'update', '--from', broken], { lang: 'ja' });
    assert.equal(refused.code, 2);
    assert.match(refused.err, /CVE の番号ではありません。.*\n何も変えていません。/s);
    assert.equal(readFileSync(join(server.state, 'sekisho/weaknesses.tsv'), 'utf8'), before);

    // An old one from the cupboard, of a maker without feeds.
    const old = await admin.must('POST', '/appliances', {
      name: '予備',
      kind: 'other-vpn',
      model: '',
      version: '',
      reused: true,
      confirmed: false,
    });
    assert.deepEqual((await admin.get(`/devices/${old.id}`)).failing.toSorted(), [
      'security-updates',
      'software-vpn',
    ]);
    await admin.must('PUT', `/appliances/${old.id}`, {
      model: '',
      version: '2.0',
      reused: true,
      confirmed: true,
    });
    device = await admin.get(`/devices/${old.id}`);
    assert.deepEqual(device.failing, []);
    assert.notEqual(device.confirmed_at, null);
    // Other firmware was seen by nobody yet.
    await admin.must('PUT', `/appliances/${old.id}`, {
      model: '',
      version: '2.1',
      reused: true,
      confirmed: false,
    });
    assert.equal((await admin.get(`/devices/${old.id}`)).confirmed_at, null);
    // A home router, whose weaknesses are known by model: CISA's catalogue names this one.
    const router = { model: 'DIR-820L', version: '1.05', reused: false, confirmed: false };
    const home = await admin.must('POST', '/appliances', { name: '自宅', kind: 'd-link', ...router });
    device = await admin.get(`/devices/${home.id}`);
    assert.equal(device.model, 'DIR-820L');
    assert.deepEqual(device.failing, ['known-exploited']);
    await admin.must('PUT', `/appliances/${home.id}`, { ...router, confirmed: true });
    assert.deepEqual((await admin.get(`/devices/${home.id}`)).failing, []);
    // Another model was seen by nobody yet.
    await admin.must('PUT', `/appliances/${home.id}`, { ...router, model: 'DIR-859' });
    device = await admin.get(`/devices/${home.id}`);
    assert.deepEqual(
      [device.model, device.confirmed_at, device.failing],
      ['DIR-859', null, ['known-exploited']],
    );
    await admin.refused(404, 'PUT', '/appliances/999', {
      model: '',
      version: '1',
      reused: false,
      confirmed: false,
    });
  });

  test(`${kind}: devices are found by group, owner, kind and state; views are each person's own`, async (t) => {
    const server = await serve(t, database(t, kind), [], { fresh: true });
    const { admin } = await firstAdministrator(server);
    const boss = await newPerson(admin, ['executive'], 'boss@firm.example');
    await admin.must(
      'POST',
      '/devices/import',
      new Uint8Array(
        Buffer.from(
          'name,os,os version\nPC-1,Windows 7,\nPC-2,Windows 11 Pro,10.0.26200.1\nPhone,iOS,26.1\n',
        ),
      ),
    );
    const [one, two, phone] = (await admin.get('/devices')).items;
    await admin.must('PUT', `/devices/${one.id}`, {
      name: 'PC-1',
      person: null,
      state: 'active',
      team: '営業',
    });
    await admin.must('PUT', `/devices/${phone.id}`, {
      name: 'Phone',
      person: null,
      state: 'active',
      team: '営業',
      own: true,
    });
    await admin.must('PUT', `/devices/${two.id}`, { name: 'PC-2', person: null, state: 'lost' });
    const { id: box } = await admin.must('POST', '/appliances', {
      name: 'Box',
      kind: 'home-router',
      model: '',
      version: '',
      reused: false,
      confirmed: false,
    });
    const names = async (query) =>
      (await boss.get(`/devices?${query}`)).items.map((device) => device.name).join(' ');
    assert.equal(await names(`team=${encodeURIComponent('営業')}`), 'PC-1 Phone');
    assert.equal(await names('kind=own'), 'Phone');
    assert.equal(await names('kind=appliance'), 'Box');
    assert.equal(await names('kind=computer'), 'PC-1 PC-2');
    assert.equal(await names('only=failing'), 'PC-1');
    assert.equal(await names('only=silent'), '');
    assert.equal(await names('state=lost&kind=computer'), 'PC-2');
    assert.deepEqual((await boss.get('/devices')).teams, ['営業']);
    const first = await boss.get('/devices?only=failing&limit=1');
    assert.deepEqual([first.items.length, first.next], [1, null]);
    // A change that says nothing of the group leaves it.
    await admin.must('PUT', `/devices/${one.id}`, { name: 'PC-1', person: null, state: 'active' });
    assert.equal((await admin.get(`/devices/${one.id}`)).team, '営業');

    const { id } = await admin.must('POST', '/device-views', { name: '営業の端末', query: 'team=x' });
    assert.equal((await admin.must('POST', '/device-views', { name: '営業の端末', query: 'team=y' })).id, id);
    assert.deepEqual((await admin.get('/device-views')).items, [{ id, name: '営業の端末', query: 'team=y' }]);
    assert.deepEqual((await boss.get('/device-views')).items, []);
    await boss.refused(404, 'DELETE', `/device-views/${id}`);
    await admin.must('DELETE', `/device-views/${id}`);
    for (let i = 0; i < 30; ++i) await boss.must('POST', '/device-views', { name: `${i}`, query: '' });
    await boss.refused(422, 'POST', '/device-views', { name: 'one more', query: '' });
    await boss.must('POST', '/device-views', { name: '0', query: 'state=lost' });
    assert.ok(box > 0);
  });

  test(`${kind}: a loss opens an incident, a device is wiped before it is given up, and its history stays`, async (t) => {
    const server = await serve(t, database(t, kind), [], { fresh: true });
    const { admin } = await firstAdministrator(server);
    const worker = await newPerson(admin, ['teleworker'], 'worker@firm.example');
    await admin.must(
      'POST',
      '/devices/import',
      new Uint8Array(
        Buffer.from('name,os,os version,user\nPC-1,Windows 7,,worker@firm.example\nPC-2,Windows 7,,\n'),
      ),
    );
    const [device, foreign] = (await admin.get('/devices')).items;
    const change = (state, more = {}) => ({ name: device.name, person: device.person.id, state, ...more });
    await admin.must('PUT', `/devices/${device.id}`, change('lost'));
    await admin.must('PUT', `/devices/${device.id}`, change('lost'));
    const incidents = (await admin.get('/incidents')).items;
    assert.deepEqual(
      incidents.map((one) => [one.kind, one.case, one.device.id, one.state]),
      [['lost_device', 8, device.id, 'open']],
    );

    const problem = await admin.refused(422, 'PUT', `/devices/${device.id}`, change('retired'));
    assert.deepEqual(problem.errors, [{ where: '/wiped', message: 'how it was wiped is missing.' }]);
    assert.equal((await admin.get(`/devices/${device.id}`)).state, 'lost', 'nothing was changed');
    await admin.must(
      'PUT',
      `/devices/${device.id}`,
      change('retired', { wiped: 'remote wipe, confirmed by the MDM' }),
    );
    const gone = await admin.get(`/devices/${device.id}`);
    assert.deepEqual([gone.state, gone.wiped_how], ['retired', 'remote wipe, confirmed by the MDM']);
    assert.notEqual(gone.wiped_at, null);
    await admin.must('PUT', `/devices/${device.id}`, change('retired'));
    assert.ok(
      (await admin.get('/audit')).items.some(
        (entry) => entry.action === 'device-changed' && entry.detail.wiped.startsWith('remote'),
      ),
    );
    // Found again: what is on it from now on is to be wiped anew.
    await admin.must('PUT', `/devices/${device.id}`, change('active'));
    assert.equal((await admin.get(`/devices/${device.id}`)).wiped_at, null);

    await admin.must(
      'POST',
      '/devices/import',
      new Uint8Array(Buffer.from('name,os,os version,user\nPC-1,Windows 11 Pro,10.0.26200.1,\n')),
    );
    const history = await worker.get(`/devices/${device.id}/history`);
    assert.deepEqual(
      history.items.filter((one) => one.check === 'os-support').map((one) => one.verdict),
      ['pass', 'fail'],
    );
    assert.ok(history.items[0].first_at <= history.items[0].observed_at);
    assert.equal((await worker.get(`/devices/${device.id}/history?limit=1`)).items.length, 1);
    await worker.refused(404, 'GET', `/devices/${foreign.id}/history`);
  });

  test(`${kind}: an SBOM's software is matched by Debian's fixes and NVD's ranges, and again when a feed is renewed`, async (t) => {
    const server = await serve(t, database(t, kind), [], { fresh: true });
    const { admin } = await firstAdministrator(server);
    const worker = await newPerson(admin, ['teleworker'], 'worker@firm.example');
    await admin.must(
      'POST',
      '/devices/import',
      new Uint8Array(Buffer.from('name,os,os version,user\nPC-1,Debian,12,worker@firm.example\n')),
    );
    const [device] = (await admin.get('/devices')).items;
    const feed = (name, content) => {
      const path = join(folder(t), name);
      writeFileSync(path, JSON.stringify(content));
      assert.equal(sekisho(server.state, ['feeds', 'update', '--from', path]).code, 0);
    };
    const osv = (id, events) => ({
      schema_version: '1.6.0',
      id,
      modified: new Date().toISOString(),
      affected: [
        { package: { ecosystem: 'Debian:12', name: 'glibc' }, ranges: [{ type: 'ECOSYSTEM', events }] },
      ],
    });
    feed('osv.json', osv('DEBIAN-CVE-2023-4911', [{ introduced: '0' }, { fixed: '2.36-9+deb12u3' }]));
    feed('nvd.json', nvd('CVE-2025-48384', '1.0', '2.0', 8));
    const bom = (version, others = true) =>
      new Uint8Array(
        Buffer.from(
          JSON.stringify({
            bomFormat: 'CycloneDX',
            specVersion: '1.5',
            version: 1,
            components: [
              {
                type: 'library',
                name: 'libc6',
                version,
                purl: `pkg:deb/debian/libc6@${encodeURIComponent(version)}?arch=amd64&distro=debian-12&upstream=glibc`,
              },
              {
                type: 'application',
                name: 'FortiOS',
                version: '1.5',
                cpe: 'cpe:2.3:o:fortinet:fortios:1.5:*:*:*:*:*:*:*',
              },
              ...(others
                ? [{ type: 'library', name: 'left-pad', version: '1.3.0', purl: 'pkg:npm/left-pad@1.3.0' }]
                : []),
            ],
          }),
        ),
      );
    const refused = await admin.refused(
      422,
      'PUT',
      `/devices/${device.id}/software`,
      new Uint8Array(Buffer.from('{"bomFormat":"SPDX","specVersion":"1.5"}')),
    );
    assert.match(refused.errors[0].message, /CycloneDX/);
    // The same in XML, and by the media types that SBOMs have.
    const xml = `<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.4" version="1"><components><component type="library"><group>@scope</group><name>left-pad</name><version>1.3.0</version><scope>optional</scope><purl>pkg:npm/%40scope/left-pad@1.3.0</purl></component><component type="library"><name>junit</name><scope>excluded</scope></component></components></bom>`;
    for (const [type, text] of [
      ['application/vnd.cyclonedx+xml; version=1.4', xml],
      ['application/xml', xml],
      ['Application/vnd.CycloneDX+json; version=1.5', Buffer.from(bom('1')).toString()],
      ['application/json', Buffer.from(bom('1')).toString()],
    ]) {
      const taken = await admin.call('PUT', `/devices/${device.id}/software`, text, {
        headers: { 'content-type': type },
      });
      assert.equal(taken.status, 200, type);
      assert.deepEqual(
        [taken.json.components, taken.json.optional, taken.json.excluded],
        text === xml ? [1, 1, 1] : [3, 0, 0],
        type,
      );
      if (text === xml)
        assert.equal((await admin.get(`/devices/${device.id}/software`)).items[0].name, '@scope/left-pad');
    }
    await admin.refused(415, 'PUT', `/devices/${device.id}/software`, xml, {
      headers: { 'content-type': 'text/xml' },
    });
    await admin.refused(404, 'PUT', '/devices/999/software', bom('1'));
    await worker.refused(403, 'PUT', `/devices/${device.id}/software`, bom('1'));
    const put = () => admin.must('PUT', `/devices/${device.id}/software`, bom('2.36-9'));
    await until(async () => (await put()).known === 2, 'the lists are in use');
    assert.deepEqual(await put(), {
      components: 3,
      optional: 0,
      excluded: 0,
      known: 2,
      open: 2,
      exploited: shipped.vulnerabilities.filter((one) =>
        ['CVE-2023-4911', 'CVE-2025-48384'].includes(one.cveID),
      ).length,
    });
    const list = (await worker.get(`/devices/${device.id}/software`)).items;
    assert.deepEqual(
      list.map((one) => [
        one.name,
        one.known,
        one.weaknesses.map((weakness) => [weakness.id, weakness.score, weakness.fixed]),
      ]),
      [
        ['libc6', true, [['CVE-2023-4911', null, '2.36-9+deb12u3']]],
        ['FortiOS', true, [['CVE-2025-48384', 8, null]]],
        ['left-pad', false, []],
      ],
    );
    assert.equal(list[1].weaknesses[0].exploited, true);
    assert.equal(list[0].weaknesses[0].title, null);
    // With JVN iPedia's RSS they have names; one that is broken changes nothing.
    const rdf = join(folder(t), 'jvndb.rdf');
    const rss = (items) =>
      `<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:sec="http://jvn.jp/rss/mod_sec/3.0/">${items}`;
    writeFileSync(
      rdf,
      rss(
        '<item><title>GNU C Library における境界外書き込みの脆弱性</title><link>https://jvndb.jvn.jp/ja/contents/2023/JVNDB-2023-013505.html</link><sec:identifier>JVNDB-2023-013505</sec:identifier><sec:references source="CVE" id="CVE-2023-4911">x</sec:references></item></rdf:RDF>',
      ),
    );
    const taken = sekisho(server.state, ['feeds', 'update', '--from', rdf]);
    assert.match(taken.out, /JVN iPedia \(CVEs\)\s+1 /);
    writeFileSync(rdf, rss('<item>'));
    assert.match(
      sekisho(server.state, ['feeds', 'update', '--from', rdf]).err,
      /JVN iPedia's RSS.*\n.*Nothing was changed/,
    );
    const named = await until(async () => {
      const [one] = (await worker.get(`/devices/${device.id}/software`)).items[0].weaknesses;
      return one.title && one;
    }, 'the name that JVN gives');
    assert.equal(named.title.ja, 'GNU C Library における境界外書き込みの脆弱性');
    assert.equal(named.page.en, 'https://jvndb.jvn.jp/ja/contents/2023/JVNDB-2023-013505.html');
    assert.equal((await checkOf(admin, device.id, 'known-exploited')).verdict, 'fail');
    assert.match(
      (await checkOf(admin, device.id, 'security-updates')).evidence.detail.en,
      /CVE-2023-4911 \(libc6 2\.36-9\)/,
    );
    // Upgraded, and NVD took its range back: good again, by itself.
    await admin.must('PUT', `/devices/${device.id}/software`, bom('2.36-9+deb12u3'));
    feed('nvd.json', nvd('CVE-2025-48384', '3.0', '4.0', 8));
    const exploited = async (words) => {
      const seen = async () => await checkOf(admin, device.id, 'known-exploited');
      await until(async () => words.test((await seen()).evidence.detail.en), String(words));
      return (await seen()).verdict;
    };
    // But NVD's data holds one of the many weaknesses that are attacked, and a part of the list is known.
    assert.equal(
      await exploited(/NVD's data lacks \d+ of the \d+ vulnerabilities.*2 of 3 components matched/),
      'unknown',
    );
    feed('kev.json', {
      ...shipped,
      dateReleased: `${new Date().toISOString().slice(0, 10)}T00:00:00.0Z`,
      vulnerabilities: shipped.vulnerabilities.filter((one) => one.cveID === 'CVE-2025-48384'),
    });
    assert.equal(await exploited(/no feed knows the other 1 \(2 of 3 components matched\)/), 'unknown');
    await admin.must('PUT', `/devices/${device.id}/software`, bom('2.36-9+deb12u3', false));
    assert.equal(
      await exploited(/no vulnerability in real attacks was found \(2 of 2 components matched\)/),
      'pass',
    );
    assert.equal((await checkOf(admin, device.id, 'security-updates')).verdict, 'pass');
    assert.deepEqual((await admin.get(`/devices/${device.id}/software?only=open`)).items, []);
    // A record of JVN iPedia whose versions have one meaning counts where NVD gives none.
    const vuldef = join(folder(t), 'vuldef.xml');
    const record = (words) =>
      `<?xml version="1.0" encoding="UTF-8"?>\n<VULDEF-Document version="3.2" xmlns="http://jvn.jp/vuldef/" xml:lang="ja"><Vulinfo><VulinfoID>JVNDB-2025-000009</VulinfoID><VulinfoData><Title>FortiOS における認証回避の脆弱性</Title><Affected><AffectedItem><Cpe version="2.2">cpe:/o:fortinet:fortios</Cpe><VersionNumber>${words}</VersionNumber></AffectedItem></Affected><Impact><Cvss version="3.0"><Base>9.8</Base></Cvss></Impact><Related><RelatedItem type="advisory"><VulinfoID>CVE-2025-0009</VulinfoID></RelatedItem></Related></VulinfoData></Vulinfo></VULDEF-Document>`;
    for (const [words, said, open] of [
      ['一部のモデル', '0 products with versions that were read, 1 ', []],
      [
        '1.4 以上 1.6 未満',
        '1 products with versions that were read, 0 ',
        [['CVE-2025-0009', 9.8, 'FortiOS における認証回避の脆弱性']],
      ],
    ]) {
      writeFileSync(vuldef, record(words));
      const told = sekisho(server.state, ['feeds', 'update', '--from', vuldef]);
      assert.ok(told.out.includes(said), told.out);
      await until(async () => {
        const [item] = (await admin.get(`/devices/${device.id}/software?only=open`)).items;
        return (
          JSON.stringify((item?.weaknesses ?? []).map((one) => [one.id, one.score, one.title.ja])) ===
          JSON.stringify(open)
        );
      }, words);
    }
    assert.equal((await admin.get(`/devices/${device.id}/software?limit=1`)).items.length, 1);
  });

  test(`${kind}: a device's user is mailed in plain words what to mend`, async (t) => {
    const server = await serve(t, database(t, kind), [], { fresh: true });
    const { admin } = await firstAdministrator(server);
    await newPerson(admin, ['teleworker'], 'worker@firm.example');
    await admin.must(
      'POST',
      '/devices/import',
      new Uint8Array(
        Buffer.from(
          'name,os,os version,user\nPC-1,Windows 7,,worker@firm.example\nPC-2,Windows 7,,\nPC-3,iOS,26.1,worker@firm.example\n',
        ),
      ),
    );
    const [device, nobody, good] = (await admin.get('/devices')).items;
    assert.match((await admin.refused(422, 'POST', `/devices/${device.id}/message`, {})).title, /mail|SMTP/i);
    const post = await mailbox(t);
    await admin.must('PUT', '/notices', {
      smtp: { url: post.url, from: 'sekisho@firm.example', user: 'sekisho', password: 'geheim' },
      hooks: [],
    });
    await admin.refused(422, 'POST', `/devices/${nobody.id}/message`, {});
    await admin.refused(422, 'POST', `/devices/${good.id}/message`, {});
    await admin.refused(404, 'POST', '/devices/999/message', {});
    // The administrator may be told meanwhile that something began to fail.
    const theirs = () => post.mails.filter((one) => one.to.includes('worker@firm.example'));
    assert.deepEqual(theirs(), []);
    assert.deepEqual(
      await admin.must('POST', `/devices/${device.id}/message`, { text: '金曜までにお願いします。' }),
      { checks: 1 },
    );
    const mail = await until(() => theirs()[0], 'the mail');
    assert.deepEqual(mail.to, ['worker@firm.example']);
    const { subject, body } = read(mail);
    // In the language of whoever reads it.
    assert.match(subject, /^What to put right/);
    assert.match(body, /金曜までにお願いします。/);
    assert.match(body, /support of Windows 7 ended on 2020-01-14/);
    assert.doesNotMatch(body, /サポートは/);
    assert.match(body, new RegExp(`${server.url}/mine`));
    assert.notEqual((await admin.get(`/devices/${device.id}`)).told_at, null);
  });
}

test("the demo has network gear and groups, and no devices of people's own, which its answers deny", async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  assert.ok((await admin.get('/devices?kind=appliance')).items.length >= 2);
  assert.ok((await admin.get('/organisation')).situations.company_owned);
  assert.equal((await admin.get('/devices?kind=own')).items.length, 0);
  assert.ok((await admin.get('/devices')).teams.length >= 2);
});

test('what is typed is read back by the reading that judges it', async (t) => {
  const server = await serve(t, join(folder(t), 's.db'));
  const { admin } = await firstAdministrator(server);
  const reading = (query) => admin.get(`/reading?${new URLSearchParams(query)}`);
  const gear = (kind, version, name = '') => reading({ of: 'appliance', kind, name, version });
  for (const { id } of (await admin.get('/guideline')).appliances) {
    const { is, words } = await gear(id, '');
    assert.equal(is, 'nothing', id);
    assert.ok(words.ja && words.en, id);
  }
  const whole = await gear('fortigate', 'FortiGate 60F v7.2.6 build1575');
  assert.deepEqual(
    [whole.is, whole.words.en],
    ['read', "FortiOS 7.2.6 read from 'FortiGate 60F v7.2.6 build1575'"],
  );
  const none = await gear('fortigate', '最新');
  assert.equal(none.is, 'not_read');
  assert.match(none.words.ja, /読み取れません.*見る所: コマンド get system status/);
  assert.equal((await gear('tp-link', '1.1.3')).is, 'unclear');
  assert.equal((await reading({ of: 'system', name: 'Windows 11 Pro', version: '24H2' })).is, 'read');
  assert.equal((await reading({ of: 'system', name: 'Windows 11 Pro', version: '' })).is, 'not_read');
  assert.equal((await reading({ of: 'program', name: 'Zoom', version: '5.17.5 (29101)' })).is, 'read');
  await admin.refused(422, 'GET', '/reading?of=appliance&kind=toaster&version=1');
  await admin.refused(422, 'GET', `/reading?of=program&name=${'x'.repeat(201)}`);
});
