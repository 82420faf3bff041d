import i18next from 'i18next';
import { initReactI18next, useTranslation } from 'react-i18next';
import type { Text } from './api';
import { words, type Word } from './words';

export type Lang = 'ja' | 'en';
const kept = 'sekisho.lang';

const side = (at: 0 | 1) => Object.fromEntries(Object.entries(words).map(([key, pair]) => [key, pair[at]]));

const first = (): Lang => {
  const said = localStorage.getItem(kept);
  if (said === 'ja' || said === 'en') return said;
  return navigator.language.startsWith('ja') ? 'ja' : 'en';
};

void i18next.use(initReactI18next).init({
  lng: first(),
  resources: { ja: { translation: side(0) }, en: { translation: side(1) } },
  keySeparator: false,
  nsSeparator: false,
  showSupportNotice: false,
  interpolation: { escapeValue: false },
});
document.documentElement.lang = i18next.language;

export const language = () => i18next.language as Lang;

export function setLanguage(lang: Lang) {
  localStorage.setItem(kept, lang);
  document.documentElement.lang = lang;
  void i18next.changeLanguage(lang);
}

const dayIn = (locale: string, value: string) =>
  new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'short', day: 'numeric' }).format(new Date(value.length === 10 ? value + 'T12:00:00' : value));

export function useWords() {
  const { t: translate, i18n } = useTranslation();
  const lang = i18n.language as Lang;
  const locale = lang === 'ja' ? 'ja-JP' : 'en-GB';
  return {
    lang,
    locale,
    t: (key: Word, values?: Record<string, unknown>) => translate(key, values ?? {}) as string,
    /** One of the server's texts. */
    tx: (text: Text | { ja?: string; en?: string } | null | undefined) => (text ? (text[lang] ?? '') : ''),
    day: (value: string | null | undefined) => (value ? dayIn(locale, value) : '―'),
    time: (value: string | null | undefined) => (value ? new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(value)) : '―'),
    /** Until when something holds, or that it no longer does. */
    until: (value: string) => translate(new Date(value) > new Date() ? 'list.until' : 'list.ended', { day: dayIn(locale, value) }) as string,
    number: (value: number) => new Intl.NumberFormat(locale).format(value),
    percent: (value: number) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(value),
  };
}
