// SPDX-License-Identifier: Apache-2.0
// Who tries passwords: hydra, ncrack, FreeRDP, smbclient and openconnect against real sshd, FreeRDP's server with NLA, smbd,
// vsftpd and ocserv, beside people who work there, look whether the door is there or scan. Each address does one thing, which is
// its label.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'node:test';
import { cable, from } from './cable.mjs';
import { atEnd, folder, must, run, sekisho } from './sekisho.mjs';

const server = '198.51.100.1';
const right = 'Right-1';
const address = (last) => `203.0.113.${last}`;

/** A display that nobody looks at: its name. */
async function display(t) {
  const child = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', '800x600x24', '-nolisten', 'tcp', '-ac', '-noreset'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  );
  atEnd(t, () => child.kill());
  let said = '';
  for await (const part of child.stdio[3]) if ((said += part).includes('\n')) return `:${said.trim()}`;
  throw new Error('Xvfb did not start');
}

/** The servers in the near namespace; all that they need lies in `at`. */
async function servers(t, line, at, env) {
  const start = (...args) => {
    const [command, ...rest] = [...line.within(line.near), ...args];
    // What they say is of no use here, and a pipe that nobody reads would stop them. Each is a group with its helpers.
    const child = spawn(command, rest, { stdio: 'ignore', detached: true, env });
    atEnd(t, () => child.exitCode === null && child.signalCode === null && process.kill(-child.pid));
    return child;
  };
  for (const key of ['host', 'key'])
    must('/usr/bin/ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(at, key)]);
  writeFileSync(
    path.join(at, 'sshd_config'),
    `ListenAddress ${server}\nHostKey ${at}/host\nUsePAM no\nPidFile none\nStrictModes no\nPermitRootLogin yes\nMaxAuthTries 1\nMaxStartups 100\nAuthorizedKeysFile ${at}/key.pub\n`,
  );
  mkdirSync('/run/sshd', { recursive: true });
  start('/usr/sbin/sshd', '-D', '-e', '-f', path.join(at, 'sshd_config'));

  for (const name of ['private', 'lock', 'state', 'cache', 'pid', 'ncalrpc', 'share'])
    mkdirSync(path.join(at, 'smb', name), { recursive: true });
  const smb = path.join(at, 'smb.conf');
  const places = [
    ['private dir', 'private'],
    ['lock directory', 'lock'],
    ['state directory', 'state'],
    ['cache directory', 'cache'],
    ['pid directory', 'pid'],
    ['ncalrpc dir', 'ncalrpc'],
    ['log file', 'log'],
  ];
  // As old as the oldest tools need it.
  writeFileSync(
    smb,
    `[global]\ninterfaces = line0\nbind interfaces only = yes\nsmb ports = 445\n${places.map(([name, to]) => `${name} = ${at}/smb/${to}\n`).join('')}passdb backend = tdbsam:${at}/smb/private/passdb.tdb\nmap to guest = never\nserver min protocol = NT1\nntlm auth = ntlmv1-permitted\ndisable netbios = yes\nload printers = no\nserver role = standalone\n[share]\npath = ${at}/smb/share\nread only = yes\n`,
  );
  writeFileSync(path.join(at, 'smb/share/big'), Buffer.alloc(3_000_000, 7));
  must('/usr/bin/smbpasswd', ['-c', smb, '-a', '-s', 'root'], { input: `${right}\n${right}\n` });
  start('/usr/sbin/smbd', '-F', '--no-process-group', '-s', smb);

  writeFileSync(path.join(at, 'sam'), must('/usr/bin/winpr-hash', ['-u', 'root', '-p', right, '-f', 'sam']), {
    mode: 0o600,
  });
  // One start in twenty it can't open the display, which is there, and ends.
  const remoteDesktop = (left) =>
    start(
      'freerdp-shadow-cli',
      '/port:3389',
      `/bind-address:${server}`,
      `/sam-file:${at}/sam`,
      '/sec:nla',
      '+auth',
    ).once('exit', (status) => status === 255 && left > 0 && remoteDesktop(left - 1));
  remoteDesktop(5);

  must('/usr/bin/openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    path.join(at, 'tls.key'),
    '-out',
    path.join(at, 'tls.pem'),
    '-days',
    '2',
    '-subj',
    '/CN=vpn.example',
  ]);
  must('/usr/bin/ocpasswd', ['-c', path.join(at, 'ocpasswd'), 'worker'], { input: `${right}\n${right}\n` });
  writeFileSync(
    path.join(at, 'ocserv.conf'),
    `auth = "plain[passwd=${at}/ocpasswd]"\ntcp-port = 443\nlisten-host = ${server}\nrun-as-user = nobody\nrun-as-group = daemon\nsocket-file = ${at}/ocserv\nserver-cert = ${at}/tls.pem\nserver-key = ${at}/tls.key\nisolate-workers = false\nmax-clients = 16\nmax-same-clients = 20\nrate-limit-ms = 0\nmax-ban-score = 0\ndevice = vpns\nipv4-network = 192.168.99.0/24\n`,
  );
  start('/usr/sbin/ocserv', '-f', '-c', path.join(at, 'ocserv.conf'));
  mkdirSync('/run/vsftpd/empty', { recursive: true });
  writeFileSync(
    path.join(at, 'vsftpd.conf'),
    `listen=YES\nlisten_address=${server}\nbackground=NO\nlocal_enable=YES\nanonymous_enable=NO\nsecure_chroot_dir=/run/vsftpd/empty\npam_service_name=other\nmax_login_fails=1\ndelay_failed_login=0\nseccomp_sandbox=NO\n`,
  );
  start('/usr/sbin/vsftpd', path.join(at, 'vsftpd.conf'));
  start(
    process.execPath,
    '-e',
    `require('http').createServer((q, s) => s.end('x'.repeat(1e6))).listen(8080, '${server}')`,
  );

  let missing = [];
  for (let i = 0; i < 150; i++) {
    const open = must('/usr/sbin/ip', ['netns', 'exec', line.near, 'ss', '-Hltn']);
    missing = [21, 22, 445, 3389, 443, 8080].filter((port) => !open.includes(`:${port} `));
    if (missing.length === 0) return;
    await sleep(200);
  }
  assert.fail(`nothing came up at ${missing}`);
}

