// SPDX-License-Identifier: Apache-2.0
// An osqueryd as its documentation and its own test server describe it, over TLS 1.2; and our queries, run by SQLite
// over tables with the columns that osquery documents, in the states that machines are found in.
import assert from 'node:assert/strict';
import { request } from 'node:https';
import { join } from 'node:path';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { database, firstAdministrator, folder, serve } from './server.mjs';
import { must } from './sekisho.mjs';

/** A node: it trusts the authority that it was given and nothing else, and speaks TLS 1.2 as osquery's client does. */
class Node {
  constructor(
    { flags, authority, secret },
    identifier,
    platform = 'windows',
    name = 'Microsoft Windows 11 Pro',
    version = '10.0.26200',
  ) {
    const flag = (key) => new RegExp(`^--${key}=(.*)$`, 'm').exec(flags)[1];
    const [host, port] = flag('tls_hostname').split(':');
    Object.assign(this, {
      flag,
      host,
      port,
      authority,
      secret,
      identifier,
      system: { platform, name, version },
      key: '',
    });
  }
  post(path, body, { gzip = false } = {}) {
    const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    return new Promise((done, failed) => {
      const sent = request(
        {
          host: this.host,
          port: this.port,
          path,
          method: 'POST',
          ca: this.authority,
          maxVersion: 'TLSv1.2',
          ciphers: 'ECDH+AESGCM:ECDH+AES256',
          agent: false,
          headers: {
            'content-type': 'application/json',
            'user-agent': 'osquery/5.14.1',
            ...(gzip ? { 'content-encoding': 'gzip' } : {}),
          },
        },
        (reply) => {
          const parts = [];
          reply.on('data', (part) => parts.push(part));
          reply.on('end', () =>
            done({ status: reply.statusCode, json: JSON.parse(Buffer.concat(parts).toString()) }),
          );
        },
      );
      sent.on('error', failed);
      sent.end(gzip ? gzipSync(text) : text);
    });
  }
  async enroll(secret = this.secret) {
    const { json } = await this.post(this.flag('enroll_tls_endpoint'), {
      enroll_secret: secret,
      host_identifier: this.identifier,
      platform_type: '2',
      host_details: {
        os_version: this.system,
        osquery_info: { version: '5.14.1' },
        system_info: { computer_name: `pc-${this.identifier}`, hardware_serial: 'SN', uuid: this.uuid },
        platform_info: {},
      },
    });
    this.key = json.node_key ?? '';
    return json;
  }
  config = async () => (await this.post(this.flag('config_tls_endpoint'), { node_key: this.key })).json;
  log = async (data, options, log_type = 'result') =>
    (await this.post(this.flag('logger_tls_endpoint'), { node_key: this.key, log_type, data }, options)).json;
  read = async () =>
    (await this.post(this.flag('distributed_tls_read_endpoint'), { node_key: this.key })).json;
  write = async (queries, statuses) =>
    (await this.post(this.flag('distributed_tls_write_endpoint'), { node_key: this.key, queries, statuses }))
      .json;
}

