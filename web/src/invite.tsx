// SPDX-License-Identifier: Apache-2.0
// Inviting many people at once, from a list that is pasted or chosen, and the invitations that wait.
import { Button, FileInput, Group, Stack, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call, useChange, useEvery, type Answer } from './api';
import { Failed, Loading, ToCopy } from './basics';
import { Errors, everything, Field } from './form';
import { useWords } from './i18n';
import { LinkButtons, WithdrawnBy } from './links';
import { administers, Card, Result, roleWord, Tag, useMe } from './parts';

type Invited = Answer<'/invitations/import', 'POST'>;
type Waits = Answer<'/invitations'>['items'][number];

function People({ seen }: { seen: Invited }) {
  const { t } = useWords();
  return (
    <div
      style={{ maxHeight: '18rem', overflow: 'auto' }}
      tabIndex={0}
      role="region"
      aria-label={t('people.many.list')}
    >
      {seen.people.map((one) => (
        <div key={one.email} className="row">
          <strong>{one.name}</strong> <span className="soft">{one.email}</span>{' '}
          {one.roles.map((role) => t(roleWord(role))).join(', ')}{' '}
          {one.there && <Tag kind="unknown">{t('people.there')}</Tag>}
          {one.waits && <Tag kind="unknown">{t('people.waits')}</Tag>}
          {one.had && (
            <span className="soft">
              {t('people.had', { roles: one.had.map((role) => t(roleWord(role))).join(', ') })}
            </span>
          )}
        </div>
      ))}
    </div>
  );
}

/** A list is looked at first, and taken only when asked to. */
export function InviteMany() {
  const { t, number } = useWords();
  const [text, setText] = useState('');
  const [file, setFile] = useState<File | null>(null);
  const list = () => file ?? new Blob([text]);
  const look = useMutation<Invited, Error, Blob>({
    mutationFn: (one) => call('POST', '/invitations/import?try=yes', one),
  });
  const take = useChange<Blob, Invited>((one) => call('POST', '/invitations/import', one));
  const changed = () => {
    look.reset();
    take.reset();
  };
  const failed = take.error ?? look.error;
  const seen = look.data;
  return (
    <Errors error={failed}>
      <Stack gap="sm">
        <p className="soft" style={{ margin: 0 }}>
          {t('people.many.text')}
        </p>
        <Field at={file ? '/-' : everything}>
          <Textarea
            label={t('people.many.list')}
            autosize
            minRows={5}
            maxRows={14}
            placeholder={'山田 太郎 <taro@example.jp>'}
            value={text}
            disabled={file !== null}
            onChange={(e) => {
              setText(e.currentTarget.value);
              changed();
            }}
          />
        </Field>
        <Field at={file ? everything : '/-'}>
          <FileInput
            label={t('people.many.file')}
            accept=".csv,.txt,.tsv,text/csv"
            clearable
            clearButtonProps={{ 'aria-label': t('app.file.clear') }}
            value={file}
            onChange={(one) => {
              setFile(one);
              changed();
            }}
          />
        </Field>
        {failed && <Failed error={failed} />}
        {!seen && (
          <Group>
            <Button
              onClick={() => look.mutate(list())}
              loading={look.isPending}
              disabled={file === null && text.trim() === ''}
            >
              {t('people.many.look')}
            </Button>
          </Group>
        )}
        {seen && !take.data && (
          <>
            <strong role="status">
              {t('people.many.found', {
                n: number(seen.invited),
                there: number(seen.people.filter((one) => one.there).length),
              })}
              {seen.people.some((one) => one.waits) &&
                t('people.many.waits', {
                  n: number(seen.people.filter((one) => one.waits).length),
                  changed: number(seen.changed),
                })}
            </strong>
            <People seen={seen} />
            <Group>
              <Button
                onClick={() => take.mutate(list())}
                loading={take.isPending}
                disabled={seen.invited + seen.changed === 0}
              >
                {seen.invited > 0
                  ? t('people.many.take', { n: number(seen.invited) })
                  : t('people.many.change', { n: number(seen.changed) })}
              </Button>
            </Group>
          </>
        )}
        {take.data && (
          <Result title={t('people.many.done', { n: number(take.data.invited) })}>
            <p style={{ marginBottom: 0 }}>
              {t(take.data.mailed ? 'people.many.mailed' : 'people.many.links')}
            </p>
            {take.data.invited > 0 && (
              <ToCopy
                id="invited-links"
                text={take.data.people
                  .filter((one) => one.link)
                  .map((one) => `${one.name} <${one.email}>\t${one.link}`)
                  .join('\n')}
              />
            )}
          </Result>
        )}
      </Stack>
    </Errors>
  );
}

function Row({ one }: { one: Waits }) {
  const { t, until } = useWords();
  const me = useMe();
  const withdraw = useChange(() => call('DELETE', `/invitations/${one.id}`));
  const show = useMutation({
    mutationFn: (_: undefined) => call('POST', `/invitations/${one.id}/link`),
  });
  const failed = withdraw.error ?? show.error;
  const open = one.state === 'open';
  return (
    <div className="row">
      <Group justify="space-between">
        <span>
          {one.name} <span className="soft">{one.email}</span>{' '}
          {one.roles.map((role) => t(roleWord(role))).join(', ')}{' '}
          {open && <span className="soft">{until(one.expires_at)}</span>}
          {!open && <Tag kind="unknown">{t('links.withdrawn')}</Tag>}
          <WithdrawnBy one={one} />
        </span>
        {open && administers(me) && <LinkButtons word={t('people.show')} show={show} withdraw={withdraw} />}
      </Group>
      {failed && <Failed error={failed} />}
      {show.data && (
        <Result title={t('people.linkof', { name: one.name })}>
          <ToCopy text={show.data.link} id={`invitation-${one.id}`} />
        </Result>
      )}
    </div>
  );
}

const shownAtFirst = 5;

/** Those who were invited and have not come yet, whose invitation ends first before the others; then what has ended. */
export function Waiting({ q }: { q: string }) {
  const { t } = useWords();
  const [all, setAll] = useState(false);
  const wanted = q.toLowerCase();
  const answer = useEvery('/invitations');
  if (answer.error) return <Failed error={answer.error} again={() => void answer.refetch()} />;
  if (!answer.data) return <Loading />;
  const found = answer.data.items
    .filter((one) => `${one.name}\n${one.email}`.toLowerCase().includes(wanted))
    .sort(
      (a, b) =>
        Number(a.state !== 'open') - Number(b.state !== 'open') || a.expires_at.localeCompare(b.expires_at),
    );
  if (found.length === 0) return null;
  const open = found.filter((one) => one.state === 'open').length;
  return (
    <Card title={t('people.waiting', { n: open })} flush>
      {(all ? found : found.slice(0, shownAtFirst)).map((one) => (
        <Row key={one.id} one={one} />
      ))}
      {!all && found.length > shownAtFirst && (
        <Button variant="default" m="md" onClick={() => setAll(true)}>
          {t('app.more')}
        </Button>
      )}
    </Card>
  );
}
