// SPDX-License-Identifier: Apache-2.0
import { Button, Checkbox, Group, PasswordInput, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { call, useChange, type Schemas, type Answer } from '../api';
import { AddressCard } from '../addresses';
import { BackupCard } from '../backup';
import { Failed, ToCopy } from '../basics';
import { Situations } from '../choose';
import { ContactsForm } from '../contacts';
import { FeedsCard } from '../feeds';
import { Field, Form } from '../form';
import { useWords } from '../i18n';
import { NotSaved, useFilledIn } from '../overtaken';
import { Ask, Card, Page, useGuideline } from '../parts';
import { RetentionCard } from '../privacy';
import { RiskSigns } from '../risk';
import { SetupAgain } from '../setup';
import { useArrival } from '../arrival';
import { WaitingNotices } from '../waiting';

type Organisation = Schemas['Organisation'];
type Told = Answer<'/notices'>;
/** As the form has them: each with the token that is typed, if any. */
type Notices = Omit<Told, 'hooks'> & {
  hooks: (Omit<Told['hooks'][number], 'kind'> & { kind: string; token?: string })[];
};

const kinds = [
  { value: 'slack', label: 'Slack' },
  { value: 'teams', label: 'Teams' },
  { value: 'line_works', label: 'LINE WORKS' },
  { value: 'chatwork', label: 'Chatwork' },
  { value: 'json', label: 'JSON' },
];

/** Offsets from UTC in steps of half an hour: -12:00 to +14:00. */
const offsets = Array.from({ length: 53 }, (_, i) => {
  const minutes = Math.abs(i * 30 - 12 * 60);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${i < 24 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
});

export function OrganisationFields({
  value,
  set,
}: {
  value: Organisation;
  set: (value: Organisation) => void;
}) {
  const { t, tx } = useWords();
  const guideline = useGuideline();
  const classes = (list: { id: string; name: { ja: string; en: string } }[]) =>
    list.map((one) => ({ value: one.id, label: tx(one.name) }));
  return (
    <>
      <Field at="/name">
        <TextInput
          label={t('start.name')}
          required
          value={value.name}
          onChange={(e) => set({ ...value, name: e.currentTarget.value })}
        />
      </Field>
      <Field at="/industry">
        <Select
          label={t('start.industry')}
          description={t('start.class')}
          clearable
          value={value.industry || null}
          onChange={(industry) => set({ ...value, industry: industry ?? '' })}
          data={classes(guideline.survey.industries)}
        />
      </Field>
      <Field at="/size">
        <Select
          label={t('start.size')}
          clearable
          value={value.size || null}
          onChange={(size) => set({ ...value, size: size ?? '' })}
          data={classes(guideline.survey.sizes)}
        />
      </Field>
    </>
  );
}

export function MethodBoxes({ value, set }: { value: string[]; set: (value: string[]) => void }) {
  const { t, tx } = useWords();
  const guideline = useGuideline();
  return (
    <Field at="/methods">
      <Checkbox.Group label={t('start.inuse')} value={value} onChange={set}>
        <Stack gap={6} mt={6}>
          {guideline.methods.map((one) => (
            <Checkbox key={one.id} value={one.id} label={tx(one.name)} description={tx(one.definition)} />
          ))}
        </Stack>
      </Checkbox.Group>
    </Field>
  );
}

function OrganisationForm({ given }: { given: Organisation }) {
  const { t } = useWords();
  const guideline = useGuideline();
  const [value, set] = useState(given);
  const saving = useFilledIn('/organisation', given, () => value);
  const { save } = saving;
  return (
    <Card title={t('settings.organisation')}>
      <Form error={save.error} submit={() => save.mutate(undefined)}>
        <Stack>
          <OrganisationFields value={value} set={set} />
          <Field at="/zone">
            <Select
              label={t('settings.zone')}
              description={t('settings.zone.why')}
              searchable
              allowDeselect={false}
              value={value.zone ?? null}
              onChange={(zone) => zone && set({ ...value, zone })}
              data={offsets}
            />
          </Field>
          <MethodBoxes value={value.methods} set={(methods) => set({ ...value, methods })} />
          <strong>{t('start.situations')}</strong>
          <Situations
            guideline={guideline}
            values={value.situations}
            set={(situations) => set({ ...value, situations })}
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

function NoticesForm({ given }: { given: Notices }) {
  const { t, tx } = useWords();
  const [smtp, setSmtp] = useState({ url: given.smtp.url, from: given.smtp.from, user: given.smtp.user });
  const [password, setPassword] = useState('');
  const [hooks, setHooks] = useState(given.hooks);
  const [newSecret, setNewSecret] = useState(false);
  const saving = useFilledIn('/notices', given, () => ({
    smtp: { ...smtp, password: password || null },
    hooks,
    new_secret: newSecret,
  }));
  const { save } = saving;
  const test = useChange(() => call('POST', '/notices/test'));
  return (
    <Card title={t('settings.notices')}>
      <Form error={save.error} submit={() => save.mutate(undefined)}>
        <Stack>
          <WaitingNotices waiting={given.waiting} />
          {!given.links && <span>{t('settings.nolinks')}</span>}
          <strong>{t('settings.mail')}</strong>
          <Field at="/smtp/url">
            <TextInput
              label={t('settings.smtp')}
              placeholder="smtps://mail.example.jp:465"
              value={smtp.url}
              onChange={(e) => setSmtp({ ...smtp, url: e.currentTarget.value })}
            />
          </Field>
          <Field at="/smtp/from">
            <TextInput
              label={t('settings.from')}
              type="email"
              value={smtp.from}
              onChange={(e) => setSmtp({ ...smtp, from: e.currentTarget.value })}
            />
          </Field>
          <Field at="/smtp/user">
            <TextInput
              label={t('settings.user')}
              autoComplete="off"
              value={smtp.user}
              onChange={(e) => setSmtp({ ...smtp, user: e.currentTarget.value })}
            />
          </Field>
          <Field at="/smtp/password">
            <PasswordInput
              label={t('settings.password')}
              autoComplete="new-password"
              description={given.smtp.password_set ? t('settings.passwordset') : undefined}
              value={password}
              onChange={(e) => setPassword(e.currentTarget.value)}
            />
          </Field>
          <strong>{t('settings.hooks')}</strong>
          {hooks.map((hook, at) => (
            <Group key={at} align="flex-end" wrap="nowrap">
              <Field at={`/hooks/${at}/kind`}>
                <Select
                  label={t('settings.kind')}
                  w={150}
                  allowDeselect={false}
                  data={kinds}
                  value={hook.kind}
                  onChange={(kind) =>
                    setHooks(hooks.map((one, i) => (i === at ? { ...one, kind: kind ?? 'json' } : one)))
                  }
                />
              </Field>
              <Field at={`/hooks/${at}/url`}>
                <TextInput
                  label={t('settings.url')}
                  style={{ flex: 1 }}
                  value={hook.url}
                  onChange={(e) =>
                    setHooks(hooks.map((one, i) => (i === at ? { ...one, url: e.currentTarget.value } : one)))
                  }
                />
              </Field>
              {hook.kind === 'chatwork' && (
                <Field at={`/hooks/${at}/token`}>
                  <PasswordInput
                    label={t('settings.token')}
                    placeholder={hook.token_set ? t('settings.tokenset') : undefined}
                    autoComplete="off"
                    value={hook.token ?? ''}
                    onChange={(e) =>
                      setHooks(
                        hooks.map((one, i) => (i === at ? { ...one, token: e.currentTarget.value } : one)),
                      )
                    }
                  />
                </Field>
              )}
              <Button variant="default" onClick={() => setHooks(hooks.filter((_, i) => i !== at))}>
                {t('app.remove')}
              </Button>
            </Group>
          ))}
          <Group>
            <Button
              variant="default"
              onClick={() => setHooks([...hooks, { kind: 'slack', url: '', token_set: false }])}
            >
              {t('settings.add')}
            </Button>
          </Group>
          {hooks.some((one) => one.kind === 'json') && given.secret && (
            <>
              <span>{t('settings.secret')}</span>
              <ToCopy text={given.secret} />
              <Checkbox
                label={t('settings.newsecret')}
                checked={newSecret}
                onChange={(e) => setNewSecret(e.currentTarget.checked)}
              />
            </>
          )}
          <NotSaved saving={saving} />
          <Group>
            <Button type="submit" loading={save.isPending}>
              {save.isSuccess ? t('app.saved') : t('app.save')}
            </Button>
            <Button variant="default" onClick={() => test.mutate(undefined)} loading={test.isPending}>
              {t('settings.test')}
            </Button>
          </Group>
          {test.error && <Failed error={test.error} />}
          {test.data?.results.map((result, at) => (
            <p
              key={at}
              role="status"
              className={`tag ${result.sent ? 'pass' : 'fail'}`}
              style={{ margin: 0, whiteSpace: 'normal' }}
            >
              {t(result.sent ? 'settings.sent' : 'settings.failed', {
                way: result.way,
                why: tx(result.error),
              })}
            </p>
          ))}
        </Stack>
      </Form>
    </Card>
  );
}

export default function Settings() {
  const { t } = useWords();
  useArrival();
  return (
    <Page title={t('nav.settings')}>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Ask path="/organisation">{(given) => <OrganisationForm given={given} />}</Ask>
        <div id="contacts">
          <Ask path="/contacts">{(given) => <ContactsForm given={given} />}</Ask>
        </div>
        <div id="notices">
          <Ask path="/notices">{(given) => <NoticesForm given={given} />}</Ask>
        </div>
        <div id="feeds">
          <FeedsCard />
        </div>
        <div id="addresses">
          <AddressCard />
        </div>
        <div id="backup">
          <BackupCard />
        </div>
        <RetentionCard />
        <RiskSigns />
      </SimpleGrid>
      <SetupAgain />
    </Page>
  );
}