/** The connections of one client, `apart` seconds from each other: the same attack by somebody with patience. */
function slowed(bytes, client, apart) {
  const begins = new Map(); // by the client's port
  const records = [];
  for (let at = 24; at + 16 <= bytes.length;) {
    const length = bytes.readUInt32LE(at + 8);
    const frame = bytes.subarray(at + 16, at + 16 + length);
    const record = Buffer.from(bytes.subarray(at, at + 16 + length));
    at += 16 + length;
    const [source, target] = [26, 30].map((offset) => [...frame.subarray(offset, offset + 4)].join('.'));
    if (frame.readUInt16BE(12) !== 0x0800 || frame[23] !== 6 || (source !== client && target !== client)) {
      records.push(record);
      continue;
    }
    const ports = 14 + 4 * (frame[14] & 15);
    const port = frame.readUInt16BE(ports + (source === client ? 0 : 2));
    if (!begins.has(port)) begins.set(port, begins.size);
    record.writeUInt32LE(record.readUInt32LE(0) + apart * begins.get(port), 0);
    records.push(record);
  }
  const time = (record) => record.readUInt32LE(0) * 1e6 + record.readUInt32LE(4);
  return Buffer.concat([bytes.subarray(0, 24), ...records.sort((a, b) => time(a) - time(b))]);
}

