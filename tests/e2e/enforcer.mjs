// SPDX-License-Identifier: Apache-2.0
// One that enforces, written from docs/access-protocol.md alone: it asks, holds who is in, and is told whom to cut.
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { atEnd } from './sekisho.mjs';

export class Enforcer {
  /** Connects and says hello. `where`: a socket's path, or what tls.connect() takes. */
  static async at(t, where, name) {
    const one = new Enforcer();
    one.socket = typeof where === 'string' ? connect(where) : connectTls(where);
    atEnd(t, () => one.socket.destroy());
    Object.assign(one, { number: 0, waiting: new Map(), cuts: [], fault: null, heard: null });
    one.gone = new Promise((done) => one.socket.once('close', done));
    one.socket.on('error', () => {});
    one.gone.then(() => {
      for (const answer of one.waiting.values()) answer(null);
      clearInterval(one.beat);
    });
    let text = '';
    one.socket.on('data', (data) => {
      text += data;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        one.take(JSON.parse(text.slice(0, end)));
        text = text.slice(end + 1);
      }
    });
    const there = typeof where === 'string' ? 'connect' : 'secureConnect';
    await Promise.race([new Promise((done) => one.socket.once(there, done)), one.gone]);
    const hello = new Promise((done) => one.waiting.set('hello', done));
    one.say({ type: 'hello', version: 1, enforcer: name });
    one.welcome = await Promise.race([hello, one.gone.then(() => null)]);
    // One that was refused has nothing to say, and the tests don't wait for any.
    if (!one.socket.destroyed) one.beat = setInterval(() => one.say({ type: 'alive' }), 4000).unref();
    return one;
  }
  say(message) {
    if (!this.socket.destroyed) this.socket.write(`${JSON.stringify(message)}\n`);
  }
  take(message) {
    if (message.type === 'fault') this.fault = message.why;
    if (message.type === 'cut') {
      this.cuts.push({ token: message.token, why: message.why, at: performance.now() });
      this.say({ type: 'cut-done', token: message.token, took_ms: 0 });
      this.heard?.(message);
    }
    const key = message.type === 'hello' ? 'hello' : message.id;
    this.waiting.get(key)?.(message);
    this.waiting.delete(key);
  }
  /** Its answer; null where the connection ended first. */
  request(message) {
    const id = (this.number += 1);
    const answer = new Promise((done) => this.waiting.set(id, done));
    if (this.socket.destroyed) return null;
    this.say({ ...message, id });
    return answer;
  }
  ask(resource, person, key) {
    return this.request({ type: 'ask', resource, person, key, from: '192.0.2.7' });
  }
  /** Asks and opens: the token of who is in, or null. */
  async enter(resource, person, key, handle = 'one') {
    const verdict = await this.ask(resource, person, key);
    if (verdict?.answer !== 'allow') return null;
    const live = await this.request({ type: 'opened', token: verdict.token, handle });
    return live?.live ? verdict.token : null;
  }
}
