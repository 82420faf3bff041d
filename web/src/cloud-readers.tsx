// SPDX-License-Identifier: Apache-2.0
// Services that the server asks by itself each week: when it last did, when next, and why it couldn't.
import { Button, Group } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { call, queries, useApi, useChange, type Schemas, type Answer } from './api';
import { Failed, ToCopy } from './basics';
import { useWords } from './i18n';
import { Ask, Card, Tag } from './parts';
import type { Word } from './words';

type Reader = Schemas['CloudReader'];
type Readers = Answer<'/cloud-readers'>;

const path = '/cloud-readers';
/** As their makers write them, and what the file of a credential looks like. */
const services: Record<string, { name: string; right: Word; form: Record<string, string> }> = {
  microsoft365: {
    name: 'Microsoft 365',
    right: 'readers.right.microsoft365',
    form: { tenant: 'TENANT_ID', client: 'APPLICATION_ID', certificate: '/etc/sekisho/graph.pem' },
  },
  google: {
    name: 'Google Workspace',
    right: 'readers.right.google',
    form: {
      subject: 'admin@example.jp',
      account: 'reader@project.iam.gserviceaccount.com',
      key: '/etc/sekisho/google.pem',
    },
  },
  zoom: {
    name: 'Zoom',
    right: 'readers.right.zoom',
    form: { account: 'ACCOUNT_ID', client: 'CLIENT_ID', secret: 'CLIENT_SECRET' },
  },
  webex: {
    name: 'Webex',
    right: 'readers.right.webex',
    form: { site: 'example.webex.com', token: 'TOKEN' },
  },
  box: {
    name: 'Box',
    right: 'readers.right.box',
    form: { enterprise: '12345', client: 'CLIENT_ID', secret: 'CLIENT_SECRET' },
  },
  github: {
    name: 'GitHub',
    right: 'readers.right.github',
    form: { organization: 'example', token: 'TOKEN' },
  },
};
const nameOf = (id: string) => services[id]?.name ?? id;

function HowToLet({ id, folder }: { id: string; folder: string }) {
  const { t } = useWords();
  const known = services[id];
  if (!known) return null;
  return (
    <details className="row">
      <summary>{known.name}</summary>
      <ol className="plain">
        <li>{t(known.right)}</li>
        <li>
          {t('readers.how.file')}
          <ToCopy text={`${folder}/${id}.json`} />
        </li>
        <li>
          {t('readers.how.form')}
          <ToCopy text={JSON.stringify({ service: id, ...known.form }, null, 1)} />
        </li>
        <li>{t('readers.how.then')}</li>
      </ol>
    </details>
  );
}

function ReaderRow({ one }: { one: Reader }) {
  const { t, tx, time } = useWords();
  const read = useChange(() => call('POST', `/cloud-readers/${one.id}/read`));
  return (
    <div className="row">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <strong>{nameOf(one.id)}</strong>
        {one.failures > 0 ? (
          <Tag kind="fail">{t('readers.failed')}</Tag>
        ) : one.succeeded ? (
          <Tag kind="pass">{t('readers.good')}</Tag>
        ) : null}
      </Group>
      <div className="soft">
        {one.succeeded ? t('readers.last', { at: time(one.succeeded) }) : t('readers.never')}
        {one.due && ` ${t('readers.next', { at: time(one.due) })}`}
      </div>
      {one.error && (
        <p role="status" style={{ margin: 0, color: 'var(--bad)' }}>
          {t('readers.why', { at: time(one.tried), why: tx(one.error) })}
        </p>
      )}
      {read.error && <Failed error={read.error} />}
      <Group mt={4}>
        <Button
          size="xs"
          variant="default"
          loading={read.isPending || one.running}
          onClick={() => read.mutate(undefined)}
        >
          {t('readers.now')}
        </Button>
        {one.running && <span role="status">{t('readers.running')}</span>}
      </Group>
    </div>
  );
}

function Known({ readers }: { readers: Readers }) {
  const { t } = useWords();
  const there = readers.items.filter((one) => one.credential);
  const others = readers.items.filter((one) => !one.credential);
  // Also where it begins in a moment: what somebody wants now is due.
  const busy = there.some((one) => one.running || (one.due && new Date(one.due) <= new Date()));
  const { data } = useApi(path, { every: busy ? 2000 : undefined });
  const done = data?.items.map((one) => one.succeeded).join();
  const before = useRef(done);
  useEffect(() => {
    if (before.current !== done) void queries.invalidateQueries({ queryKey: ['/clouds'] });
    before.current = done;
  }, [done]);
  if (readers.folder === '') return <p className="row">{t('readers.none')}</p>;
  return (
    <>
      {there.map((one) => (
        <ReaderRow key={one.id} one={one} />
      ))}
      <details open={there.length === 0}>
        <summary className="row">{t('readers.how', { n: others.length })}</summary>
        <p className="row">{t('readers.how.text')}</p>
        {others.map((one) => (
          <HowToLet key={one.id} id={one.id} folder={readers.folder} />
        ))}
      </details>
    </>
  );
}

export function CloudReaders() {
  const { t } = useWords();
  return (
    <Card title={t('readers.title')} flush aside={<span className="soft">{t('readers.text')}</span>}>
      <Ask path={path}>{(readers) => <Known readers={readers} />}</Ask>
    </Card>
  );
}