test('who tries passwords is found, and who works, looks or scans is not', async (t) => {
  const at = folder(t);
  chmodSync(at, 0o755); // ocserv's processes are nobody's
  const line = cable(t);
  const env = { PATH: process.env.PATH, HOME: at, DISPLAY: await display(t) };
  await servers(t, line, at, env);
  const file = path.join(at, 'line.pcap');
  const [command, ...rest] = [
    ...line.within(line.near),
    'tcpdump',
    '-i',
    'line0',
    '-w',
    file,
    '-U',
    '-B',
    '65536',
    '--immediate-mode',
    '-Z',
    'root',
  ];
  const dump = spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  atEnd(t, () => dump.kill());
  await once(dump.stderr, 'data');

  /** From here on the far side speaks as one address. */
  const as = (last) => {
    run('/usr/sbin/ip', ['-n', line.far, 'address', 'add', `${address(last)}/24`, 'dev', 'line0']);
    line.ip('-n', line.far, 'route', 'replace', '198.51.100.0/24', 'dev', 'line0', 'src', address(last));
  };
  /** Whether it succeeded is the tool's own affair; one that hangs is ended. */
  const go = (tool, args, { input = '', most = 60 } = {}) =>
    spawnSync('timeout', ['-k', '2', String(most), ...line.within(line.far), tool, ...args], {
      input,
      stdio: ['pipe', 'ignore', 'ignore'],
      env,
    });
  const passwords = (count) => {
    writeFileSync(path.join(at, 'list'), Array.from({ length: count }, (_, i) => `pass${i}\n`).join(''));
    return path.join(at, 'list');
  };
  const ncrack = (count) => go('ncrack', ['--user', 'root', '-P', passwords(count), `ssh://${server}`]);
  const hydra = (count, service, tasks = 1) =>
    go('hydra', ['-I', '-t', String(tasks), '-l', 'root', '-P', passwords(count), `${service}://${server}`]);
  const times = (count, what) => Array.from({ length: count }, (_, i) => what(i));
  const pin = spawnSync(
    'sh',
    [
      '-c',
      `openssl x509 -in ${at}/tls.pem -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64`,
    ],
    { encoding: 'utf8' },
  ).stdout.trim();
  const vpn = (password, ...more) =>
    go(
      'openconnect',
      [
        '--servercert',
        `pin-sha256:${pin}`,
        '--user',
        'worker',
        '--passwd-on-stdin',
        ...more,
        `https://${server}:443`,
      ],
      { input: `${password}\n`, most: 6 },
    );
  const smb = (password, what) =>
    go('smbclient', ['-s', '/dev/null', '-U', `root%${password}`, `//${server}/share`, '-c', what]);
  const ssh = (what) =>
    go('ssh', [
      '-i',
      path.join(at, 'key'),
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
      `root@${server}`,
      what,
    ]);
  const rdp = (password, most) =>
    go('xfreerdp', [`/v:${server}`, '/u:root', `/p:${password}`, '/cert:ignore'], { most });
  const look = (port, word) =>
    go(process.execPath, [
      '-e',
      `require('net').connect(${port}, '${server}', function () { this.end(${JSON.stringify(word)}); }).on('data', () => {}).on('error', () => {}).on('close', () => process.exit(0))`,
    ]);

  // Those who try passwords.
  const attackers = new Map();
  const attack = (service, last, ...what) => {
    as(last);
    for (const one of what) one();
    attackers.set(address(last), service);
  };
  attack('ssh', 10, () => ncrack(16));
  for (let last = 20; last < 30; last++) attack('ssh', last, () => ncrack(4));
  attack('ssh', 15, () => ncrack(36)); // slowed down below
  attack('rdp', 11, () => hydra(12, 'rdp'));
  for (let last = 60; last < 68; last++) attack('rdp', last, () => hydra(3, 'rdp'));
  attack('rdp', 16, () => times(12, () => rdp('wrong', 10)));
  attack('smb', 12, () => hydra(12, 'smb'));
  attack('smb', 14, () => times(12, (i) => smb(`wrong${i}`, 'ls')));
  attack('ftp', 17, () => hydra(12, 'ftp', 12));
  attack('vpn', 13, () => times(12, (i) => vpn(`wrong${i}`, '--authenticate')));

  // Those who don't.
  as(50);
  times(4, () => ssh('head -c 300000 /dev/zero'));
  as(51);
  times(20, () => look(22, 'SSH-2.0-look\r\n'));
  as(52); // forgot, and then remembered
  ncrack(5);
  times(3, () => ssh('head -c 300000 /dev/zero'));
  as(53);
  times(6, () => smb(right, 'get big /dev/null'));
  times(4, () => smb(right, 'ls'));
  as(54);
  times(2, () => rdp(right, 8));
  as(55);
  times(20, () => look(3389, ''));
  times(20, () => look(445, ''));
  as(56);
  for (const password of ['wrong', right]) vpn(password, '--script', '/bin/true');
  as(57);
  times(8, () => go('curl', ['-sk', '-o', '/dev/null', `https://${server}:443/`]));
  times(10, () => go('curl', ['-s', '-o', '/dev/null', `http://${server}:8080/`]));
  as(58);
  go('nmap', ['-n', '-Pn', '-sS', '-T5', '-p', '1-1000', server]);
  go('nmap', ['-n', '-Pn', '-sV', '--version-light', '-p', '22,3389,443', server], { most: 100 });
  from(
    line,
    '/usr/bin/masscan',
    '198.51.100.0/24',
    '-p22,445,3389',
    '--rate',
    '2000',
    '--wait',
    '0',
    '--interface',
    'line0',
    '--router-mac',
    line.mac,
    '--source-ip',
    address(59),
  );
  await sleep(500);
  dump.kill('SIGINT');
  await once(dump, 'exit');
  writeFileSync(file, slowed(readFileSync(file), address(15), 360));

  // The VPN's portal is on the port of web servers.
  const seen = sekisho(at, ['observe', '--vpn', server, '--format', 'json', file]);
  assert.equal(seen.code, 1, seen.err);
  const { attacks } = JSON.parse(seen.out);
  const told = new Map(attacks.flatMap((one) => one.sources.map((source) => [source, one.service])));
  const hits = [...told].filter(([source, service]) => attackers.get(source) === service).length;
  console.log(
    `precision ${hits / told.size} of ${told.size}, recall ${hits / attackers.size} of ${attackers.size}`,
  );
  assert.deepEqual([...told].sort(), [...attackers].sort(), JSON.stringify(attacks, null, 1));
  const kinds = attacks
    .map((one) => [one.service, one.distributed, one.slow, one.sources.length, one.attempts])
    .sort();
  assert.deepEqual(
    kinds.map(([service, distributed, slow, sources]) => [service, distributed, slow, sources]),
    [
      ['ftp', false, false, 1],
      ['rdp', false, false, 1],
      ['rdp', false, false, 1],
      ['rdp', true, false, 8],
      ['smb', false, false, 1],
      ['smb', false, false, 1],
      ['ssh', false, false, 1],
      ['ssh', false, true, 1],
      ['ssh', true, false, 10],
      ['vpn', false, false, 1],
    ],
  );
  const attempts = (last) => attacks.find((one) => one.sources.includes(address(last))).attempts;
  assert.equal(attempts(12), 12, 'hydra signs in once for each password');
  assert.equal(attempts(14), 12);
  assert.match(
    sekisho(at, ['observe', file], { lang: 'ja' }).out,
    /総当たり[^]*SSH → 198\.51\.100\.1 .*多くの送信元から/,
  );
});
