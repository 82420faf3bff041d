// SPDX-License-Identifier: Apache-2.0
// Plays network gear inside a network namespace, at one address each: a router that answers SSDP with a description, a VPN
// device with a page and an SSH greeting, a printer that answers mDNS. Says "ready" when all listen.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { createServer as createTcp } from 'node:net';

const [router, vpn, printer] = process.argv.slice(2);
const listening = (server, ...where) => new Promise((done) => server.listen(...where, done));

const description = createServer((request, reply) =>
  reply.end(
    '<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device><manufacturer>BUFFALO INC.</manufacturer><modelName>WXR-1900DHP</modelName></device></root>',
  ),
);
await listening(description, 49152, router);
const group = (port, address, host, answer) =>
  new Promise((done) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    // Answers come from the device's own address.
    const out = createSocket('udp4').bind(0, host);
    socket.on('message', (message, from) => {
      for (const text of answer(message)) out.send(text, from.port, from.address);
    });
    socket.bind(port, () => {
      socket.addMembership(address, host);
      done();
    });
  });
await group(1900, '239.255.255.250', router, (message) =>
  message.toString().startsWith('M-SEARCH')
    ? [
        `HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: upnp:rootdevice\r\nSERVER: Linux UPnP/1.0 MiniUPnPd\r\nLOCATION: http://${router}:49152/rootDesc.xml\r\n\r\n`,
        // One that sends elsewhere is not followed.
        `HTTP/1.1 200 OK\r\nSERVER: x\r\nLOCATION: http://127.0.0.1:1/secret\r\n\r\n`,
        Buffer.from([255, 0, 1]),
      ]
    : [],
);
const name = (text) =>
  Buffer.concat([
    ...text.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
await group(5353, '224.0.0.251', printer, () => [
  Buffer.concat([
    Buffer.from([0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
    name('_services._dns-sd._udp.local'),
    Buffer.from([0, 12, 0, 1, 0, 0, 0, 10]),
    Buffer.from([0, name('_ipp._tcp.local').length]),
    name('_ipp._tcp.local'),
  ]),
]);
const page = createServer((request, reply) => {
  reply.setHeader('server', 'xxxxxxxx-xxxxx');
  reply.end('<html><head><title>FortiGate</title></head>');
});
await listening(page, 80, vpn);
await listening(
  createTcp((socket) => socket.end('SSH-2.0-abc\r\n').on('error', () => {})),
  22,
  vpn,
);
console.log('ready');
