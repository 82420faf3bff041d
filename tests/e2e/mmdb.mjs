// SPDX-License-Identifier: Apache-2.0
// Writes a database in MaxMind's format (MaxMind DB file format specification 2.0): networks and what they are told to hold.
const head = (type, size) => {
  const [extended, bits] = type > 7 ? [[type - 7], 0] : [[], type];
  if (size < 29) return Buffer.from([(bits << 5) | size, ...extended]);
  if (size < 285) return Buffer.from([(bits << 5) | 29, ...extended, size - 29]);
  throw new Error('too long for this writer');
};
/** Type 5: 16 bits, 6: 32 bits, 9: 64 bits. */
function unsigned(type, value) {
  const bytes = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.concat([head(type, bytes.length), Buffer.from(bytes)]);
}
function encoded(value) {
  if (typeof value === 'string')
    return Buffer.concat([head(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number' && Number.isInteger(value)) return unsigned(6, value);
  if (typeof value === 'number') {
    const double = Buffer.alloc(8);
    double.writeDoubleBE(value);
    return Buffer.concat([head(3, 8), double]);
  }
  if (Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return Buffer.concat([head(11, value.length), ...value.map(encoded)]);
  const entries = Object.entries(value);
  return Buffer.concat([
    head(7, entries.length),
    ...entries.flatMap(([key, inner]) => [encoded(key), encoded(inner)]),
  ]);
}

/** `networks`: [['192.0.2.0', 24, {country: {iso_code: 'JP'}}], …], IPv4 alone. */
export function mmdb(networks) {
  const nodes = [[null, null]];
  const data = [];
  let size = 0;
  for (const [address, bits, value] of networks) {
    const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    let node = 0;
    for (let i = 0; i < bits; i++) {
      const side = Math.floor(number / 2 ** (31 - i)) % 2;
      if (i === bits - 1) nodes[node][side] = { at: size };
      else {
        nodes[node][side] ??= nodes.push([null, null]) - 1;
        node = nodes[node][side];
      }
    }
    data.push(encoded(value));
    size += data.at(-1).length;
  }
  const tree = Buffer.alloc(nodes.length * 6);
  nodes.forEach((pair, i) =>
    pair.forEach((side, j) =>
      tree.writeUIntBE(
        side === null ? nodes.length : typeof side === 'number' ? side : nodes.length + 16 + side.at,
        i * 6 + j * 3,
        3,
      ),
    ),
  );
  const metadata = encoded({
    node_count: nodes.length,
    record_size: unsigned(5, 24),
    ip_version: unsigned(5, 4),
    database_type: 'Test',
    languages: ['en'],
    binary_format_major_version: unsigned(5, 2),
    binary_format_minor_version: unsigned(5, 0),
    build_epoch: unsigned(9, 1_600_000_000),
    description: { en: 'Test' },
  });
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    ...data,
    Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
    metadata,
  ]);
}
