// SPDX-License-Identifier: Apache-2.0
// The observatory on real traffic: made with real tools between two network namespaces, captured by tcpdump, and counted
// a second time by tshark.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'node:test';
import zlib from 'node:zlib';
import { cable, capture, from } from './cable.mjs';
import { mmdb } from './mmdb.mjs';
import { atEnd, binary, folder, must, run, sekisho } from './sekisho.mjs';

/** What tshark says of each frame: protocol, port, sizes and addresses, folded as the observatory folds them. */
function tshark(file) {
  const fields = [
    'frame.len',
    'ip.src',
    'ip.dst',
    'ipv6.src',
    'ipv6.dst',
    'ip.proto',
    'tcp.dstport',
    'udp.dstport',
    'tcp.flags',
  ];
  const out = must('/usr/bin/tshark', [
    '-n',
    '-r',
    file,
    '-T',
    'fields',
    '-E',
    'separator=;',
    '-E',
    'occurrence=f',
    ...fields.flatMap((field) => ['-e', field]),
  ]);
  const seen = {
    packets: 0,
    bytes: 0,
    notIp: 0,
    sources: new Set(),
    targets: new Set(),
    ports: new Map(),
    scans: 0,
    backscatter: 0,
  };
  for (const text of out.trimEnd().split('\n')) {
    const [length, s4, d4, s6, d6, , tcp, udp, flags] = text.split(';');
    if (!s4 && !s6) {
      seen.notIp++;
      continue;
    }
    seen.packets++;
    seen.bytes += Number(length);
    seen.sources.add(s4 || s6);
    seen.targets.add(d4 || d6);
    if (tcp || udp) {
      const key = tcp ? `tcp/${tcp}` : `udp/${udp}`;
      const port = seen.ports.get(key) ?? { packets: 0, bytes: 0, sources: new Set() };
      port.packets++;
      port.bytes += Number(length);
      port.sources.add(s4 || s6);
      seen.ports.set(key, port);
    }
    if (tcp) {
      const bits = Number(flags) & 0x3f;
      if ((bits & 0x10) === 0 && ((bits & 2) !== 0 || (bits & 4) === 0)) seen.scans++;
      else if ((bits & 0x12) === 0x12 || (bits & 4) !== 0) seen.backscatter++;
    }
  }
  return seen;
}

