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
    const text = typeof body === 'string' ? body : JSON.stringify(body);
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
        system_info: { computer_name: `pc-${this.identifier}`, hardware_serial: 'SN' },
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
    const server = await serve(t, database(t, kind), ['--agents', '127.0.0.1:0']);
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
  const server = await serve(t, database(t, 'sqlite'), ['--agents', '127.0.0.1:0']);
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
    },
    except: { bad: { 'antivirus-signatures': 'unknown' } },
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
      ],
      screenlock: [{ enabled: 1, grace_period: 5 }],
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

for (const [platform, { good, bad, except }] of Object.entries(machines)) {
  test(`${platform}: every query gives one verdict on a machine in good order, one in bad order, and one that says nothing`, async (t) => {
    const server = await serve(t, join(folder(t), 's.db'), ['--agents', '127.0.0.1:0']);
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
          check === 'automatic-login',
        `${check}: ${JSON.stringify(none)}`,
      );
    }
    assert.ok(asked >= 4);
  });
}
