// SPDX-License-Identifier: Apache-2.0
// Writes captures (pcap, Ethernet, IPv4) of what two ends say to each other over TCP, without anything being sent.
const checksum = (bytes) => {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};
const address = (text) => Buffer.from(text.split('.').map(Number));

function frame(from, to, sequence, acknowledged, flags, text) {
  const tcp = Buffer.alloc(20);
  tcp.writeUInt16BE(from.port, 0);
  tcp.writeUInt16BE(to.port, 2);
  tcp.writeUInt32BE(sequence, 4);
  tcp.writeUInt32BE(acknowledged, 8);
  tcp[12] = 5 << 4;
  tcp[13] = flags;
  tcp.writeUInt16BE(64240, 14);
  const ip = Buffer.alloc(20);
  ip[0] = 0x45;
  ip.writeUInt16BE(40 + text.length, 2);
  ip[8] = 64;
  ip[9] = 6;
  address(from.host).copy(ip, 12);
  address(to.host).copy(ip, 16);
  ip.writeUInt16BE(checksum(ip), 10);
  return Buffer.concat([Buffer.alloc(12, 2), Buffer.from([8, 0]), ip, tcp, Buffer.from(text)]);
}

/** `talks`: [{client: {host, port}, server, at: seconds, said: [[byClient, text], …]}, …], one after the other. */
export function pcap(talks) {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65535, 16);
  head.writeUInt32LE(1, 20);
  const parts = [head];
  for (const { client, server, at, said } of talks) {
    const next = [1000, 5000]; // of the client, of the server
    let micro = 0;
    const send = (byClient, flags, text, counts) => {
      const [from, to] = byClient ? [client, server] : [server, client];
      const [own, other] = byClient ? [0, 1] : [1, 0];
      const bytes = frame(from, to, next[own], flags & 0x10 ? next[other] : 0, flags, text);
      const record = Buffer.alloc(16);
      record.writeUInt32LE(at, 0);
      record.writeUInt32LE((micro += 1000), 4);
      record.writeUInt32LE(bytes.length, 8);
      record.writeUInt32LE(bytes.length, 12);
      parts.push(record, bytes);
      next[own] += counts;
    };
    send(true, 0x02, '', 1);
    send(false, 0x12, '', 1);
    send(true, 0x10, '', 0);
    for (const [byClient, text] of said) send(byClient, 0x18, text, text.length);
    send(true, 0x11, '', 1);
    send(false, 0x11, '', 1);
  }
  return Buffer.concat(parts);
}
