// SPDX-License-Identifier: Apache-2.0
// The reader's language, and everything that depends on it.
import { useSyncExternalStore } from 'react';
import type { Text } from './api';
import { words, type Word } from './words';

export type Lang = 'ja' | 'en';
const kept = 'sekisho.lang';

const first = (): Lang => {
  const said = localStorage.getItem(kept);
  if (said === 'ja' || said === 'en') return said;
  return navigator.language.startsWith('ja') ? 'ja' : 'en';
};

let spoken = first();
document.documentElement.lang = spoken;
const listeners = new Set<() => void>();
const listen = (told: () => void) => {
  listeners.add(told);
  return () => listeners.delete(told);
};

export const language = () => spoken;

export function setLanguage(lang: Lang) {
  spoken = lang;
  localStorage.setItem(kept, lang);
  document.documentElement.lang = lang;
  for (const told of listeners) told();
}

type Words = Record<string, readonly [string, string]>;
const known: Words = { ...words };
/** Takes in the words of a page that comes later, before it shows any. */
export const learn = (more: Words) => void Object.assign(known, more);

/** A word with each {{name}} in it replaced; {{name|one|many}} is one of two words, by a number. */
const say = (lang: Lang, key: Word, values: Record<string, unknown> = {}) =>
  known[key]![lang === 'ja' ? 0 : 1].replace(
    /\{\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}\}/g,
    (whole, name: string, one?: string, many?: string) => {
      if (!(name in values)) return whole;
      return String(one === undefined ? values[name] : Number(values[name]) === 1 ? one : many);
    },
  );

function speaker(lang: Lang) {
  const locale = lang === 'ja' ? 'ja-JP' : 'en-GB';
  // Making a formatter is slow; using one is not.
  const days = new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'short', day: 'numeric' });
  const times = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const numbers = new Intl.NumberFormat(locale);
  const percents = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  const day = (value: string) => days.format(new Date(value.length === 10 ? value + 'T12:00:00' : value));
  return {
    lang,
    locale,
    t: (key: Word, values?: Record<string, unknown>) => say(lang, key, values),
    /** One of the server's texts. */
    tx: (text: Text | { ja?: string; en?: string } | null | undefined) => (text ? (text[lang] ?? '') : ''),
    day: (value: string | null | undefined) => (value ? day(value) : '―'),
    time: (value: string | null | undefined) => (value ? times.format(new Date(value)) : '―'),
    /** Until when something holds, or that it no longer does. */
    until: (value: string) =>
      say(lang, new Date(value) > new Date() ? 'list.until' : 'list.ended', { day: day(value) }),
    number: (value: number) => numbers.format(value),
    percent: (value: number) => percents.format(value),
  };
}
const speakers: Partial<Record<Lang, ReturnType<typeof speaker>>> = {};

export function useWords() {
  const lang = useSyncExternalStore(listen, language);
  return (speakers[lang] ??= speaker(lang));
}
