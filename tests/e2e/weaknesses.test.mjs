// SPDX-License-Identifier: Apache-2.0
// Open weaknesses of the packages that are really installed here, by OSV's records.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { folder, must, sekisho } from './sekisho.mjs';

const record = (id, source, events, more = {}) =>
  JSON.stringify({
    schema_version: '1.6.0',
    id,
    modified: new Date().toISOString(),
    affected: [
      { package: { ecosystem: 'Debian:12', name: source }, ranges: [{ type: 'ECOSYSTEM', events }] },
    ],
    ...more,
  });
const release = /^VERSION_ID="(\d+)"/m.exec(readFileSync('/etc/os-release', 'utf8'))[1];

test('what OSV says of installed packages is listed, with the version that mends it', (t) => {
  const state = folder(t);
  const osv = join(folder(t), 'osv');
  mkdirSync(osv);
  const [source, version] = must('dpkg-query', [
    '-W',
    '-f',
    '${source:Package} ${source:Version}',
    'libc6',
  ]).split(' ');
  const built = must('dpkg-query', ['-W', '-f', '${binary:Package} ${source:Package}\n'])
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, from]) => from === source)
    .map(([name]) => name.split(':')[0]);
  const give = (name, text) => {
    writeFileSync(join(osv, name), text);
    return sekisho(state, ['feeds', 'update', '--from', osv]);
  };
  const list = (args = []) => {
    const done = sekisho(state, ['weaknesses', '--release', '12', '--format', 'json', ...args]);
    assert.ok(done.code <= 1, done.err);
    return { code: done.code, ...JSON.parse(done.out) };
  };
  const none = sekisho(state, ['weaknesses', '--release', '12'], { lang: 'ja' });
  assert.equal(none.code, 2);
  assert.match(none.err, /脆弱性のデータがありません/);

  give('1.json', record('DEBIAN-CVE-2999-0001', source, [{ introduced: '0' }, { fixed: version + '+1' }]));
  give('2.json', record('DEBIAN-CVE-2999-0002', source, [{ introduced: '0' }, { fixed: version }]));
  give('3.json', record('DEBIAN-CVE-2999-0003', source, [{ introduced: '0' }]));
  give('4.json', record('DEBIAN-CVE-2999-0004', 'not-installed', [{ introduced: '0' }]));
  const all = list();
  assert.equal(all.code, 1);
  assert.deepEqual([...new Set(all.weaknesses.map((one) => one.package))].toSorted(), built.toSorted());
  assert.deepEqual(
    all.weaknesses.filter((one) => one.package === 'libc6').map((one) => [one.id, one.fixed]),
    [
      ['CVE-2999-0001', version + '+1'],
      ['CVE-2999-0003', null],
    ],
  );
  assert.deepEqual([...new Set(list(['--fixable']).weaknesses.map((one) => one.id))], ['CVE-2999-0001']);

  // Mended in the newest record: nothing that an update would help with is left.
  give('1.json', record('DEBIAN-CVE-2999-0001', source, [{ introduced: '0' }, { fixed: version }]));
  assert.equal(list().code, 0);
  assert.match(
    sekisho(state, ['weaknesses', '--release', '12']).out,
    /CVE-2999-0003 libc6 \S+ \(no fix yet\)/,
  );
  // A record with a fault: nothing is changed, and it is named.
  const broken = give(
    '5.json',
    '{"schema_version":"1.6.0","id":"X-1","affected":[{"package":{"ecosystem":"Debian:12","name":"x"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":0}]}]}]}',
  );
  assert.equal(broken.code, 2);
  assert.match(broken.err, /5\.json: X-1/);
  assert.equal(list().code, 0);
  // What is left out is said, and where nothing can be used it is no success.
  const other = (ecosystem, more = {}) => ({
    schema_version: '1.6.0',
    id: 'GHSA-1',
    affected: [
      {
        package: { ecosystem, name: 'x' },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.0.0' }] }],
      },
    ],
    ...more,
  });
  const take = (record, lang) => {
    const path = join(folder(t), 'one.json');
    writeFileSync(path, JSON.stringify(record));
    return sekisho(state, ['feeds', 'update', '--from', path], { lang });
  };
  const gems = take(other('RubyGems'));
  assert.equal(gems.code, 2);
  assert.match(gems.err, /of 1 records of OSV none can be used: 1 of RubyGems, an ecosystem that isn't used/);
  assert.match(take(other('npm', { affected: [] }), 'ja').err, /使えるバージョンの範囲がないもの 1 件/);
  const npm = take(other('npm'));
  assert.equal(npm.code, 0, npm.err);
  assert.match(npm.out, /1 records of OSV were read\. Used: npm 1\n/);
  assert.match(npm.out, /Vulnerabilities of npm OSV \(records\) .* 1 /);
  // An archive is all of the ecosystem that each of its records tells of, and of no other.
  const archive = folder(t);
  const both = other('npm', { id: 'GHSA-2', aliases: ['CVE-2999-0009'] });
  both.affected.push({
    package: { ecosystem: 'PyPI', name: 'x' },
    ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }],
  });
  writeFileSync(join(archive, '1.json'), JSON.stringify(other('npm')));
  writeFileSync(join(archive, '2.json'), JSON.stringify(both));
  must('zip', ['-qj', join(archive, 'all.zip'), join(archive, '1.json'), join(archive, '2.json')]);
  const whole = sekisho(state, ['feeds', 'update', '--from', join(archive, 'all.zip')]);
  assert.match(whole.out, /2 records of OSV were read\. Used: npm 2\n/, whole.err);
  assert.doesNotMatch(whole.out, /PyPI OSV/);
  writeFileSync(join(archive, '3.json'), JSON.stringify(other('PyPI', { id: 'PYSEC-1' })));
  must('zip', ['-qj', join(archive, 'all.zip'), join(archive, '3.json')]);
  const mixed = sekisho(state, ['feeds', 'update', '--from', join(archive, 'all.zip')]);
  assert.match(mixed.out, /3 records of OSV were read\. Used: npm 2, PyPI 2\n/, mixed.err);
  // An answer of endoflife.date's API v1 has a schema_version as well, and is taken as what it is.
  const v1 = join(folder(t), 'debian.json');
  writeFileSync(
    v1,
    JSON.stringify({
      schema_version: '1.2.0',
      generated_at: '2026-11-24T00:00:00Z',
      result: {
        name: 'debian',
        releases: [{ name: '12', isEol: false, eolFrom: '2026-06-10', isLts: true }],
      },
    }),
  );
  const taken = sekisho(state, ['feeds', 'update', '--from', v1]);
  assert.equal(taken.code, 0, taken.err);
  if (release === '12')
    assert.equal(JSON.parse(sekisho(state, ['weaknesses', '--format', 'json']).out).release, '12');
});
