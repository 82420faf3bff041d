// SPDX-License-Identifier: Apache-2.0
import {
  Button,
  Checkbox,
  Group,
  PasswordInput,
  SegmentedControl,
  SimpleGrid,
  Stack,
  TextInput,
} from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call, queries, useApi, useChange } from '../api';
import { Failed, ToCopy } from '../basics';
import { countIn, CountInput } from '../count';
import { Field, Form } from '../form';
import { setLanguage, useWords, type Lang } from '../i18n';
import { NotSaved, useFilledIn } from '../overtaken';
import { Ask, Card, Empty, Page, seesAll, Tag, useMe, Result } from '../parts';
import { MySignIns } from '../risk';
import type { Word } from '../words';
import { PasskeySetup, RecoveryCodes, TotpSetup } from './Enter';

function Profile() {
  const { t } = useWords();
  const me = useMe();
  const [name, setName] = useState(me.name);
  const [lang, setLang] = useState<Lang>(me.lang);
  const saving = useFilledIn(
    '/me',
    me,
    () => ({ name, lang }),
    () => setLanguage(lang),
  );
  const { save } = saving;
  return (
    <Card title={t('account.profile')}>
      <Form error={save.error} submit={() => save.mutate(undefined)}>
        <Stack>
          <Field at="/name">
            <TextInput
              label={t('setup.name')}
              value={name}
              onChange={(e) => setName(e.currentTarget.value)}
            />
          </Field>
          <SegmentedControl
            aria-label={t('account.lang')}
            value={lang}
            onChange={(value) => setLang(value as Lang)}
            data={[
              { value: 'ja', label: '日本語' },
              { value: 'en', label: 'English' },
            ]}
          />
          <NotSaved saving={saving} />
          <Button type="submit" loading={save.isPending}>
            {save.isSuccess ? t('app.saved') : t('app.save')}
          </Button>
        </Stack>
      </Form>
    </Card>
  );
}

function Password() {
  const { t } = useWords();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const save = useChange(
    () => call('POST', '/me/password', { current, password }),
    () => {
      setCurrent('');
      setPassword('');
    },
  );
  return (
    <Card title={t('account.password')}>
      <Form error={save.error} submit={() => save.mutate(undefined)}>
        <Stack>
          <p className="soft" style={{ margin: 0 }}>
            {t('account.password.text')}
          </p>
          <Field at="/current">
            <PasswordInput
              label={t('account.current')}
              autoComplete="current-password"
              required
              value={current}
              onChange={(e) => setCurrent(e.currentTarget.value)}
            />
          </Field>
          <Field at="/password">
            <PasswordInput
              label={t('account.new')}
              autoComplete="new-password"
              description={t('setup.passwordhint')}
              required
              value={password}
              onChange={(e) => setPassword(e.currentTarget.value)}
            />
          </Field>
          {save.error && <Failed error={save.error} />}
          <Button type="submit" loading={save.isPending}>
            {save.isSuccess ? t('app.saved') : t('app.save')}
          </Button>
        </Stack>
      </Form>
    </Card>
  );
}

function Factors() {
  const { t, day } = useWords();
  const me = useMe();
  const [codes, setCodes] = useState<string[] | null>(null);
  const [adding, setAdding] = useState<'totp' | 'passkey' | null>(null);
  const remove = useChange((id: number) => call('DELETE', `/me/passkeys/${id}`));
  const added = (list: string[]) => {
    setAdding(null);
    setCodes(list);
    void queries.invalidateQueries();
  };
  return (
    <Card title={t('account.factors')}>
      <Stack>
        {codes && <RecoveryCodes codes={codes} done={() => setCodes(null)} />}
        <Group justify="space-between">
          <span>
            {t('account.totp')}{' '}
            <Tag kind={me.factors.totp ? 'pass' : 'unknown'}>
              {t(me.factors.totp ? 'people.factor.yes' : 'people.factor.no')}
            </Tag>
          </span>
          <Button size="xs" variant="default" onClick={() => setAdding('totp')}>
            {t('account.replace')}
          </Button>
        </Group>
        {adding === 'totp' && <TotpSetup done={added} />}
        <strong>{t('account.passkeys')}</strong>
        <Ask path="/me/passkeys">
          {({ items }) => (
            <>
              {items.length === 0 && <Empty>{t('app.none')}</Empty>}
              {items.map((one) => (
                <Group key={one.id} justify="space-between">
                  <span>
                    {one.name} <span className="soft">{day(one.created_at)}</span>
                  </span>
                  <Button
                    size="xs"
                    variant="default"
                    onClick={() => remove.mutate(one.id)}
                    aria-label={`${t('app.remove')}: ${one.name}`}
                  >
                    {t('app.remove')}
                  </Button>
                </Group>
              ))}
            </>
          )}
        </Ask>
        {remove.error && <Failed error={remove.error} />}
        {adding === 'passkey' ? (
          <PasskeySetup done={added} />
        ) : (
          <Button variant="default" onClick={() => setAdding('passkey')}>
            {t('account.addpasskey')}
          </Button>
        )}
        <span className="soft">{t('account.recovery', { n: me.factors.recovery_codes })}</span>
      </Stack>
    </Card>
  );
}

