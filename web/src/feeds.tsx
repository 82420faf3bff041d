// SPDX-License-Identifier: Apache-2.0
// The lists that devices are judged by: how old they are, and how they are renewed.
import { Button, Checkbox, Collapse, Group, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { call, useApi, useChange, type Schemas } from './api';
import { Failed, Loading } from './basics';
import { Field, Form } from './form';
import { useWords } from './i18n';
import { NotSaved, useFilledIn } from './overtaken';
import { Card, Empty, Tag } from './parts';

export type Feeds = Schemas['Feeds'];
type List = Schemas['FeedList'];

/** What is fetched and from where, and that nothing is told of the firm. */
export function DailyBox({ checked, set }: { checked: boolean; set: (daily: boolean) => void }) {
  const { t } = useWords();
  return (
    <Checkbox
      checked={checked}
      onChange={(e) => set(e.currentTarget.checked)}
      label={t('feeds.daily')}
      description={t('feeds.daily.why')}
    />
  );
}

/** The settings as they are sent: what is not touched stays. */
export const feedsBody = (feeds: Feeds, daily: boolean) => ({
  daily,
  proxy: feeds.settings.proxy,
  proxy_user: feeds.settings.proxy_user,
  proxy_password: null,
  mirror: feeds.settings.mirror,
});

function ListRow({ list, today }: { list: List; today: string }) {
  const { t, tx, time } = useWords();
  const age = list.as_of ? Math.round((Date.parse(today) - Date.parse(list.as_of)) / 86_400_000) : null;
  const used = list.as_of !== null || list.bound !== null;
  return (
    <div className="row">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <strong>{tx(list.title)}</strong>
        {list.stale ? (
          <Tag kind="unknown">{t('feeds.stale')}</Tag>
        ) : used ? (
          <Tag kind="pass">{t('feeds.fresh')}</Tag>
        ) : null}
      </Group>
      <div className="soft">
        {list.as_of !== null && age !== null
          ? t('feeds.asof', { day: list.as_of, n: age, bound: list.bound ?? 0 })
          : used
            ? t('feeds.undated')
            : list.succeeded
              ? t('feeds.names')
              : t('feeds.nothing')}
        {list.succeeded && ` ${t('feeds.succeeded', { at: time(list.succeeded) })}`}
      </div>
      {list.error && (
        <p role="status" className="tag fail" style={{ margin: 0, whiteSpace: 'normal' }}>
          {t('feeds.failed', { at: time(list.tried), why: tx(list.error), next: time(list.due) })}
        </p>
      )}
    </div>
  );
}

function Lists({ feeds }: { feeds: Feeds }) {
  const { t } = useWords();
  const renew = useChange(() => call('POST', '/feeds/renew'));
  // What comes of it is shown as it comes.
  useApi('/feeds', { every: feeds.running ? 2000 : undefined });
  if (!feeds.keeps) return <Empty>{t('feeds.none')}</Empty>;
  return (
    <>
      {feeds.lists.map((list) => (
        <ListRow key={list.id} list={list} today={feeds.today} />
      ))}
      {renew.error && <Failed error={renew.error} />}
      <Group mt="sm">
        <Button
          variant="default"
          onClick={() => renew.mutate(undefined)}
          loading={renew.isPending || feeds.running}
        >
          {t('feeds.now')}
        </Button>
        {feeds.running && <span role="status">{t('feeds.running')}</span>}
      </Group>
    </>
  );
}

function WayForm({ feeds }: { feeds: Feeds }) {
  const { t } = useWords();
  const given = feeds.settings;
  const [value, set] = useState({
    daily: given.daily ?? false,
    proxy: given.proxy,
    proxy_user: given.proxy_user,
    mirror: given.mirror,
  });
  const [password, setPassword] = useState('');
  const [open, setOpen] = useState(given.proxy !== '' || given.mirror !== '');
  const saving = useFilledIn(
    '/feeds',
    feeds,
    () => ({ ...value, proxy_password: password || null }),
    () => setPassword(''),
  );
  const { save } = saving;
  return (
    <Form error={save.error} submit={() => save.mutate(undefined)}>
      <Stack>
        {given.daily === null && <p style={{ margin: 0 }}>{t('feeds.notasked')}</p>}
        <DailyBox checked={value.daily} set={(daily) => set({ ...value, daily })} />
        <Group>
          <Button variant="subtle" size="compact-sm" aria-expanded={open} onClick={() => setOpen(!open)}>
            {t('feeds.way')}
          </Button>
        </Group>
        {/* What is wrong must not stand where nobody sees it. */}
        <Collapse keepMountedMode="display-none" expanded={open || save.isError}>
          <Stack>
            <Field at="/proxy">
              <TextInput
                label={t('feeds.proxy')}
                placeholder="http://proxy.example.jp:3128"
                value={value.proxy}
                onChange={(e) => set({ ...value, proxy: e.currentTarget.value })}
              />
            </Field>
            <Field at="/proxy_user">
              <TextInput
                label={t('feeds.proxyuser')}
                autoComplete="off"
                value={value.proxy_user}
                onChange={(e) => set({ ...value, proxy_user: e.currentTarget.value })}
              />
            </Field>
            <Field at="/proxy_password">
              <PasswordInput
                label={t('feeds.proxypassword')}
                autoComplete="new-password"
                description={given.proxy_password_set ? t('settings.passwordset') : undefined}
                value={password}
                onChange={(e) => setPassword(e.currentTarget.value)}
              />
            </Field>
            <Field at="/mirror">
              <TextInput
                label={t('feeds.mirror')}
                description={t('feeds.mirror.why')}
                placeholder="/srv/sekisho-lists"
                value={value.mirror}
                onChange={(e) => set({ ...value, mirror: e.currentTarget.value })}
              />
            </Field>
          </Stack>
        </Collapse>
        <NotSaved saving={saving} />
        <Group>
          <Button type="submit" loading={save.isPending}>
            {save.isSuccess ? t('app.saved') : t('app.save')}
          </Button>
        </Group>
      </Stack>
    </Form>
  );
}

export function FeedsCard() {
  const { t } = useWords();
  const query = useApi('/feeds');
  return (
    <Card title={t('feeds.title')}>
      {query.data !== undefined ? (
        <Stack>
          <Lists feeds={query.data} />
          {query.data.keeps && <WayForm feeds={query.data} />}
        </Stack>
      ) : query.error ? (
        <Failed error={query.error} again={() => void query.refetch()} />
      ) : (
        <Loading />
      )}
    </Card>
  );
}