test('a capture is counted as tshark counts it, in every form that captures come in', async (t) => {
  const at = folder(t);
  const file = await capture(t, at);
  const expected = tshark(file);
  assert.ok(expected.packets > 2500, `only ${expected.packets} packets were made`);
  const bytes = readFileSync(file);
  const forms = { [file]: null };
  for (const [form, name] of [
    ['pcapng', 'a.pcapng'],
    ['nsecpcap', 'ns.pcap'],
  ]) {
    must('/usr/bin/editcap', ['-F', form, file, path.join(at, name)]);
    forms[path.join(at, name)] = null;
  }
  writeFileSync(path.join(at, 'b.pcap.gz'), zlib.gzipSync(bytes));
  forms[path.join(at, 'b.pcap.gz')] = null;
  must('/usr/bin/zstd', ['-q', file, '-o', path.join(at, 'c.pcap.zst')]);
  forms[path.join(at, 'c.pcap.zst')] = null;
  for (const [program, ending] of [
    ['/usr/bin/xz', 'xz'],
    ['/usr/bin/bzip2', 'bz2'],
    ['/usr/bin/lz4', 'lz4'],
  ]) {
    const packed = spawnSync(program, ['-c', file], { maxBuffer: 1 << 28 });
    writeFileSync(path.join(at, `d.pcap.${ending}`), packed.stdout);
    forms[path.join(at, `d.pcap.${ending}`)] = null;
  }
  forms['-'] = bytes;
  for (const [form, input] of Object.entries(forms)) {
    const counted = sekisho(at, ['observe', '--format', 'json', form], { input });
    assert.equal(counted.code, 0, counted.err);
    const { all, frames, sources } = JSON.parse(counted.out);
    assert.deepEqual(
      {
        packets: all.packets,
        bytes: all.bytes,
        sources: all.sources,
        targets: all.targets,
        scans: all.purposes.tcp_scan,
        backscatter: all.purposes.tcp_backscatter,
        notIp: frames.not_ip,
      },
      {
        packets: expected.packets,
        bytes: expected.bytes,
        sources: expected.sources.size,
        targets: expected.targets.size,
        scans: expected.scans,
        backscatter: expected.backscatter,
        notIp: expected.notIp,
      },
      form,
    );
    for (const port of all.top) {
      const same = expected.ports.get(`${port.protocol}/${port.port}`);
      assert.deepEqual(
        [port.packets, port.bytes, port.sources],
        [same.packets, same.bytes, same.sources.size],
        `${port.protocol}/${port.port}`,
      );
    }
    const inTop = all.top.reduce((sum, port) => sum + port.packets, 0);
    assert.equal(inTop + all.other_ports + all.without_ports, all.packets);
    const masscan = sources.top.find((one) => one.address === '203.0.113.77');
    assert.equal(masscan.tool, 'masscan');
    assert.equal(sources.top.find((one) => one.address === '203.0.113.1').tool, 'nmap');
  }

  // Names, forms and both languages.
  const text = sekisho(at, ['observe', file], { lang: 'ja' });
  assert.match(text.out, /3389\/tcp RDP +2\d\d /);
  assert.match(text.out, /リモートデスクトップ/);
  const csv = sekisho(at, ['observe', '--format', 'csv', '--by', 'minute', file]);
  assert.match(csv.out, /^period,start,protocol,port,service,packets,bytes,sources,targets\r\nminute,/);
  const metrics = sekisho(at, ['observe', '--format', 'prometheus', file]);
  assert.match(metrics.out, new RegExp(`^sekisho_line_packets_total ${expected.packets}$`, 'm'));

  // Only the observed network; one's own addresses among the sources are told of by the exit status.
  const only = sekisho(at, [
    'observe',
    '--format',
    'json',
    '--network',
    '198.51.100.0/24',
    '--ours',
    '203.0.113.0/24',
    file,
  ]);
  assert.equal(only.code, 1, only.err);
  const inside = JSON.parse(only.out);
  assert.ok(inside.frames.elsewhere > 0);
  assert.equal(inside.pace.addresses, 256);
  assert.deepEqual(inside.sources.ours.map((one) => one.address).sort(), ['203.0.113.1', '203.0.113.77']);

  // A closer look: who hits a port, and which ports a source; tshark says how much of it there is.
  const look = (...args) => {
    const seen = sekisho(at, ['observe', '--format', 'json', ...args, file]);
    assert.equal(seen.code, 0, seen.err);
    return JSON.parse(seen.out);
  };
  const matching = (filter) =>
    must('/usr/bin/tshark', ['-n', '-r', file, '-Y', filter, '-T', 'fields', '-e', 'frame.number'])
      .trim()
      .split('\n').length;
  const rdp = look('--port', '3389/tcp');
  assert.equal(rdp.all.packets, matching('tcp.dstport == 3389'));
  assert.equal(rdp.frames.filtered + rdp.all.packets, expected.packets);
  assert.deepEqual(rdp.sources.top.map((one) => one.address)[0], '203.0.113.77');
  const one = look('--source', '203.0.113.77');
  assert.equal(one.all.packets, matching('ip.src == 203.0.113.77'));
  assert.deepEqual(one.all.top.map((port) => port.port).sort(), [23, 3389]);
  assert.equal(look('--tool', 'masscan').sources.top[0].address, '203.0.113.77');
  for (const filter of ['udp', 'tcp port 3389 or icmp', 'ip6']) {
    const same = {
      udp: 'udp and not icmp and not icmpv6',
      'tcp port 3389 or icmp': 'tcp.port == 3389 or icmp',
      ip6: 'ipv6',
    }[filter];
    assert.equal(look('--filter', filter).all.packets, matching(same), filter);
  }
  assert.match(sekisho(at, ['observe', '--filter', 'tcp and and', file]).err, /no filter expression/);
  assert.match(sekisho(at, ['observe', '--send', '--port', '3', file]).err, /--send sends all/);

  // For other programs: a line for each source, and STIX.
  const rows = sekisho(at, ['observe', '--format', 'sources', file]).out.trim().split('\r\n');
  assert.equal(rows.length - 1, expected.sources.size);
  assert.equal(
    rows.slice(1).reduce((sum, row) => sum + Number(row.split(',')[1]), 0),
    expected.packets,
  );
  const stix = JSON.parse(sekisho(at, ['observe', '--format', 'stix', file]).out);
  assert.equal(stix.type, 'bundle');
  const ids = stix.objects.map((object) => object.id);
  assert.equal(new Set(ids).size, ids.length);
  for (const object of stix.objects) {
    assert.match(object.id, new RegExp(`^${object.type}--[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab]`));
    for (const ref of object.object_refs ?? []) assert.ok(ids.includes(ref), ref);
  }
  assert.ok(stix.objects.some((object) => object.pattern === "[ipv4-addr:value = '203.0.113.77']"));
  const { Event: misp } = JSON.parse(sekisho(at, ['observe', '--format', 'misp', file]).out);
  assert.deepEqual(
    misp.Attribute.map((one) => one.value).sort(),
    stix.objects
      .filter((object) => object.type === 'indicator')
      .map((object) => /'(.*)'/.exec(object.pattern)[1])
      .sort(),
    'MISP is told of the same',
  );
  assert.ok(misp.Attribute.every((one) => one.type === 'ip-src' && /^[0-9a-f-]{36}$/.test(one.uuid)));
  assert.equal(misp.published, false);
  // As STIX 2.1 has it (2.9): a name-based UUID in its namespace, of the value alone.
  const space = Buffer.from('00abedb4aa42466c9c01fed23315a9b7', 'hex');
  const hash = createHash('sha1')
    .update(Buffer.concat([space, Buffer.from('{"value":"203.0.113.77"}')]))
    .digest();
  hash[6] = (hash[6] & 0x0f) | 0x50;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  const uuid = hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  assert.ok(ids.includes(`ipv4-addr--${uuid}`));

  // Under pseudonyms what is in one network stays together, and no address is told.
  const hidden = sekisho(at, ['observe', '--format', 'json', '--pseudonyms', file]);
  assert.ok(!hidden.out.includes('203.0.113.') && !hidden.out.includes('198.51.100.'));
  const pseudonyms = JSON.parse(hidden.out).sources.top.map((one) => one.address);
  const same = new Set(pseudonyms.filter((one) => one.includes('.')).map((one) => one.replace(/\d+$/, '')));
  assert.equal(same.size, 2, pseudonyms.join(' '));
});

