// SPDX-License-Identifier: Apache-2.0
// Reports that are being made: they go on while other pages are looked at, and are downloaded when they are there.
import { useSyncExternalStore } from 'react';
import { ApiError, get, type Answer } from './api';
import type { Lang } from './i18n';
import { saveFile } from './save';

export type Progress = Answer<'/report-making'>;
export interface Making {
  /** Of a PDF alone, once the server has told. */
  progress?: Progress;
  error?: Error;
}

let all: Record<string, Making> = {};
const lookers = new Set<() => void>();
function put(key: string, one: Making | undefined) {
  const { [key]: _, ...others } = all;
  all = one === undefined ? others : { ...others, [key]: one };
  for (const look of lookers) look();
}
const subscribe = (look: () => void) => {
  lookers.add(look);
  return () => lookers.delete(look);
};

const keyOf = (kind: string, format: string, lang: Lang) => `${kind} ${format} ${lang}`;
/** Of one report in one form: nothing where it isn't being made and did not fail. */
export const useMaking = (kind: string, format: string, lang: Lang): Making | undefined =>
  useSyncExternalStore(subscribe, () => all[keyOf(kind, format, lang)]);

/** Asks for it, unless it is being made. */
export async function make(kind: string, format: string, lang: Lang) {
  const key = keyOf(kind, format, lang);
  if (all[key] && !all[key].error) return;
  put(key, {});
  const name = crypto.getRandomValues(new Uint32Array(4)).join('-');
  const asking =
    format === 'pdf'
      ? setInterval(() => {
          get(`/report-making?making=${name}`).then(
            (progress) => progress.under_way && all[key] && !all[key].error && put(key, { progress }),
            () => undefined, // the report itself says what is wrong
          );
        }, 700)
      : undefined;
  try {
    const reply = await fetch(`/api/v1/reports/${kind}?format=${format}&lang=${lang}&making=${name}`, {
      headers: { 'accept-language': lang },
    });
    if (!reply.ok) throw new ApiError(reply.status, (await reply.json()).title, []);
    const file = /filename="([^"]+)"/.exec(reply.headers.get('content-disposition') ?? '')?.[1] ?? 'sekisho';
    saveFile(file, await reply.blob());
    put(key, undefined);
  } catch (caught) {
    put(key, { error: caught as Error });
  } finally {
    clearInterval(asking);
  }
}