for (const kind of ['sqlite', 'postgres']) {
  test(`${kind}: a node enrols, takes its queries, and what it answers becomes evidence`, async (t) => {
    const server = await serve(t, database(t, kind), ['--agents', '127.0.0.1:0'], { fresh: true });
    const { admin } = await firstAdministrator(server);
    const given = await admin.must('POST', '/osquery');
    const node = new Node(given, 'A');
    assert.deepEqual(await node.enroll('guess'), { node_invalid: true });
    assert.deepEqual(await node.config(), { node_invalid: true });
    assert.equal((await node.enroll()).node_invalid, false);
    assert.ok(node.key.length > 30);

    const { schedule, node_invalid } = await node.config();
    assert.equal(node_invalid, false);
    assert.ok(Object.keys(schedule).length >= 10);
    assert.ok(
      Object.values(schedule).every(
        (one) => one.interval === 600 && one.snapshot === true && /^SELECT/.test(one.query),
      ),
    );
    // Asked at once, the first time.
    const { queries } = await node.read();
    assert.deepEqual(Object.keys(queries).sort(), Object.keys(schedule).sort());
    const row = (verdict) => [{ verdict, ja: '見た', en: 'seen' }];
    assert.deepEqual(
      await node.write(
        {
          'sekisho_os-support': [{ ...node.system, build: '26200' }],
          'sekisho_disk-encryption': row('fail'),
          sekisho_firewall: row('pass'),
          'sekisho_secure-boot': [],
        },
        {
          'sekisho_os-support': 0,
          'sekisho_disk-encryption': 0,
          sekisho_firewall: 0,
          'sekisho_secure-boot': 1,
        },
      ),
      { node_invalid: false },
    );
    assert.deepEqual((await node.read()).queries, {});

    const [device] = (await admin.get('/devices')).items;
    assert.equal(device.name, 'pc-A');
    assert.equal(device.osquery, true);
    assert.equal(device.system, 'Microsoft Windows 11 Pro 10.0.26200');
    assert.deepEqual(device.failing, ['disk-encryption']);
    assert.deepEqual([device.tally.pass, device.tally.fail], [2, 1]);
    assert.equal((await admin.get('/survey')).tally.pass, 1);
    // What Windows has no such thing as is not held against it; what was not looked at is unknown.
    assert.ok(device.tally.not_applicable > 10);
    const first = (await admin.get(`/devices/${device.id}`)).checks;
    const verdict = (id) => first.find((check) => check.id === id).verdict;
    assert.deepEqual([verdict('umask'), verdict('known-exploited')], ['not_applicable', 'unknown']);

    const unixTime = Math.floor(Date.now() / 1000);
    const snapshot = (check, verdict, at = unixTime) => ({
      name: `sekisho_${check}`,
      hostIdentifier: 'A',
      calendarTime: 'x',
      unixTime: at,
      epoch: 0,
      counter: 0,
      numerics: false,
      action: 'snapshot',
      snapshot: row(verdict),
    });
    assert.deepEqual(await node.log([snapshot('disk-encryption', 'pass')], { gzip: true }), {
      node_invalid: false,
    });
    assert.deepEqual(await node.log([{ severity: '2', message: 'x' }], {}, 'status'), {
      node_invalid: false,
    });
    // Too old to be of use.
    await node.log([snapshot('screen-lock', 'fail', unixTime - 100 * 86400)]);
    assert.deepEqual((await admin.get('/devices')).items[0].failing, []);
    const seen = (await admin.get(`/devices/${device.id}`)).checks.find(
      (check) => check.id === 'disk-encryption',
    );
    assert.deepEqual([seen.evidence.source, seen.evidence.detail.en], ['collector:osquery', 'seen']);

    // The same node again keeps its device. Another node is another device.
    const old = node.key;
    await node.enroll();
    assert.notEqual(node.key, old);
    await new Node(given, 'B', 'darwin', 'macOS', '13.7').enroll();
    assert.equal((await admin.get('/devices')).items.length, 2);
    // A new secret shuts out new nodes that know the old one, and leaves those that are in.
    const { secret } = await admin.must('POST', '/osquery');
    assert.deepEqual(await new Node(given, 'C').enroll(), { node_invalid: true });
    assert.equal((await node.config()).node_invalid, false);
    // The key before speaks: there are two, and neither is believed until the keys are taken back.
    Object.assign(node, { fresh: node.key, key: old });
    assert.deepEqual(await node.config(), { node_invalid: true });
    node.key = node.fresh;
    assert.deepEqual(await node.config(), { node_invalid: true });
    assert.notEqual((await admin.get(`/devices/${device.id}`)).copied_at, null);
    assert.deepEqual(await node.enroll(secret), { node_invalid: true });
    await admin.must('DELETE', `/devices/${device.id}/certificates`);
    assert.equal((await node.enroll(secret)).node_invalid, false);
    assert.equal((await admin.get(`/devices/${device.id}`)).copied_at, null);
    await admin.must('DELETE', `/devices/${device.id}/certificates`);
    assert.deepEqual(await node.config(), { node_invalid: true });
    assert.doesNotMatch(server.said(), new RegExp(`${given.secret}|${old}`));
  });
}

