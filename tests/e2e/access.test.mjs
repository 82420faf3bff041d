// SPDX-License-Identifier: Apache-2.0
// Access policies at the command line: why somebody may or may not, and what another policy would do. The
// records are a file that the program made, filled here with people, devices and evidence.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder, must, sekisho } from './sekisho.mjs';
import { SqliteFile } from './sqlite.mjs';

const at = Date.UTC(2026, 10, 27, 3, 0, 0) / 1000; // noon in Japan
const when = '2026-11-27T03:00:00Z';
const checks = {
  '5-1': ['os-support', 'software-browser', 'software-office'],
  '5-2': ['security-updates', 'package-lists-age', 'automatic-updates', 'reboot-required', 'known-exploited'],
  '2-1': ['antivirus-present', 'antivirus-running', 'antivirus-signatures'],
  '8-3': ['disk-encryption', 'swap-encryption'],
  'SK-worker-K2': ['screen-lock', 'automatic-login'],
  'SK-admin-I6': [
    'firewall',
    'listening-remote-desktop',
    'listening-file-sharing',
    'listening-database',
    'listening-legacy',
  ],
};

/** A firm of three: an administrator with a sound PC, somebody with one, and somebody without a second factor. */
class Firm {
  constructor(t) {
    this.state = folder(t);
    const made = sekisho(this.state, ['answer', 'method', 'vpn']);
    assert.equal(made.code, 0, made.err);
    this.file = join(this.state, 'sekisho', 'sekisho.db');
    this.db = new SqliteFile(this.file);
    this.change = 0;
    this.person(1, 'Root', 'root@example.jp', 'administrator', 'JBSWY3DP');
    this.person(2, 'Aoi', 'aoi@example.jp', 'teleworker', 'JBSWY3DP');
    this.person(3, 'Ken', 'ken@example.jp', 'teleworker', '');
    for (const id of [1, 2, 3]) this.device(id);
  }
  person(id, name, email, roles, totp) {
    this.db.run(
      `INSERT INTO person (id, email, name, roles, lang, state, totp, totp_step, recovery, created_at) VALUES (${id}, '${email}', '${name}', '${roles}', 'ja', 'active', ${totp ? `'${totp}'` : 'NULL'}, 0, '', ${at - 9e6})`,
    );
  }
  device(id) {
    this.db.run(
      `INSERT INTO device (id, subject, name, person_id, state, created_at, own) VALUES (${id}, 'host:pc-${id}', 'pc-${id}', ${id}, 'active', ${at - 9e6}, 0);
       INSERT INTO device_certificate (device_id, fingerprint, public_key, issued_at, expires_at) VALUES (${id}, '${String(id).repeat(64)}', 'AAAA', ${at - 9e6}, ${at + 9e6})`,
    );
    for (const check of Object.values(checks).flat()) this.saw(id, check, 'pass');
  }
  saw(id, check, verdict, { first = at - 3600, last = at - 3600, until = at + 86400 } = {}) {
    this.change += 1;
    this.db.run(
      `INSERT INTO evidence (change, subject, check_id, verdict, first_at, observed_at, valid_until, source, detail_ja, detail_en) VALUES (${this.change}, 'host:pc-${id}', '${check}', '${verdict}', ${first}, ${last}, ${until}, 'collector:host', '-', '-')`,
    );
  }
  run(...args) {
    return sekisho(this.state, ['access', ...args]);
  }
  /** {code, answer, codes, …} of explain for a person on their own PC. */
  explain(id, resource, ...more) {
    const person = { 1: 'root@example.jp', 2: 'aoi@example.jp', 3: 'ken@example.jp' }[id];
    const done = this.run(
      'explain',
      '--person',
      person,
      '--device',
      `pc-${id}`,
      '--resource',
      resource,
      '--at',
      when,
      '--json',
      ...more,
    );
    assert.equal(done.err, '');
    const told = JSON.parse(done.out);
    for (const reason of told.reasons) assert.ok(reason.text.ja && reason.text.en);
    return { code: done.code, ...told, codes: told.reasons.map((one) => one.code) };
  }
}

