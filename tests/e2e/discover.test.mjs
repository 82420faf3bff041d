// SPDX-License-Identifier: Apache-2.0
// Discovery on a LAN that the test makes: two network namespaces with a cable between them, and gear played on the far side.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { atEnd, folder, must, run, sekisho } from './sekisho.mjs';

let count = 0;
/** A namespace for us at 192.0.2.1/24 and one with gear at .10, .20 and .30. */
async function lan(t) {
  const [near, far] = ['near', 'far'].map((side) => `sekisho-${side}-${process.pid}-${++count}`);
  const ip = (...args) => must('/usr/sbin/ip', args);
  for (const name of [near, far]) {
    ip('netns', 'add', name);
    atEnd(t, () => run('/usr/sbin/ip', ['netns', 'del', name]));
  }
  ip('-n', near, 'link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'lan0', 'netns', far);
  ip('-n', near, 'address', 'add', '192.0.2.1/24', 'dev', 'lan0');
  for (const address of ['192.0.2.10', '192.0.2.20', '192.0.2.30'])
    ip('-n', far, 'address', 'add', `${address}/24`, 'dev', 'lan0');
  for (const name of [near, far])
    for (const device of ['lo', 'lan0']) ip('-n', name, 'link', 'set', device, 'up');
  ip('-n', near, 'route', 'add', 'default', 'via', '192.0.2.10');
  const gear = spawn(
    '/usr/sbin/ip',
    [
      'netns',
      'exec',
      far,
      process.execPath,
      new URL('gear.mjs', import.meta.url).pathname,
      '192.0.2.10',
      '192.0.2.20',
      '192.0.2.30',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  atEnd(t, () => gear.kill());
  await once(gear.stdout, 'data');
  return {
    near,
    ip,
    discover: (args, options) =>
      sekisho(folder(t), ['discover', ...args], {
        before: ['/usr/sbin/ip', 'netns', 'exec', near],
        ...options,
      }),
  };
}

test("gear on one's own network is found by what it says of itself", async (t) => {
  const { near, ip, discover } = await lan(t);
  const found = discover(['--yes', '--format', 'json']);
  assert.equal(found.code, 0, found.err);
  const { neighbours } = JSON.parse(found.out);
  assert.deepEqual(
    neighbours.map((one) => [one.address, one.kind]),
    [
      ['192.0.2.10', 'buffalo'],
      ['192.0.2.20', 'fortigate'],
      ['192.0.2.30', null],
    ],
  );
  assert.ok(
    neighbours.every((one) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(one.hardware)),
    found.out,
  );
  assert.deepEqual(neighbours[0].signs, [
    'upnp: BUFFALO INC. WXR-1900DHP',
    'upnp: Linux UPnP/1.0 MiniUPnPd',
    'upnp: x',
  ]);
  assert.deepEqual(neighbours[1].signs, ['http: FortiGate', 'http: xxxxxxxx-xxxxx', 'ssh: SSH-2.0-abc']);
  assert.deepEqual(neighbours[2].signs, ['mdns: _ipp._tcp.local']);
  const text = discover(['--yes'], { lang: 'ja' });
  assert.match(text.out, /192\.0\.2\.20 .*◆ Fortinet FortiGate（FortiOS）/);

  // Only on request, and only where this machine is attached.
  const unasked = discover([]);
  assert.equal(unasked.code, 2);
  assert.match(unasked.err, /--yes/);
  for (const foreign of ['198.51.100.0/24', '192.0.2.0/25', '0.0.0.0/0', 'x']) {
    const refused = discover(['--yes', '--network', foreign], { lang: 'ja' });
    assert.equal(refused.code, 2, foreign);
    assert.match(refused.err, /つながっているネットワークではありません/);
  }
  // A wide network is left out, and said so.
  ip('-n', near, 'address', 'add', '10.1.2.3/8', 'dev', 'lan0');
  const narrow = discover(['--yes', '--format', 'json']);
  assert.match(narrow.err, /10\.0\.0\.0\/8 is too wide/);
  assert.equal(JSON.parse(narrow.out).neighbours.length, 3);
});

test('where nothing answers, that is what it says', async (t) => {
  const name = `sekisho-alone-${process.pid}`;
  must('/usr/sbin/ip', ['netns', 'add', name]);
  atEnd(t, () => run('/usr/sbin/ip', ['netns', 'del', name]));
  const alone = (args) =>
    sekisho(folder(t), ['discover', '--yes', ...args], { before: ['/usr/sbin/ip', 'netns', 'exec', name] });
  assert.match(alone([]).err, /there is no network to look at/);
  must('/usr/sbin/ip', ['-n', name, 'link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'lan1']);
  must('/usr/sbin/ip', ['-n', name, 'address', 'add', '192.0.2.1/30', 'dev', 'lan0']);
  for (const device of ['lan0', 'lan1']) must('/usr/sbin/ip', ['-n', name, 'link', 'set', device, 'up']);
  const none = alone([]);
  assert.equal(none.code, 0, none.err);
  assert.match(none.out, /Nothing answered/);
});