/** What the server says as it sends the browser back from the company account. */
const answers: Record<string, Word> = {
  '#company-failed': 'account.company.failed',
  '#company-other': 'enter.companyother',
};

/** Nothing where no provider is set up. */
function Company() {
  const { t } = useWords();
  const me = useMe();
  const state = useApi('/state');
  const connect = useMutation({
    mutationFn: (_: undefined) => call('POST', '/me/company-account'),
    onSuccess: ({ url }) => location.assign(url),
  });
  const answer = answers[location.hash];
  if (!state.data?.oidc) return null;
  return (
    <Card title={t('account.company')}>
      <Stack>
        <span>
          <Tag kind={me.factors.oidc ? 'pass' : 'unknown'}>
            {t(me.factors.oidc ? 'account.company.yes' : 'account.company.no')}
          </Tag>
        </span>
        {answer && <Failed error={new Error(t(answer))} />}
        {connect.error && <Failed error={connect.error} />}
        {!me.factors.oidc && (
          <>
            <p className="soft" style={{ margin: 0 }}>
              {t('account.company.text')}
            </p>
            <Button variant="default" loading={connect.isPending} onClick={() => connect.mutate(undefined)}>
              {t('account.company.connect')}
            </Button>
          </>
        )}
      </Stack>
    </Card>
  );
}

function Sessions() {
  const { t, time } = useWords();
  const end = useChange((id: number) => call('DELETE', `/me/sessions/${id}`));
  return (
    <Card title={t('account.sessions')} flush>
      <Ask path="/me/sessions">
        {({ items }) => (
          <>
            {items.map((one) => (
              <Group key={one.id} className="row" justify="space-between" wrap="nowrap">
                <span style={{ minWidth: 0 }}>
                  {one.peer} {one.this && <Tag kind="pass">{t('account.this')}</Tag>}{' '}
                  <span className="soft">{time(one.seen_at)}</span>
                  <div className="soft" style={{ fontSize: '0.8125rem' }}>
                    {one.agent}
                  </div>
                </span>
                {!one.this && (
                  <Button size="xs" variant="default" onClick={() => end.mutate(one.id)}>
                    {t('account.end')}
                  </Button>
                )}
              </Group>
            ))}
          </>
        )}
      </Ask>
    </Card>
  );
}

function Tokens() {
  const { t, day, until } = useWords();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>(['read']);
  const [days, setDays] = useState('90');
  const make = useChange(
    () => call('POST', '/me/tokens', { name, scopes, days: countIn(days, 1, 365) }),
    () => setName(''),
  );
  const remove = useChange((id: number) => call('DELETE', `/me/tokens/${id}`));
  return (
    <Card title={t('account.tokens')}>
      <Form error={make.error} submit={() => make.mutate(undefined)}>
        <Stack>
          <p className="soft" style={{ margin: 0 }}>
            {t('account.tokens.text')}
          </p>
          <Ask path="/me/tokens">
            {({ items }) => (
              <>
                {items.map((one) => (
                  <Group key={one.id} justify="space-between">
                    <span>
                      {one.name}{' '}
                      <span className="soft">
                        {one.scopes
                          .map((scope) => t(`account.scope.${scope}` as 'account.scope.read'))
                          .join(', ')}{' '}
                        · {until(one.expires_at)} · {t('account.used')}: {day(one.used_at)}
                      </span>
                    </span>
                    <Button
                      size="xs"
                      variant="default"
                      onClick={() => remove.mutate(one.id)}
                      aria-label={`${t('app.remove')}: ${one.name}`}
                    >
                      {t('app.remove')}
                    </Button>
                  </Group>
                ))}
              </>
            )}
          </Ask>
          <Field at="/name">
            <TextInput
              label={t('account.tokenname')}
              value={name}
              onChange={(e) => setName(e.currentTarget.value)}
            />
          </Field>
          <Field at="/scopes">
            <Checkbox.Group label={t('account.scopes')} value={scopes} onChange={setScopes}>
              <Group mt={6}>
                {(['read', 'evidence', 'manage'] as const).map((scope) => (
                  <Checkbox key={scope} value={scope} label={t(`account.scope.${scope}`)} />
                ))}
              </Group>
            </Checkbox.Group>
          </Field>
          <Field at="/days">
            <CountInput label={t('account.days')} min={1} max={365} value={days} set={setDays} />
          </Field>
          {(make.error ?? remove.error) && <Failed error={(make.error ?? remove.error)!} />}
          <Button type="submit" loading={make.isPending}>
            {t('account.make')}
          </Button>
          {make.data && (
            <Result title={t('account.shown')}>
              <ToCopy text={make.data.token} id="token" />
            </Result>
          )}
        </Stack>
      </Form>
    </Card>
  );
}

export default function Account() {
  const { t } = useWords();
  const me = useMe();
  // By a code for emergencies nothing is made that one could sign in by later.
  const own = !me.emergency_until;
  return (
    <Page title={t('nav.account')} text={me.email}>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Profile />
        {own && me.factors.password && <Password />}
        {own && <Factors />}
        {own && <Company />}
        <Sessions />
        <MySignIns />
        {own && seesAll(me) && <Tokens />}
      </SimpleGrid>
    </Page>
  );
}