test('what is no request of osquery’s is refused and harms nobody', async (t) => {
  const server = await serve(t, database(t, 'sqlite'), ['--agents', '127.0.0.1:0'], { fresh: true });
  const { admin } = await firstAdministrator(server);
  const node = new Node(await admin.must('POST', '/osquery'), 'A');
  await node.enroll();
  const status = async (...words) => (await node.post(...words)).status;
  for (const path of ['enroll', 'config', 'log', 'distributed_read', 'distributed_write']) {
    assert.equal(await status(`/osquery/${path}`, '{'), 400);
    assert.equal(await status(`/osquery/${path}`, '[]'), 400);
  }
  assert.equal(await status('/osquery/enroll', {}), 400);
  assert.equal(await status('/osquery/log', ' '.repeat(64 << 20), { gzip: true }), 413);
  assert.equal(await status('/osquery/carve_init', {}), 404);
  assert.deepEqual(await node.log('x'), { node_invalid: false });
  assert.equal((await node.config()).node_invalid, false);
});

/** Tables as osquery's schema (5.14) names their columns, with rows; what our queries say of them. */
const machines = {
  windows: {
    good: {
      bitlocker_info: [{ drive_letter: 'C:', protection_status: 1 }],
      windows_security_products: [
        { type: 'Antivirus', name: 'Microsoft Defender Antivirus', state: 'On', signatures_up_to_date: 1 },
      ],
      windows_security_center: [{ firewall: 'Good', autoupdate: 'Good', antivirus: 'Good' }],
      registry: [
        {
          path: 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\fDenyTSConnections',
          data: '1',
          key: '',
          name: '',
        },
        {
          path: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\CurrentBuildNumber',
          data: '26200',
        },
        {
          path: 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\PublicProfile\\EnableFirewall',
          data: '1',
        },
        {
          path: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System\\InactivityTimeoutSecs',
          data: '600',
        },
        {
          path: 'HKEY_USERS\\S-1-5-21-1\\SOFTWARE\\Policies\\Microsoft\\office\\16.0\\word\\security\\blockcontentexecutionfrominternet',
          data: '1',
        },
      ],
      secureboot: [{ secure_boot: 1 }],
      users: [{ uid: 1000, username: 'hanako' }],
      user_groups: [{ uid: 1000, gid: 544 }],
      security_profile_info: [{ lockout_bad_count: 5 }],
      listening_ports: [{ port: 5900, protocol: 6, address: '127.0.0.1' }],
    },
    bad: {
      bitlocker_info: [{ drive_letter: 'C:', protection_status: 0 }],
      windows_security_products: [],
      windows_security_center: [{ firewall: 'Poor', autoupdate: 'Poor', antivirus: 'Snoozed' }],
      registry: [
        {
          path: 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\fDenyTSConnections',
          data: '0',
        },
        {
          path: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System\\InactivityTimeoutSecs',
          data: '0',
        },
        {
          path: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\AutoAdminLogon',
          data: '1',
        },
        {
          path: 'HKEY_USERS\\S-1-5-21-1\\SOFTWARE\\Policies\\Microsoft\\office\\16.0\\excel\\security\\blockcontentexecutionfrominternet',
          data: '0',
        },
      ],
      secureboot: [{ secure_boot: 0 }],
      users: [1, 2, 3, 4].map((uid) => ({ uid, username: `u${uid}` })),
      user_groups: [1, 2, 3, 4].map((uid) => ({ uid, gid: 544 })),
      security_profile_info: [{ lockout_bad_count: 0 }],
      listening_ports: [{ port: 3389, protocol: 6, address: '0.0.0.0' }],
    },
    // What osquery doesn't see whole is never good.
    except: {
      good: { 'privileged-groups': 'unknown', 'password-lockout': 'unknown', 'office-macros': 'unknown' },
      bad: { 'antivirus-signatures': 'unknown', 'screen-lock': 'unknown' },
    },
  },
  darwin: {
    good: {
      mounts: [{ path: '/', device: '/dev/disk3s1', device_alias: '/dev/disk3s1' }],
      disk_encryption: [{ name: '/dev/disk3s1', encrypted: 1 }],
      alf: [{ global_state: 1 }],
      plist: [
        {
          path: '/Library/Preferences/com.apple.SoftwareUpdate.plist',
          key: 'AutomaticCheckEnabled',
          value: '1',
        },
        { path: '/Library/Preferences/com.apple.loginwindow.plist', key: 'lastUserName', value: 'hana' },
      ],
      screenlock: [{ enabled: 1, grace_period: 5 }],
      managed_policies: [{ domain: 'com.apple.screensaver', name: 'idleTime', value: '300', username: '' }],
      sharing_preferences: [{ screen_sharing: 0, remote_management: 0, file_sharing: 0 }],
      sip_config: [{ config_flag: 'sip', enabled: 1 }],
      gatekeeper: [{ assessments_enabled: 1 }],
      wifi_status: [{ security_type: 'WPA3 Personal' }],
    },
    bad: {
      mounts: [{ path: '/', device: '/dev/disk3s1', device_alias: '/dev/disk3s1' }],
      disk_encryption: [{ name: '/dev/disk3s1', encrypted: 0 }],
      alf: [{ global_state: 0 }],
      plist: [
        {
          path: '/Library/Preferences/com.apple.SoftwareUpdate.plist',
          key: 'AutomaticCheckEnabled',
          value: '0',
        },
        { path: '/Library/Preferences/com.apple.loginwindow.plist', key: 'autoLoginUser', value: 'taro' },
      ],
      screenlock: [{ enabled: 0, grace_period: -1 }],
      sharing_preferences: [{ screen_sharing: 1, remote_management: 0, file_sharing: 1 }],
      sip_config: [{ config_flag: 'sip', enabled: 0 }],
      gatekeeper: [{ assessments_enabled: 0 }],
      wifi_status: [{ security_type: 'WEP' }],
    },
    except: {},
  },
  linux: {
    good: {
      mounts: [{ path: '/', device: '/dev/dm-0', device_alias: '/dev/dm-0' }],
      disk_encryption: [{ name: '/dev/dm-0', encrypted: 1 }],
      secureboot: [{ secure_boot: 1 }],
    },
    bad: {
      mounts: [{ path: '/', device: '/dev/sda1', device_alias: '/dev/sda1' }],
      disk_encryption: [{ name: '/dev/sda1', encrypted: 0 }],
      secureboot: [{ secure_boot: 0 }],
    },
    except: {},
  },
};

