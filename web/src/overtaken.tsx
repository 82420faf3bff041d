// SPDX-License-Identifier: Apache-2.0
// What two people do at once: who saves second is told what the first one did, and decides.
import { Button, Group, Paper } from '@mantine/core';
import { useRef, useState, type ReactNode } from 'react';
import { call, get, isOvertaken, request, tagOf, useChange, type Answer, type Check } from './api';
import { Failed } from './basics';
import { useWords } from './i18n';

/**
 * Saves something that was loaded earlier, unless it has changed since: then nothing is saved, `other` is
 * what it is now, and `replace` saves all the same.
 */
export function useSave<P extends string, In>({
  path,
  same,
  save,
  done,
}: {
  /** Gives how it is now. */
  path: P;
  /** Whether that is what was shown. */
  same: (now: Answer<P>) => boolean;
  save: (input: In, tag: string | undefined) => Promise<unknown>;
  done: () => void;
}) {
  const [other, setOther] = useState<{ now: Answer<P>; input: In } | null>(null);
  const known = useRef<Answer<P> | null>(null);
  const send = useChange(
    async (input: In) => {
      const now = await get(path);
      const asShown = known.current ? tagOf(now) === tagOf(known.current) : same(now);
      try {
        if (asShown) await save(input, tagOf(now));
        else setOther({ now, input });
        return asShown;
      } catch (error) {
        if (!isOvertaken(error)) throw error;
        setOther({ now: await get(path), input });
        return false;
      }
    },
    (saved) => {
      if (!saved) return;
      known.current = null;
      setOther(null);
      done();
    },
  );
  const replace = () => {
    if (other === null) return;
    known.current = other.now;
    setOther(null);
    send.mutate(other.input);
  };
  return { send, other: other === null ? null : other.now, replace, keep: () => setOther(null) };
}

/**
 * Saves a form that was filled in beside `given`, which a GET of the same path gave: when somebody else has changed it
 * since, nothing is saved, and whoever filled it in decides.
 */
export function useFilledIn(path: string, given: object, body: () => object, done?: () => void) {
  const tag = useRef(tagOf(given));
  const save = useChange(async () => {
    await request('PUT', path, body(), tag.current);
    // One's own change is what the next one begins with.
    tag.current = tagOf(await request('GET', path));
  }, done);
  const replace = useChange(
    async () => {
      tag.current = tagOf(await request('GET', path));
    },
    () => save.mutate(undefined),
  );
  return { save, replace };
}

/** Why a form was not saved. */
export function NotSaved({ saving: { save, replace } }: { saving: ReturnType<typeof useFilledIn> }) {
  const { t } = useWords();
  const error = replace.error ?? save.error;
  if (error === null) return null;
  if (!isOvertaken(error)) return <Failed error={error} />;
  return (
    <Overtaken keep={() => window.location.reload()} replace={() => replace.mutate(undefined)}>
      {t('overtaken.form')}
    </Overtaken>
  );
}

export function Overtaken({
  children,
  keep,
  replace,
}: {
  /** Who did what. */
  children: ReactNode;
  keep: () => void;
  replace: () => void;
}) {
  const { t } = useWords();
  return (
    <Paper withBorder radius="md" p="sm" role="alert">
      <div>{children}</div>
      <Group gap="sm" mt="xs">
        <Button size="xs" variant="default" data-autofocus onClick={keep}>
          {t('overtaken.keep')}
        </Button>
        <Button size="xs" variant="default" onClick={replace}>
          {t('overtaken.replace')}
        </Button>
      </Group>
    </Paper>
  );
}

type Question = Pick<Check, 'id' | 'evidence'>;

/** Answers a question as it was when it was shown first, `open` to be answered. */
export function useAnswer<In>(
  question: Question,
  open: boolean,
  body: (input: In) => object | Promise<object>,
  done: () => void,
) {
  const shown = useRef<number | null | undefined>(undefined);
  const newest = question.evidence?.id ?? null;
  if (!open) shown.current = undefined;
  else if (shown.current === undefined) shown.current = newest;
  const path = `/checks/${question.id}/answers` as const;
  return useSave({
    path,
    same: (now) => now.evidence === null || now.evidence.id === shown.current,
    save: async (input: In, tag) => call('POST', path, await body(input), tag),
    done: () => {
      shown.current = undefined;
      done();
    },
  });
}

/** Somebody else's answer, which came between. */
export function OvertakenAnswer({
  answer,
}: {
  answer: { other: Question | null; keep: () => void; replace: () => void };
}) {
  const { t, tx, time } = useWords();
  const now = answer.other?.evidence;
  if (!now) return null;
  return (
    <Overtaken keep={answer.keep} replace={answer.replace}>
      {t('overtaken.answer', { name: now.by ?? now.source, at: time(now.observed_at) })}{' '}
      <strong>{tx(now.detail)}</strong>
    </Overtaken>
  );
}