test('every scan of real tools is told of', async (t) => {
  const line = cable(t);
  const at = folder(t);
  const nmap = (...args) => [
    '/usr/bin/nmap',
    '-n',
    '-Pn',
    '-T5',
    '--max-retries',
    '0',
    '--min-rate',
    '500',
    ...args,
    '198.51.100.1',
  ];
  const scans = {
    syn: nmap('-sS', '-p', '1-200'),
    fragments: nmap('-sS', '-f', '-p', '1-200'),
    synfin: nmap('-sS', '--scanflags', 'SYNFIN', '-p', '1-200'),
    ack: nmap('-sA', '-p', '1-200'),
    window: nmap('-sW', '-p', '1-200'),
    maimon: nmap('-sM', '-p', '1-200'),
    fin: nmap('-sF', '-p', '1-200'),
    none: nmap('-sN', '-p', '1-200'),
    xmas: nmap('-sX', '-p', '1-200'),
    udp: nmap('-sU', '-p', '1-200'),
    sctp: nmap('-sY', '-p', '1-200'),
    cookie: nmap('-sZ', '-p', '1-200'),
    echo: [
      ...['/usr/bin/masscan', '198.51.100.0/24', '--ping', '--rate', '2000', '--wait', '0'],
      ...['--interface', 'line0', '--router-mac', line.mac, '--source-ip', '203.0.113.1'],
    ],
  };
  for (const [name, scan] of Object.entries(scans)) {
    const file = path.join(at, `${name}.pcap`);
    const [command, ...rest] = [
      ...line.within(line.near),
      ...['tcpdump', '-i', 'line0', '-w', file, '-U', '-B', '65536', '--immediate-mode', '-Z', 'root'],
    ];
    const dump = spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
    await once(dump.stderr, 'data');
    from(line, ...scan);
    await sleep(200);
    dump.kill('SIGINT');
    await once(dump, 'exit');
    const told = sekisho(at, ['observe', '--format', 'json', '--ours', '203.0.113.0/24', file]);
    assert.equal(told.code, 1, `${name}: ${told.err}`);
    const [ours] = JSON.parse(told.out).sources.ours;
    assert.equal(ours.address, '203.0.113.1', name);
    assert.ok(ours.scans, name);
    // Whoever is scanned, and answers, is no scanner.
    const victim = sekisho(at, ['observe', '--format', 'json', '--ours', '198.51.100.0/24', file]);
    assert.equal(victim.code, 0, `${name}: ${victim.out.slice(0, 2000)}`);
  }
});

