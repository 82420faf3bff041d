// SPDX-License-Identifier: Apache-2.0
// The policy in force in words, a draft with what it would change, earlier ones, and those that come built in.
import { Button, Group, SegmentedControl, Stack, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState, type RefObject } from 'react';
import { ApiError, call, tagOf, useApi, type Schemas } from '../api';
import { Failed, Loading } from '../basics';
import { Field, Form, useUnplaced } from '../form';
import { learn, useWords } from '../i18n';
import { NotSaved, useFilledIn } from '../overtaken';
import { administers, Ask, Card, Empty, Result, Tag, useMe } from '../parts';
import { InWords, locksOutAll, WhatIf } from './changes';
import { AccessPage } from './parts';
import { drafted, filled, formOf, PolicyFormFields, type Filled } from './policy-form';
import { policyForm } from '../words/policy-form';

learn(policyForm);

type Box = RefObject<HTMLTextAreaElement | null>;
/** Where nothing is in force yet. */
const empty: Schemas['PolicyForm'] = {
  policy: {
    name: { ja: 'アクセスのポリシー', en: 'Access policy' },
    about: { ja: '誰が何を使えるか', en: 'Who may use what' },
  },
  resources: [],
};

type Policy = Schemas['AccessPolicy'];
type Comparison = Schemas['AccessComparison'];

function InForce({ given }: { given: Policy }) {
  const { t, tx, time } = useWords();
  return (
    <Card title={given.words ? tx(given.words.name) : t('access.policy')}>
      <p className="soft" style={{ marginTop: 0 }}>
        {given.source === 'saved' &&
          t('access.policy.saved', { at: time(given.saved_at), name: given.saved_by?.name ?? '―' })}
        {given.source === 'built_in' && t('access.policy.builtin')}
      </p>
      {given.source === 'none' && <p>{t('access.policy.none')}</p>}
      {given.source === 'saved' && !given.words && <p role="alert">{t('access.policy.broken')}</p>}
      {given.words && <InWords words={given.words} />}
    </Card>
  );
}