test('what the policy answers follows the evidence, and why is said', (t) => {
  const firm = new Firm(t);
  const before = readFileSync(firm.file);

  let told = firm.explain(2, 'office-network');
  assert.deepEqual([told.code, told.answer, told.after_factor], [1, 'step_up', 'allow']);
  assert.deepEqual(told.codes, ['second_factor_due']);
  told = firm.explain(2, 'office-network', '--factor', 'code');
  assert.deepEqual([told.code, told.answer, told.codes], [0, 'allow', []]);
  assert.equal(told.enforced, false);

  assert.deepEqual(firm.explain(3, 'office-network').codes, ['second_factor_missing']);
  assert.deepEqual(firm.explain(2, 'vpn-administration').codes, ['person_not_named']);
  assert.equal(firm.explain(1, 'vpn-administration', '--factor', 'code').answer, 'allow');
  assert.deepEqual(firm.explain(2, 'office-netwark').codes, ['resource_unknown']);
  assert.equal(firm.explain(2, 'office-network', '--factor', 'code', '--risk', 'confirmed').answer, 'deny');
  // Reading changes nothing.
  assert.deepEqual(readFileSync(firm.file), before);

  // Disk encryption has no grace; updates have.
  firm.saw(2, 'disk-encryption', 'fail', { first: at - 60, last: at - 60 });
  told = firm.explain(2, 'office-network', '--factor', 'code');
  assert.deepEqual([told.answer, told.codes, told.reasons[0].measure], ['deny', ['measure_failing'], '8-3']);
  firm.saw(2, 'disk-encryption', 'pass', { first: at - 30, last: at - 30 });
  firm.saw(2, 'security-updates', 'fail', { first: at - 60, last: at - 60 });
  told = firm.explain(2, 'office-network', '--factor', 'code');
  assert.deepEqual([told.answer, told.codes], ['allow', ['measure_in_grace']]);
  assert.equal(
    told.reasons[0].until,
    new Date((at - 60 + 7 * 86400) * 1000).toISOString().replace('.000', ''),
  );

  // Time alone takes it away: nothing is known of the day after tomorrow.
  const later = JSON.parse(
    firm.run(
      'explain',
      '--person',
      'root',
      '--device',
      'PC-1',
      '--resource',
      'vpn-administration',
      '--at',
      '2026-11-29 12:00',
      '--factor',
      'code',
      '--json',
    ).out,
  );
  assert.equal(later.answer, 'deny');
  assert.ok(later.reasons.some((one) => one.code === 'measure_unknown' && one.measure === '8-3'));

  firm.db.run(
    `UPDATE device SET state = 'lost' WHERE id = 1; UPDATE person SET state = 'disabled' WHERE id = 2`,
  );
  assert.deepEqual(firm.explain(1, 'vpn-administration', '--factor', 'code').codes, ['device_lost']);
  assert.deepEqual(firm.explain(2, 'office-network').codes, ['person_disabled']);
  firm.db.run(
    `UPDATE device SET state = 'active', copied_at = ${at} WHERE id = 1; UPDATE device_certificate SET revoked_at = ${at} WHERE device_id = 1`,
  );
  assert.deepEqual(firm.explain(1, 'vpn-administration').codes.slice(0, 2), [
    'device_copied',
    'device_unproven',
  ]);
});