test('a capture of which nothing can be read is no quiet line', async (t) => {
  const at = folder(t);
  must('/usr/bin/text2pcap', ['-q', '-l', '105', '-', path.join(at, 'wifi.pcap')], {
    input: '0000 41 42 43 44\n'.repeat(20),
  });
  must('/usr/bin/text2pcap', ['-q', '-e', '0x88e5', '-', path.join(at, 'macsec.pcap')], {
    input: '0000 41 42 43 44\n'.repeat(20),
  });
  const wifi = sekisho(at, ['observe', path.join(at, 'wifi.pcap')]);
  assert.equal(wifi.code, 2);
  assert.match(wifi.err, /of 20 frames only 0 could be read \(links of type 105/);
  const macsec = sekisho(at, ['observe', path.join(at, 'macsec.pcap')]);
  assert.equal(macsec.code, 2);
  assert.match(macsec.err, /doesn't mean that nothing came/);
  // Beside a capture that can be read, one without a name that says so is counted too.
  must(
    '/usr/bin/text2pcap',
    ['-q', '-4', '192.0.2.1,192.0.2.2', '-T', '1000,22', '-', path.join(at, 'dump')],
    { input: '0000 41 42\n'.repeat(90) },
  );
  writeFileSync(path.join(at, 'notes'), 'no capture at all, and not told of: it says so nowhere');
  const all = sekisho(at, ['observe', '--format', 'json', at]);
  assert.equal(all.code, 0, all.err);
  assert.equal(JSON.parse(all.out).all.packets, 90);
});

test('what is no capture, or ends early, is said and nothing is written', async (t) => {
  const at = folder(t);
  writeFileSync(
    path.join(at, 'no.pcap'),
    'this is a letter, not a capture, though it is long enough to be one',
  );
  const refused = sekisho(at, ['observe', path.join(at, 'no.pcap')]);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /not a packet capture/);
  assert.match(sekisho(at, ['observe', path.join(at, 'no.pcap')], { lang: 'ja' }).err, /パケットキャプチャ/);
  assert.match(sekisho(at, ['observe', path.join(at, 'missing.pcap')]).err, /no such file/);
  assert.match(
    sekisho(at, ['observe', '--network', '192.0.2.1/24', path.join(at, 'no.pcap')]).err,
    /write a network like/,
  );
  assert.match(sekisho(at, ['observe']).err, /name capture files/);
  assert.match(sekisho(at, ['observe', '--interface', 'none0']).err, /no such network interface/);
  must(
    '/usr/bin/text2pcap',
    ['-q', '-4', '192.0.2.1,192.0.2.2', '-T', '1000,22', '-', path.join(at, 'one.pcap')],
    { input: '0000 41 42\n' },
  );
  const whole = readFileSync(path.join(at, 'one.pcap'));
  writeFileSync(path.join(at, 'short.pcap'), Buffer.concat([whole, whole.subarray(whole.length - 40)]));
  const short = sekisho(at, ['observe', '--format', 'json', path.join(at, 'short.pcap')]);
  assert.equal(JSON.parse(short.out).all.packets, 1);
  assert.equal(short.code, 2, 'what is missing of it is no success');

  // In a folder what is whole is counted, and the rest is told of.
  const mixed = path.join(at, 'mixed');
  mkdirSync(mixed);
  writeFileSync(path.join(mixed, 'a.pcap'), '');
  writeFileSync(path.join(mixed, 'b.pcap'), 'this is a letter, not a capture, though its name says so');
  writeFileSync(path.join(mixed, 'c.pcap'), whole);
  const rest = sekisho(at, ['observe', '--format', 'json', mixed]);
  assert.equal(rest.code, 2);
  assert.equal(JSON.parse(rest.out).all.packets, 1);
  assert.match(rest.err, /a\.pcap: the file is empty/);
  assert.match(rest.err, /b\.pcap: this is not a packet capture/);
  assert.match(rest.err, /1 other file was counted/);

  // Services and containers have no home to write to; nor need there be room for what is kept.
  const homeless = spawnSync(
    '/usr/bin/setpriv',
    ['--reuid=65534', '--regid=65534', '--clear-groups', binary, 'observe', '--format', 'json', '-'],
    { env: { HOME: '/nonexistent', TMPDIR: '/nonexistent' }, input: whole, encoding: 'utf8' },
  );
  assert.equal(homeless.stderr, '');
  assert.equal(homeless.status, 0);
  assert.equal(JSON.parse(homeless.stdout).all.packets, 1);

  // The key is kept for the person alone; under sudo no file of root's is left in a person's folder.
  assert.equal(statSync(path.join(at, 'sekisho/observe.key')).mode & 0o777, 0o600);
  const other = folder(t);
  assert.equal(
    sekisho(other, ['observe', path.join(at, 'one.pcap')], { env: { SUDO_UID: '65534' } }).code,
    0,
  );
  assert.ok(!existsSync(path.join(other, 'sekisho')));
});

test('countries and autonomous systems are told of where a database is given', async (t) => {
  const at = folder(t);
  writeFileSync(
    path.join(at, 'countries.mmdb'),
    mmdb([
      ['198.51.100.0', 24, { country: { iso_code: 'JP' } }],
      ['203.0.113.0', 24, { registered_country: { iso_code: 'NL' } }],
    ]),
  );
  writeFileSync(
    path.join(at, 'systems.mmdb'),
    mmdb([
      ['203.0.0.0', 8, { autonomous_system_number: 64500, autonomous_system_organization: 'Example Net' }],
    ]),
  );
  const packets = [
    ['203.0.113.9', 4],
    ['198.51.100.7', 2],
    ['192.0.2.1', 1],
  ];
  for (const [i, [source, count]] of packets.entries())
    must(
      '/usr/bin/text2pcap',
      ['-q', '-4', `${source},192.0.2.200`, '-T', '1000,22', '-', path.join(at, `${i}.pcap`)],
      { input: '0000 41 42\n'.repeat(count) },
    );
  const seen = sekisho(at, [
    'observe',
    '--format',
    'json',
    '--geo',
    path.join(at, 'countries.mmdb'),
    '--geo',
    path.join(at, 'systems.mmdb'),
    at,
  ]);
  assert.equal(seen.code, 0, seen.err);
  const { sources } = JSON.parse(seen.out);
  assert.deepEqual(sources.countries, [
    { name: 'NL', sources: 1, packets: 4 },
    { name: 'JP', sources: 1, packets: 2 },
    { name: null, sources: 1, packets: 1 },
  ]);
  assert.deepEqual(sources.systems, [
    { name: 'AS64500 Example Net', sources: 1, packets: 4 },
    { name: null, sources: 2, packets: 3 },
  ]);
  assert.match(
    sekisho(at, ['observe', '--geo', path.join(at, '0.pcap'), at]).err,
    /can't be read as a database in MaxMind's format/,
  );
});

test('a folder is followed while captures are written into it, piece by piece', async (t) => {
  const at = folder(t);
  const files = path.join(at, 'ring');
  mkdirSync(files);
  must(
    '/usr/bin/text2pcap',
    ['-q', '-4', '192.0.2.1,192.0.2.2', '-T', '1000,22', '-', path.join(at, 'one.pcap')],
    { input: '0000 41 42\n'.repeat(50) },
  );
  const whole = readFileSync(path.join(at, 'one.pcap'));
  const child = spawn(binary, ['--lang', 'en', 'observe', '--follow', '--format', 'json', files], {
    env: { ...process.env, XDG_DATA_HOME: at },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atEnd(t, () => child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout.on('data', (part) => (out += part));
  child.stderr.on('data', (part) => (err += part));
  for (const name of ['line.pcap0', 'line.pcap1'])
    for (let from = 0; from < whole.length; from += 1000) {
      appendFileSync(path.join(files, name), whole.subarray(from, from + 1000));
      await sleep(200);
    }
  await sleep(1500);
  child.kill('SIGINT');
  await once(child, 'close');
  assert.equal(err, '');
  const seen = JSON.parse(out);
  assert.equal(seen.all.packets, 100);
  assert.equal(seen.frames.corrupt_records, 0);
});

test('a ring of files is followed round and round, as tcpdump writes it', async (t) => {
  const line = cable(t);
  const at = folder(t);
  const ring = path.join(at, 'ring');
  mkdirSync(ring, { mode: 0o777 });
  chmodSync(ring, 0o777);
  const child = spawn(binary, ['--lang', 'en', 'observe', '--follow', '--format', 'json', ring], {
    env: { ...process.env, XDG_DATA_HOME: at },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atEnd(t, () => child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout.on('data', (part) => (out += part));
  child.stderr.on('data', (part) => (err += part));
  // Files of a megabyte, of which three are kept.
  const [command, ...rest] = line.within(line.near);
  const tcpdump = spawn(
    command,
    [
      ...rest,
      '/usr/bin/tcpdump',
      '-i',
      'line0',
      '-U',
      '-n',
      '-s',
      '0',
      '-C',
      '1',
      '-W',
      '3',
      '-Z',
      'root',
      '-w',
      path.join(ring, 'line.pcap'),
      'udp',
      'dst',
      'port',
      '7',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  atEnd(t, () => tcpdump.kill('SIGKILL'));
  let said = '';
  tcpdump.stderr.on('data', (part) => (said += part));
  while (!/listening on/.test(said)) await sleep(50);
  const sender = `const socket = require('dgram').createSocket('udp4');
    let sent = 0;
    const some = () => {
      for (let i = 0; i < 4; ++i) socket.send(Buffer.alloc(1000), 7, '198.51.100.1');
      if ((sent += 4) < 7000) setTimeout(some, 2);
      else socket.close();
    };
    some();`;
  from(line, process.execPath, '-e', sender);
  await sleep(1000);
  tcpdump.kill('SIGINT');
  await once(tcpdump, 'close');
  const captured = Number(/(\d+) packets captured/.exec(said)[1]);
  await sleep(1500);
  child.kill('SIGINT');
  await once(child, 'close');
  assert.equal(err, '');
  assert.ok(captured > 6500, said);
  assert.equal(JSON.parse(out).all.packets, captured, 'it went round twice and more');
});

/** `sekisho observe --interface` in a namespace, and what it printed once it is told to stop. */
async function watching(t, line, ...more) {
  const at = folder(t);
  const [command, ...rest] = [
    ...line.within(line.near),
    binary,
    '--lang',
    'en',
    'observe',
    '--interface',
    'line0',
    '--format',
    'json',
    ...more,
  ];
  const child = spawn(command, rest, {
    env: { ...process.env, XDG_DATA_HOME: at },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atEnd(t, () => child.kill('SIGKILL'));
  let out = '';
  child.stdout.on('data', (part) => (out += part));
  await once(child.stderr, 'data');
  return {
    child,
    async stop() {
      child.kill('SIGINT');
      await once(child, 'close');
      return JSON.parse(out);
    },
  };
}
const statistic = (line, name) =>
  Number(
    must('/usr/sbin/ip', ['netns', 'exec', line.near, 'cat', `/sys/class/net/line0/statistics/${name}`]),
  );
const received = (line) => statistic(line, 'rx_packets');
/** In both directions. */
const passed = (line) => received(line) + statistic(line, 'tx_packets');

test('a live line is counted to the packet, and what the kernel dropped is counted too', async (t) => {
  const line = cable(t);
  const flood = (ports) =>
    from(
      line,
      '/usr/bin/masscan',
      '198.51.100.0/24',
      `-p${ports}`,
      '--rate',
      '1000000',
      '--wait',
      '0',
      '--interface',
      'line0',
      '--router-mac',
      line.mac,
      '--source-ip',
      '203.0.113.77',
    );
  const live = await watching(t, line, '--network', '198.51.100.0/24');
  let before = received(line);
  flood('1-100');
  await sleep(500);
  const sent = received(line) - before;
  const seen = await live.stop();
  assert.ok(sent >= 25_600);
  assert.equal(seen.frames.dropped, 0);
  assert.ok(
    sent <= seen.frames.seen && seen.frames.seen <= received(line) - before,
    `${sent} ${seen.frames.seen}`,
  );
  // One in 65,536 of them bears another tool's mark by chance.
  assert.ok(seen.all.tools.masscan > 25_590);
  assert.equal(seen.all.targets, 256);

  // Held, it can't empty its ring of 64 MB: what is too much is dropped, and no frame is lost from the sum.
  const held = await watching(t, line);
  before = passed(line);
  held.child.kill('SIGSTOP');
  const sekishoPid = spawnSync('pgrep', ['-P', String(held.child.pid)], { encoding: 'utf8' }).stdout.trim();
  assert.equal(sekishoPid, '', 'ip netns exec becomes the program itself');
  flood('1-2600');
  const all = passed(line) - before;
  held.child.kill('SIGCONT');
  await sleep(1200);
  const rest = await held.stop();
  assert.ok(rest.frames.dropped > 0, 'the ring held everything');
  const sum = rest.frames.seen + rest.frames.outgoing + rest.frames.dropped;
  // A neighbour's question may have come between the two readings of the interface's own counter.
  assert.ok(all <= sum && sum <= passed(line) - before, `${all} ${sum}`);
});

test('what came right before the end is counted, however often it is tried', async (t) => {
  const line = cable(t);
  const sender = spawn(
    ...((words) => [words[0], words.slice(1)])([
      ...line.within(line.far),
      'python3',
      '-c',
      `import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("line0", 0))
frame = bytes.fromhex("ffffffffffff0200000000020800450000280001000040060000cb007107c6336405040000170000000100000000500204") + bytes(12)
print("ready", flush=True)
for count in sys.stdin:
    for i in range(int(count)): s.send(frame)
    print("sent", flush=True)`,
    ]),
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  atEnd(t, () => sender.kill('SIGKILL'));
  await once(sender.stdout, 'data');
  for (const [count, pause] of [
    [1, 0],
    [3000, 0],
    [100, 240],
    [26_030, 120],
    [1, 260],
    [5000, 400],
  ]) {
    const live = await watching(t, line, '--network', '198.51.100.5/32');
    for (const some of [count, 1]) {
      sender.stdin.write(`${some}\n`);
      await once(sender.stdout, 'data');
      if (some === count) await sleep(pause);
    }
    const { frames, all } = await live.stop();
    assert.equal(frames.dropped, 0);
    assert.equal(all.packets, count + 1);
  }
});

test('who tries passwords is seen on the machine itself, in both directions', async (t) => {
  const line = cable(t);
  for (const [server, client, address] of [
    [line.near, line.far, '198.51.100.1'],
    [line.far, line.near, '203.0.113.1'],
  ]) {
    const live = await watching(t, line);
    const listen = spawn(
      '/usr/sbin/ip',
      [
        ...['netns', 'exec', server, 'python3', '-c'],
        `import socket
s = socket.create_server(("${address}", 22))
print("ready", flush=True)
while True:
    c, _ = s.accept()
    c.send(b"SSH-2.0-OpenSSH_9.2\\r\\n")
    while c.recv(4000): c.send(bytes(600))
    c.close()`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    atEnd(t, () => listen.kill('SIGKILL'));
    await once(listen.stdout, 'data');
    must('/usr/sbin/ip', [
      ...['netns', 'exec', client, 'python3', '-c'],
      `import socket
for i in range(14):
    c = socket.create_connection(("${address}", 22)); c.recv(100)
    for what in (b"SSH-2.0-libssh\\r\\n", bytes(700), bytes(400), bytes(300)):
        c.send(what); c.recv(4000)
    c.close()`,
    ]);
    const seen = await live.stop();
    listen.kill('SIGKILL');
    assert.equal(seen.attacks.length, 1, server);
    assert.equal(seen.attacks[0].attempts, 14);
    assert.equal(seen.one_direction, false);
    assert.ok(seen.frames.outgoing > 50, 'what the machine itself sends is looked at');
    assert.equal(seen.all.packets, seen.frames.counted, 'and not counted');
    assert.ok(seen.frames.counted <= seen.frames.seen);
  }
});

test('an interface that goes away or down is told of, costs nothing, and is counted from when it is back', async (t) => {
  const line = cable(t);
  const live = await watching(t, line, '--network', '198.51.100.0/24');
  let err = '';
  live.child.stderr.on('data', (part) => (err += part));
  const told = async (what) => {
    for (let i = 0; !what.test(err); i++) {
      assert.ok(i < 3000, `${what}: ${err}`);
      await sleep(20);
    }
    err = '';
  };
  const send = (count) =>
    from(
      line,
      'python3',
      '-c',
      `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(${count}): s.sendto(b"x", ("198.51.100.1", 9))`,
    );
  send(5);
  line.ip('-n', line.near, 'link', 'set', 'line0', 'down');
  await told(/line0 is down or unplugged/);
  const spent = () =>
    readFileSync(`/proc/${live.child.pid}/stat`, 'utf8')
      .split(' ')
      .slice(13, 15)
      .reduce((sum, ticks) => sum + Number(ticks), 0);
  const before = spent();
  await sleep(2000);
  assert.ok(spent() - before < 50, 'it spins while nothing comes');
  line.ip('-n', line.near, 'link', 'set', 'line0', 'up');
  await told(/line0 is back/);
  send(7);
  line.ip('-n', line.near, 'link', 'del', 'line0');
  await told(/line0 is gone/);
  line.ip(
    '-n',
    line.near,
    'link',
    'add',
    'line0',
    'type',
    'veth',
    'peer',
    'name',
    'line0',
    'netns',
    line.far,
  );
  line.ip('-n', line.near, 'address', 'add', '198.51.100.1/24', 'dev', 'line0');
  line.ip('-n', line.far, 'address', 'add', '203.0.113.1/24', 'dev', 'line0');
  for (const side of [line.near, line.far]) line.ip('-n', side, 'link', 'set', 'line0', 'up');
  line.ip('-n', line.near, 'route', 'add', '203.0.113.0/24', 'dev', 'line0');
  line.ip('-n', line.far, 'route', 'add', '198.51.100.0/24', 'dev', 'line0');
  await told(/line0 is back/);
  send(9);
  const seen = await live.stop();
  assert.equal(seen.all.packets, 5 + 7 + 9);
  assert.ok(seen.frames.dark_seconds >= 2);
});