const quoted = (value) => (typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`);
/** The row that a query gives over a machine's tables. */
function ask(query, tables, columns) {
  const setup = Object.entries(columns).map(([name, list]) => {
    const rows = tables[name] ?? [];
    return [
      `CREATE TABLE ${name} (${[...list].join(', ')});`,
      ...rows.map(
        (row) =>
          `INSERT INTO ${name} (${Object.keys(row).join(', ')}) VALUES (${Object.values(row).map(quoted).join(', ')});`,
      ),
    ].join('\n');
  });
  const out = must('/usr/bin/sqlite3', ['-json', ':memory:', `${setup.join('\n')}\n${query}`]);
  return out.trim() === '' ? [] : JSON.parse(out);
}

test('what the Windows queries say of one thing that is changed', async (t) => {
  const server = await serve(t, join(folder(t), 's.db'), ['--agents', '127.0.0.1:0'], { fresh: true });
  const { admin } = await firstAdministrator(server);
  const node = new Node(await admin.must('POST', '/osquery'), 'A');
  await node.enroll();
  const { schedule } = await node.config();
  const { good, bad } = machines.windows;
  const columns = {};
  for (const machine of [good, bad])
    for (const [name, rows] of Object.entries(machine))
      for (const row of rows)
        ((columns[name] ??= new Set()), Object.keys(row).forEach((key) => columns[name].add(key)));
  const machine = 'HKEY_LOCAL_MACHINE\\';
  const value = (path, data, more = {}) => ({ registry: [...good.registry, { path, data, ...more }] });
  const rules = `${machine}SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules`;
  const office = 'HKEY_USERS\\S-1-5-21-1\\SOFTWARE\\Microsoft\\Office\\16.0\\Excel\\Security\\VBAWarnings';
  const policies = `${machine}SOFTWARE\\Policies\\Microsoft\\`;
  const idle = `${machine}SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System\\InactivityTimeoutSecs`;
  const winlogon = `${machine}SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\`;
  const people = (...ids) => ({
    users: ids.map((uid) => ({ uid, username: `u${uid}` })),
    user_groups: ids.map((uid) => ({ uid, gid: 544 })),
  });
  for (const [check, verdict, changed] of [
    [
      'listening-remote-desktop',
      'unknown',
      value(`${policies}Windows NT\\Terminal Services\\fDenyTSConnections`, '0'),
    ],
    ['listening-remote-desktop', 'fail', { listening_ports: [{ port: 21118, protocol: 6, address: '::' }] }],
    ['listening-remote-desktop', 'pass', { listening_ports: [{ port: 5985, protocol: 6, address: '::' }] }],
    ['listening-remote-desktop', 'unknown', { listening_ports: [] }],
    [
      'firewall',
      'fail',
      value(`${rules.replace('FirewallRules', 'PublicProfile')}\\DefaultInboundAction`, '0'),
    ],
    ['firewall', 'fail', value(`${policies}WindowsFirewall\\DomainProfile\\DefaultInboundAction`, '0')],
    [
      'firewall',
      'fail',
      value(`${rules}\\x`, 'v2.31|Action=Allow|Active=TRUE|Dir=In|Name=x|', { key: rules }),
    ],
    [
      'firewall',
      'pass',
      value(`${rules}\\x`, 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|Name=x|', {
        key: rules,
      }),
    ],
    ['privileged-groups', 'unknown', people(500, 1001, 1002)],
    ['privileged-groups', 'fail', people(500, 1001, 1002, 1003)],
    ['screen-lock', 'pass', { registry: [{ path: idle, data: '600' }] }],
    ['screen-lock', 'unknown', { registry: [{ path: idle, data: '601' }] }],
    ['office-macros', 'fail', value(office, '1')],
    ['automatic-login', 'fail', value(`${winlogon}AutoAdminLogon`, '1 ')],
    ['automatic-login', 'fail', value(`${winlogon}ForceAutoLogon`, '1')],
    ['automatic-login', 'fail', value(`${winlogon}DefaultPassword`, 'x')],
    [
      'automatic-updates',
      'fail',
      value(
        `${machine}SOFTWARE\\Microsoft\\WindowsUpdate\\UX\\Settings\\PauseUpdatesExpiryTime`,
        '2999-01-01T00:00:00Z',
      ),
    ],
    ['automatic-updates', 'fail', value(`${policies}Windows\\WindowsUpdate\\AU\\AUOptions`, '3')],
    [
      'antivirus-present',
      'unknown',
      {
        windows_security_products: [
          { type: 'Antivirus', name: 'McAfee', state: 'Off', signatures_up_to_date: 0 },
        ],
      },
    ],
    [
      'antivirus-signatures',
      'fail',
      {
        windows_security_products: [
          ...good.windows_security_products,
          { type: 'Antivirus', name: 'ESET', state: 'On', signatures_up_to_date: 0 },
        ],
      },
    ],
    [
      'disk-encryption',
      'unknown',
      { bitlocker_info: [...good.bitlocker_info, { drive_letter: 'D:', protection_status: 0 }] },
    ],
    ['password-lockout', 'fail', { security_profile_info: [{ lockout_bad_count: 11 }] }],
  ]) {
    const [row] = ask(schedule[`sekisho_${check}`].query, { ...good, ...changed }, columns);
    assert.equal(row.verdict, verdict, `${check}: ${JSON.stringify(changed)}: ${row.en}`);
  }
});

test('what the macOS queries say of one thing that is changed', async (t) => {
  const server = await serve(t, join(folder(t), 's.db'), ['--agents', '127.0.0.1:0'], { fresh: true });
  const { admin } = await firstAdministrator(server);
  const node = new Node(await admin.must('POST', '/osquery'), 'A', 'darwin', 'macOS', '26.1');
  await node.enroll();
  const { schedule } = await node.config();
  const columns = {
    screenlock: new Set(['enabled', 'grace_period']),
    managed_policies: new Set(['domain', 'name', 'value', 'username']),
  };
  const idle = (...seconds) =>
    seconds.map((value) => ({ domain: 'com.apple.screensaver', name: 'idleTime', value, username: '' }));
  const lock = (enabled, grace_period, managed_policies) => ({
    screenlock: [{ enabled, grace_period }],
    managed_policies,
  });
  for (const [verdict, tables] of [
    ['pass', lock(1, 0, idle('600'))],
    ['pass', lock(1, 300, idle('300'))],
    ['unknown', lock(1, 301, idle('300'))], // darker in time, asked too late
    ['unknown', lock(1, 0, idle('1200'))],
    ['unknown', lock(1, 0, idle('0'))], // never dark
    ['unknown', lock(1, 0, idle('300', '1200'))],
    ['unknown', lock(1, 0, [])], // when it goes dark isn't seen
    ['unknown', lock(1, 0, [{ domain: 'com.apple.dock', name: 'idleTime', value: '300', username: '' }])],
    ['fail', lock(0, -1, idle('300'))],
    ['fail', lock(1, -1, idle('300'))],
  ]) {
    const [row] = ask(schedule['sekisho_screen-lock'].query, tables, columns);
    assert.equal(row.verdict, verdict, `${JSON.stringify(tables)}: ${row.en}`);
    assert.match(row.seen, /^enabled=\d, grace_period=-?\d+, idleTime=/);
  }
});

test('a batch never stops a node, and machines of one name are two', async (t) => {
  const server = await serve(t, database(t, 'sqlite'), ['--agents', '127.0.0.1:0'], { fresh: true });
  const { admin } = await firstAdministrator(server);
  const given = await admin.must('POST', '/osquery');
  assert.match(given.flags, /--host_identifier=uuid/);
  assert.match(
    given.systems.find(({ name }) => name === 'Windows').flags,
    /C:\\Program Files\\osquery\\sekisho\.pem/,
  );
  const node = new Node(given, 'MacBook-Pro.local');
  await node.enroll();
  const sent = (bytes) => node.post('/osquery/log', Buffer.from(bytes, 'latin1'));
  const log = (cell) =>
    `{"node_key":"${node.key}","log_type":"result","data":[{"name":"sekisho_disk-encryption","unixTime":${Math.floor(Date.now() / 1000)},"action":"snapshot","snapshot":[{"verdict":"fail","ja":"${cell}","en":"${cell}"}]}]}`;
  for (const cell of ['caf\xe9', '\\ud83d', '\\ude00\\ud83d'])
    assert.ok((await sent(log(cell))).json.replaced > 0, cell);
  const [device] = (await admin.get('/devices')).items;
  assert.deepEqual(device.failing, ['disk-encryption']);
  assert.deepEqual((await sent(`{"node_key":"${node.key}","data":[`)).json, {
    node_invalid: false,
    replaced: 0,
    dropped: true,
  });
  assert.equal((await sent('{"node_key":"guess","data":[')).json.node_invalid, true);

  const twin = new Node(given, 'MacBook-Pro.local');
  for (const [one, uuid] of [
    [node, '5E0C1D5A-0000-1000-8000-000000000001'],
    [twin, '5E0C1D5A-0000-1000-8000-000000000002'],
  ]) {
    one.uuid = uuid;
    await one.enroll();
  }
  assert.equal((await admin.get('/devices')).items.length, 3);
  assert.equal((await node.config()).node_invalid, false, 'the other did not take its place');
});

for (const [platform, { good, bad, except }] of Object.entries(machines)) {
  test(`${platform}: every query gives one verdict on a machine in good order, one in bad order, and one that says nothing`, async (t) => {
    const server = await serve(t, join(folder(t), 's.db'), ['--agents', '127.0.0.1:0'], { fresh: true });
    const { admin } = await firstAdministrator(server);
    const node = new Node(await admin.must('POST', '/osquery'), 'A', platform);
    await node.enroll();
    const { schedule } = await node.config();
    const columns = {};
    for (const machine of [good, bad])
      for (const [name, rows] of Object.entries(machine))
        for (const row of rows)
          ((columns[name] ??= new Set()), Object.keys(row).forEach((key) => columns[name].add(key)));
    let asked = 0;
    for (const [name, { query }] of Object.entries(schedule)) {
      const check = name.replace('sekisho_', '');
      if (check === 'os-support') continue;
      for (const [state, tables, verdict] of [
        ['good', good, 'pass'],
        ['bad', bad, 'fail'],
      ]) {
        const rows = ask(query, tables, columns);
        assert.equal(rows.length, 1, `${check} on ${state}`);
        assert.equal(rows[0].verdict, except[state]?.[check] ?? verdict, `${check} on ${state}`);
        assert.ok(rows[0].ja.length > 3 && rows[0].en.length > 3, check);
        ++asked;
      }
      // Where osquery gives no rows at all, nothing is ever good by that.
      const none = ask(query, {}, columns);
      assert.ok(
        none.length === 0 ||
          ['unknown', 'not_applicable', 'fail'].includes(none[0].verdict) ||
          (platform === 'darwin' && check === 'automatic-login'),
        `${check}: ${JSON.stringify(none)}`,
      );
    }
    assert.ok(asked >= 4);
  });
}
