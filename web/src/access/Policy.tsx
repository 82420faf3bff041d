// The policy in force in words, a draft with what it would change, earlier ones, and those that come built in.
import { Button, Group, Stack, Textarea } from '@mantine/core';
import { useRef, useState } from 'react';
import { ApiError, call, tagOf, useApi, useChange, type Schemas } from '../api';
import { Failed, Loading } from '../basics';
import { Field, Form } from '../form';
import { useWords } from '../i18n';
import { NotSaved, useFilledIn } from '../overtaken';
import { administers, Ask, Card, Empty, Result, Tag, useMe } from '../parts';
import { InWords, locksOutAll, WhatIf } from './changes';
import { AccessPage } from './parts';

type Policy = Schemas['AccessPolicy'];
type Comparison = Schemas['AccessComparison'];
interface Earlier {
  items: { id: number; text: string; saved_at: string; saved_by: { id: number; name: string } }[];
  next: number | null;
}
interface BuiltIn {
  items: {
    method: string;
    name: { ja: string; en: string };
    in_use: boolean;
    text: string;
    words: Schemas['MaybePolicyWords'];
  }[];
}

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

/** What is wrong with a draft, and in which line. */
function Slips({ error }: { error: Error | null }) {
  const { t } = useWords();
  if (error === null) return null;
  if (!(error instanceof ApiError) || error.fields.length === 0) return <Failed error={error} />;
  return (
    <div className="say bad" role="alert">
      <strong>{t('access.policy.wrong')}</strong>
      <ul style={{ margin: '0.25rem 0', paddingLeft: '1.2rem' }}>
        {error.fields.map((one, at) => {
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

function Draft({
  given,
  text,
  set,
  box,
}: {
  given: Policy;
  text: string;
  set: (text: string) => void;
  box: React.RefObject<HTMLTextAreaElement | null>;
}) {
  const { t } = useWords();
  const [tried, setTried] = useState<{ text: string; compared: Comparison } | null>(null);
  const [saved, setSaved] = useState(false);
  const look = useChange(
    async () => ({
      text,
      compared: await call<Comparison>('PUT', '/access/policy?try=yes', { text }, tagOf(given)),
    }),
    setTried,
  );
  const saving = useFilledIn(
    '/access/policy',
    given,
    () => ({ text }),
    () => {
      setTried(null);
      setSaved(true);
    },
  );
  const ready = tried?.text === text;
  return (
    <Card title={t('access.policy.edit')}>
      <Form error={look.error} submit={() => look.mutate(undefined)}>
        <Stack gap="sm">
          <p className="soft" style={{ margin: 0 }}>
            {t('access.policy.edit.text')}
          </p>
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
              onChange={(e) => {
                setSaved(false);
                set(e.currentTarget.value);
              }}
            />
          </Field>
          {!look.isPending && <Slips error={look.error} />}
          {ready && <WhatIf compared={tried.compared} before={given.words} />}
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
      <Ask<Earlier> path="/access/policies?limit=100">
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
      <Ask<BuiltIn> path="/access/policies/built-in">
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

function Loaded({ given }: { given: Policy }) {
  const mayChange = administers(useMe());
  const [text, set] = useState(given.text);
  const box = useRef<HTMLTextAreaElement>(null);
  const take = mayChange
    ? (taken: string) => {
        set(taken);
        box.current?.focus();
        box.current?.scrollIntoView({ block: 'center' });
      }
    : null;
  return (
    <>
      <InForce given={given} />
      {mayChange && <Draft given={given} text={text} set={set} box={box} />}
      <History take={take} current={given} />
      <Seven take={take} />
    </>
  );
}

export default function PolicyPage() {
  const { t } = useWords();
  const answer = useApi<Policy>('/access/policy');
  return (
    <AccessPage title={t('access.policy.title')} text={t('access.policy.text')}>
      {answer.error && !answer.data && <Failed error={answer.error} again={() => void answer.refetch()} />}
      {!answer.data && !answer.error && <Loading />}
      {answer.data && <Loaded given={answer.data} />}
    </AccessPage>
  );
}