/** What is wrong with a draft and stands at no field: of a text, in which line. */
function SlipsOf({ error }: { error: Error }) {
  const { t } = useWords();
  const slips = useUnplaced(error);
  if (!(error instanceof ApiError) || error.fields.length === 0) return <Failed error={error} />;
  if (slips.length === 0) return null;
  return (
    <div className="say bad" role="alert">
      <strong>{t('access.policy.wrong')}</strong>
      <ul style={{ margin: '0.25rem 0', paddingLeft: '1.2rem' }}>
        {slips.map((one, at) => {
          const line = /:(\d+)$/.exec(one.where)?.[1];
          return (
            <li key={at}>
              {line && <strong>{t('access.policy.line', { n: line })}</strong>} {one.message}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
const Slips = ({ error }: { error: Error | null }) => (error === null ? null : <SlipsOf error={error} />);

/** The draft: what is edited, and in which of its two shapes. */
interface Edited {
  tab: 'form' | 'text';
  text: string;
  /** What the text says as a form, then as it was changed; null where the text was changed since. */
  form: Filled | null;
}

/** Comments that a form's change takes out of the text. */
function Lost({ lost }: { lost: string[] }) {
  const { t } = useWords();
  if (lost.length === 0) return null;
  return (
    <details className="why">
      <summary>{t('pform.lost', { n: lost.length })}</summary>
      <p style={{ margin: '0.25rem 0' }}>{t('pform.lost.why')}</p>
      <ul className="plain">
        {lost.map((one, n) => (
          <li key={n}>{one}</li>
        ))}
      </ul>
    </details>
  );
}

/** How it was looked at: as which text, of which draft. */
interface Tried {
  of: string;
  text: string;
  lost: string[];
  compared: Comparison;
}

const stamp = ({ tab, text, form }: Edited) =>
  tab === 'form' && form ? text + JSON.stringify(formOf(form)) : text;

function TextTab({ box, text, set }: { box: Box; text: string; set: (text: string) => void }) {
  const { t } = useWords();
  return (
    <Field at="/text">
      <Textarea
        ref={box}
        label={t('access.policy.draft')}
        autosize
        minRows={8}
        maxRows={28}
        spellCheck={false}
        styles={{ input: { fontFamily: 'ui-monospace, monospace', fontSize: '0.85rem' } }}
        value={text}
        onChange={(e) => set(e.currentTarget.value)}
      />
    </Field>
  );
}

function Draft({
  given,
  edited,
  set,
  box,
}: {
  given: Policy;
  edited: Edited;
  set: (change: (edited: Edited) => Edited) => void;
  box: Box;
}) {
  const { t } = useWords();
  const [tried, setTried] = useState<Tried | null>(null);
  const [saved, setSaved] = useState(false);
  const [lost, setLost] = useState<string[]>([]);
  const { tab, text, form } = edited;
  const now = stamp(edited);
  const ready = tried?.of === now;
  const asText = () =>
    tab === 'form' && form ? drafted(text, formOf(form)) : Promise.resolve({ text, lost: [] as string[] });
  const look = useMutation<Tried, Error>({
    mutationFn: async () => {
      const draft = await asText();
      const compared = await call('PUT', '/access/policy?try=yes', { text: draft.text }, tagOf(given));
      return { of: now, text: draft.text, lost: draft.lost, compared };
    },
    onSuccess: setTried,
  });
  const turn = useMutation<Edited, Error, Edited['tab']>({
    mutationFn: async (to) => {
      if (to === 'text') {
        const draft = await asText();
        setLost(draft.lost);
        return { tab: to, text: draft.text, form };
      }
      return { tab: to, text, form: form ?? filled((await drafted(text)).form) };
    },
    onSuccess: (next) => {
      look.reset();
      set(() => next);
    },
  });
  const saving = useFilledIn(
    '/access/policy',
    given,
    () => ({ text: tried?.text }),
    () => {
      if (tried) set((all) => ({ ...all, text: tried.text }));
      setTried(null);
      setSaved(true);
    },
  );
  const touched = () => {
    setSaved(false);
    setLost([]);
    turn.reset();
  };
  // Whichever was asked for last.
  const error = turn.error ?? (look.isPending ? null : look.error);
  return (
    <Card title={t('access.policy.edit')}>
      <Form error={error} submit={() => look.mutate()}>
        <Stack gap="sm">
          <p className="soft" style={{ margin: 0 }}>
            {t('access.policy.edit.text')}
          </p>
          <SegmentedControl
            aria-label={t('access.policy.draft.as')}
            value={tab}
            onChange={(to) => turn.mutate(to as Edited['tab'])}
            data={(['form', 'text'] as const).map((value) => ({ value, label: t(`pform.${value}`) }))}
          />
          {turn.error && (
            <p role="alert" style={{ margin: 0 }}>
              {t(tab === 'text' ? 'pform.unread' : 'pform.unwritten')}
            </p>
          )}
          {tab === 'text' || form === null ? (
            <>
              <Lost lost={lost} />
              <TextTab
                box={box}
                text={text}
                set={(next) => {
                  touched();
                  set((all) => ({ ...all, text: next, form: null }));
                }}
              />
            </>
          ) : (
            <PolicyFormFields
              text={text}
              value={form}
              set={(change) => {
                touched();
                set((all) => (all.form ? { ...all, form: change(all.form) } : all));
              }}
              error={error}
              countries={given.countries}
            />
          )}
          <Slips error={error} />
          {ready && <WhatIf compared={tried.compared} before={given.words} />}
          {ready && <Lost lost={tried.lost} />}
          {ready && (
            <details className="why">
              <summary>{t('access.policy.reads')}</summary>
              <InWords words={tried.compared.words} />
            </details>
          )}
          <NotSaved saving={saving} />
          {saved && <Result title={t('access.policy.now')} />}
          <Group>
            <Button type="submit" variant={ready ? 'default' : 'filled'} loading={look.isPending}>
              {t('access.policy.try')}
            </Button>
            <Button
              variant={ready ? 'filled' : 'default'}
              disabled={!ready || locksOutAll(tried.compared)}
              loading={saving.save.isPending}
              onClick={() => saving.save.mutate(undefined)}
            >
              {t('access.policy.save')}
            </Button>
            {!ready && <span className="soft">{t('access.policy.first')}</span>}
          </Group>
        </Stack>
      </Form>
    </Card>
  );
}

function History({ take, current }: { take: ((text: string) => void) | null; current: Policy }) {
  const { t, time } = useWords();
  return (
    <Card title={t('access.policy.history')} flush>
      <Ask path="/access/policies?limit=100">
        {({ items }) =>
          items.length === 0 ? (
            <Empty>{t('access.policy.history.none')}</Empty>
          ) : (
            items.map((one, at) => (
              <div className="row" key={one.id}>
                <Group justify="space-between">
                  <span>
                    {time(one.saved_at)} · {one.saved_by.name}{' '}
                    {at === 0 && current.source === 'saved' && (
                      <Tag kind="pass">{t('access.policy.current')}</Tag>
                    )}
                  </span>
                  {take && at > 0 && (
                    <Button
                      size="xs"
                      variant="default"
                      aria-label={t('access.policy.back.one', { at: time(one.saved_at) })}
                      onClick={() => take(one.text)}
                    >
                      {t('access.policy.back')}
                    </Button>
                  )}
                </Group>
              </div>
            ))
          )
        }
      </Ask>
    </Card>
  );
}

function Seven({ take }: { take: ((text: string) => void) | null }) {
  const { t, tx } = useWords();
  return (
    <Card title={t('access.policy.seven')} flush>
      <Ask path="/access/policies/built-in">
        {({ items }) =>
          items.map((one) => (
            <details key={one.method}>
              <summary className="row">
                {tx(one.name)} {one.in_use && <Tag kind="pass">{t('access.policy.inuse')}</Tag>}
              </summary>
              <div style={{ padding: '0.75rem 1rem' }}>
                {one.words && <InWords words={one.words} />}
                {take && (
                  <Button
                    mt="sm"
                    size="xs"
                    variant="default"
                    aria-label={t('access.policy.take.one', { name: tx(one.name) })}
                    onClick={() => take(one.text)}
                  >
                    {t('access.policy.take')}
                  </Button>
                )}
              </div>
            </details>
          ))
        }
      </Ask>
    </Card>
  );
}

/** The draft begins with what is in force: in the form, unless that can't be read. */
const begun = ({ text, form, source }: Policy): Edited =>
  form
    ? { tab: 'form', text, form: filled(form) }
    : source === 'none'
      ? { tab: 'form', text: '', form: filled(empty) }
      : { tab: 'text', text, form: null };

function Loaded({ given }: { given: Policy }) {
  const mayChange = administers(useMe());
  const [edited, set] = useState<Edited>(() => begun(given));
  const box = useRef<HTMLTextAreaElement>(null);
  const draft = useRef<HTMLDivElement>(null);
  // What this version can't read is shown as text, to be mended.
  const taking = useMutation<Edited, Error, string>({
    mutationFn: async (text) => {
      if (edited.tab === 'text') return { tab: 'text', text, form: null };
      try {
        return { tab: 'form', text, form: filled((await drafted(text)).form) };
      } catch (error) {
        if (error instanceof ApiError && error.status === 422) return { tab: 'text', text, form: null };
        throw error;
      }
    },
    onSuccess: (next) => {
      set(next);
      draft.current?.scrollIntoView({ block: 'start' });
      draft.current?.focus();
      if (next.tab === 'text') box.current?.focus();
    },
  });
  const take = mayChange ? taking.mutate : null;
  return (
    <>
      <InForce given={given} />
      {mayChange && (
        <div ref={draft} tabIndex={-1}>
          <Draft given={given} edited={edited} set={set} box={box} />
        </div>
      )}
      {taking.error && <Failed error={taking.error} />}
      <History take={take} current={given} />
      <Seven take={take} />
    </>
  );
}

export default function PolicyPage() {
  const { t } = useWords();
  const answer = useApi('/access/policy');
  return (
    <AccessPage title={t('access.policy.title')} text={t('access.policy.text')}>
      {answer.error && !answer.data && <Failed error={answer.error} again={() => void answer.refetch()} />}
      {!answer.data && !answer.error && <Loading />}
      {answer.data && <Loaded given={answer.data} />}
    </AccessPage>
  );
}