test('explain speaks to people, in both languages', (t) => {
  const firm = new Firm(t);
  firm.saw(2, 'firewall', 'fail', { first: at - 3 * 86400, last: at - 60 });
  const ask = [
    'access',
    'explain',
    '--person',
    'Aoi',
    '--device',
    'pc-2',
    '--resource',
    'office-network',
    '--at',
    when,
  ];
  const en = sekisho(firm.state, ask);
  assert.equal(en.code, 1);
  assert.match(en.out, /Aoi \(aoi@example.jp\) on pc-2 to Office network \(VPN\) \(office-network\): denied/);
  assert.match(en.out, /does not meet: SK-admin-I6 .*My page/);
  assert.match(en.out, /stops nobody by itself/);
  const ja = sekisho(firm.state, ask, { lang: 'ja' });
  assert.match(
    ja.out,
    /Aoi（aoi@example.jp）が pc-2 から 社内ネットワーク（VPN） \(office-network\): 使えません/,
  );
  assert.match(ja.out, /2026-11-27 12:00 UTC\+09:00/);
  assert.match(ja.out, /止まるわけではありません/);

  for (const [args, said] of [
    [
      ['--person', 'aoi@exampel.jp', '--device', 'pc-2', '--resource', 'x'],
      /no such person.*Did you mean aoi@example.jp/,
    ],
    [['--person', 'aoi', '--device', 'pc-22', '--resource', 'x'], /no such device.*Did you mean pc-2/],
    [['--person', 'aoi', '--device', 'pc-2', '--resource', 'x', '--at', 'noon'], /write a time like/],
    [['--person', 'aoi', '--device', 'pc-2', '--resource', 'x', '--from', '1.2.3'], /not an IP address/],
    [['--person', 'aoi', '--device', 'pc-2', '--resource', 'x', '--policy', 'vpm'], /Did you mean vpn/],
  ]) {
    const done = firm.run('explain', ...args);
    assert.equal(done.code, 2);
    assert.match(done.err, said);
  }
  firm.db.run(`UPDATE device SET name = 'both' WHERE id IN (2, 3)`);
  const asked = (device) =>
    firm.run('explain', '--person', 'aoi', '--device', device, '--resource', 'office-network', '--at', when);
  assert.match(asked('both').err, /name one of: host:pc-2, host:pc-3/);
  // Who names a device as another is called makes that one no harder to name.
  firm.db.run(`UPDATE device SET name = 'host:pc-2' WHERE id = 1`);
  assert.match(asked('host:pc-2').out, /both/);
  firm.db.run(`DELETE FROM setting WHERE name = 'method'`);
  assert.match(
    firm.run('explain', '--person', 'aoi', '--device', 'pc-2', '--resource', 'x').err,
    /no method in use is set/,
  );
  // Records of another version say less, or more, than is understood.
  const old = join(firm.state, 'old.db');
  copyFileSync(firm.file, old);
  new SqliteFile(old).run('PRAGMA user_version = 3');
  assert.match(firm.run('what-if', 'vpn', '--database', old, '--against', 'vpn').err, /another version/);
  assert.match(
    firm.run('what-if', 'vpn', '--database', '/nowhere/x.db', '--against', 'vpn').err,
    /no record file/,
  );
});

test('what is saved, suspended and grouped on the server is what the commands go by', (t) => {
  const firm = new Firm(t);
  const codes = () => firm.explain(2, 'office-network', '--factor', 'code').codes;
  assert.deepEqual(codes(), []);
  assert.equal(firm.run('suspend', '--device', 'pc-2', '--reason', 'malware').code, 0);
  assert.deepEqual(codes(), ['device_suspended']);
  assert.equal(firm.run('restore', '--device', 'pc-2').code, 0);
  assert.deepEqual(codes(), []);
  assert.equal(firm.run('restore', '--device', 'pc-2').code, 2, 'it is restored once');
  // For a time.
  const later = new Date(Date.now() + 3600_000).toISOString().replace(/\.\d+/, '');
  assert.equal(firm.run('suspend', '--person', 'aoi@example.jp', '--reason', 'x', '--until', later).code, 0);
  assert.deepEqual(codes(), ['person_suspended']);
  assert.equal(firm.run('restore', '--person', 'aoi@example.jp').code, 0);
  assert.equal(firm.run('suspend', '--person', 'root@example.jp', '--reason', 'x').code, 2, 'the last one');
  for (const wrong of [[], ['--person', 'root@example.jp', '--device', 'pc-1'], ['--device', 'pc-9']])
    assert.equal(firm.run('suspend', ...wrong, '--reason', 'x').code, 2, wrong.join(' '));

  const text = firm.run('policy', 'vpn', '--yaml').out;
  const saved = text.replaceAll('roles: [executive, administrator, teleworker]', 'groups: [sales]');
  assert.notEqual(saved, text);
  const quoted = saved.replaceAll("'", "''");
  firm.db.run(`INSERT INTO access_policy (text, saved_at, saved_by) VALUES ('${quoted}', 0, 1)`);
  assert.deepEqual(codes(), ['person_not_named']);
  firm.db.run("INSERT INTO person_group (person_id, name) VALUES (2, 'sales')");
  assert.deepEqual(codes(), []);
});

test('what-if names whom a policy locks out and lets in, and warns of losing all administrators', (t) => {
  const firm = new Firm(t);
  firm.saw(2, 'antivirus-running', 'fail', { first: at - 9 * 86400, last: at - 60 });
  const own = join(firm.state, 'own.yaml');
  const what = (text) => {
    writeFileSync(own, text);
    const done = firm.run('what-if', own, '--at', when, '--json');
    return { code: done.code, err: done.err, ...(done.out ? JSON.parse(done.out) : {}) };
  };
  const vpn = must(process.env.SEKISHO_BINARY, ['access', 'policy', 'vpn', '--yaml']);

  let told = what(vpn);
  assert.deepEqual([told.code, told.locked_out, told.let_in, told.people], [0, [], [], 3]);
  assert.deepEqual(told.reached, { before: 2, after: 2 }); // root alone; file-server asks for what isn't known

  // Without the antivirus Aoi gets in; whoever has no second factor doesn't.
  told = what(vpn.replaceAll(/.*"2-1".*\n/g, ''));
  assert.deepEqual(
    told.let_in.map((one) => [one.person, one.resource]),
    [['aoi@example.jp', 'office-network']],
  );
  assert.deepEqual(told.locked_out, []);

  // Of office-network root is no longer one.
  told = what(vpn.replaceAll('[executive, administrator, teleworker]', '[teleworker]'));
  assert.equal(told.code, 0);
  assert.ok(!told.locks_out_all_administrators);

  told = what(vpn.replaceAll('administrator', 'auditor'));
  assert.equal(told.code, 1);
  assert.equal(told.locks_out_all_administrators, true);
  assert.deepEqual(told.locked_out.map((one) => [one.person, one.resource, one.codes[0]]).sort()[0], [
    'root@example.jp',
    'office-network',
    'person_not_named',
  ]);
  writeFileSync(own, vpn.replaceAll('administrator', 'auditor'));
  const loud = firm.run('what-if', own, '--at', when);
  assert.equal(loud.code, 1);
  assert.match(loud.out, /^!!! DANGER: under this policy none of the 1 administrators/);

  told = what(vpn.replace('kind: network', 'kind: netwrok'));
  assert.equal(told.code, 2);
  assert.match(told.err, /own.yaml:\d+: .*Did you mean network\?/);
});

test('what-if sees what any device of the organisation opens, as explain does', (t) => {
  const firm = new Firm(t);
  for (const id of [2, 3]) firm.saw(id, 'disk-encryption', 'fail', { last: at - 60 });
  const any = (device) => `policy: {name: n, about: a}
resources:
  - {id: crm, name: c, kind: application, sensitivity: low, who: {roles: [teleworker]}, device: ${device},
     own_devices: false, evidence: 3 days, second_factor: none, measures: ["8-3"]}
`;
  for (const [device, allowed] of [
    ['any', ['aoi@example.jp', 'ken@example.jp']],
    ['registered', []],
  ]) {
    const file = join(firm.state, `${device}.yaml`);
    writeFileSync(file, any(device));
    const told = JSON.parse(firm.run('what-if', file, '--against', 'vpn', '--at', when, '--json').out);
    const lets = told.let_in.filter((one) => one.resource === 'crm').map((one) => one.person);
    assert.deepEqual(lets.sort(), allowed, device);
    const explained = ['aoi@example.jp', 'ken@example.jp'].filter((person) =>
      [1, 2, 3].some((id) => {
        const who = ['--person', person, '--device', `pc-${id}`, '--resource', 'crm'];
        return firm.run('explain', ...who, '--policy', file, '--at', when).code === 0;
      }),
    );
    assert.deepEqual(explained, allowed, device);
  }
});

test('each method has a policy that says in words what it asks', (t) => {
  const state = folder(t);
  const list = sekisho(state, ['access', 'policy']);
  const methods = list.out
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .map((line) => line.trim().split(' ')[0]);
  assert.equal(methods.length, 7);
  for (const method of methods) {
    for (const lang of ['ja', 'en']) {
      const shown = sekisho(state, ['access', 'policy', method], { lang });
      assert.equal(shown.code, 0, shown.err);
      assert.match(shown.out, lang === 'ja' ? /使える人: .*管理者/ : /who: .*administrator/);
      assert.match(shown.out, /5-2/);
    }
    const file = join(state, `${method}.yaml`);
    writeFileSync(file, sekisho(state, ['access', 'policy', method, '--yaml']).out);
    assert.equal(
      sekisho(state, ['access', 'policy', file]).out,
      sekisho(state, ['access', 'policy', method]).out,
    );
  }
});
