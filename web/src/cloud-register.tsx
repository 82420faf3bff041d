// SPDX-License-Identifier: Apache-2.0
// The register of cloud services: what is in use, by whom, for which information, and what shows that it can be trusted.
import {
  ActionIcon,
  Anchor,
  Button,
  Checkbox,
  Group,
  Modal,
  Select,
  Stack,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useState } from 'react';
import { call, tagOf, useApi, useChange, type Schemas, type Answer } from './api';
import { Failed } from './basics';
import { Field, Form } from './form';
import { learn, useWords } from './i18n';
import { Ask, Card, Empty, Tag } from './parts';
import { cloudRegister } from './words/cloud-register';

learn(cloudRegister);

type Entry = Schemas['CloudEntry'];
type Given = Schemas['CloudEntryGiven'];
type Certificate = Schemas['CloudCertificate'];
export type Register = Answer<'/cloud-services'>;

const grades = ['', 'free', 'permission', 'never'] as const;
const kinds = ['ismap', 'isms', 'privacy_mark', 'soc2', 'other'] as const;
/** The published lists; a SOC 2 report is asked of the provider. */
const lists: { kind: Certificate['kind']; url: string }[] = [
  { kind: 'ismap', url: 'https://www.ismap.go.jp/' },
  { kind: 'isms', url: 'https://isms.jp/' },
  { kind: 'privacy_mark', url: 'https://privacymark.jp/' },
];

const today = () => new Date().toLocaleDateString('sv-SE');

const fresh = (): Given => ({
  name: '',
  provider: '',
  settings: [],
  in_use: true,
  users: '',
  owner: null,
  grade: '',
  theirs: '',
  ours: '',
  certificates: [],
  reviewed_on: null,
  review_on: null,
});

const given = ({ id: _, overdue: __, owner, ...rest }: Entry): Given => ({
  ...rest,
  owner: owner?.id ?? null,
});

function Certificates({ list, set }: { list: Certificate[]; set: (list: Certificate[]) => void }) {
  const { t } = useWords();
  const change = (at: number, part: Partial<Certificate>) =>
    set(list.map((one, i) => (i === at ? { ...one, ...part } : one)));
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend style={{ fontWeight: 500, fontSize: '0.875rem' }}>{t('cloudreg.certificates')}</legend>
      <p className="soft" style={{ margin: '0 0 0.4rem' }}>
        {t('cloudreg.certificates.why')} {t('cloudreg.look')}:{' '}
        {lists.map((one, at) => (
          <span key={one.kind}>
            {at > 0 && ', '}
            <Anchor href={one.url} target="_blank" rel="noreferrer">
              {t(`cloudreg.certificate.${one.kind}`)}
            </Anchor>
          </span>
        ))}
      </p>
      <Stack gap="xs">
        {list.map((one, at) => (
          <Group key={at} align="flex-end" gap="xs">
            <Field at={`/certificates/${at}/kind`}>
              <Select
                label={t('cloudreg.certificate.kind')}
                allowDeselect={false}
                data={kinds.map((kind) => ({ value: kind, label: t(`cloudreg.certificate.${kind}`) }))}
                value={one.kind}
                onChange={(kind) => change(at, { kind: (kind ?? 'other') as Certificate['kind'] })}
              />
            </Field>
            <Field at={`/certificates/${at}/number`}>
              <TextInput
                label={t('cloudreg.certificate.number')}
                value={one.number}
                onChange={(e) => change(at, { number: e.currentTarget.value })}
              />
            </Field>
            <Field at={`/certificates/${at}/until`}>
              <TextInput
                type="date"
                label={t('cloudreg.certificate.until')}
                value={one.until ?? ''}
                onChange={(e) => change(at, { until: e.currentTarget.value || null })}
              />
            </Field>
            <Field at={`/certificates/${at}/seen_on`}>
              <TextInput
                type="date"
                label={t('cloudreg.certificate.seen')}
                value={one.seen_on}
                onChange={(e) => change(at, { seen_on: e.currentTarget.value })}
              />
            </Field>
            <ActionIcon
              variant="default"
              size="lg"
              aria-label={t('cloudreg.certificate.drop')}
              onClick={() => set(list.filter((_, i) => i !== at))}
            >
              ×
            </ActionIcon>
          </Group>
        ))}
        <div>
          <Button
            size="xs"
            variant="default"
            disabled={list.length >= 8}
            onClick={() => set([...list, { kind: 'ismap', number: '', until: null, seen_on: today() }])}
          >
            {t('cloudreg.certificate.add')}
          </Button>
        </div>
      </Stack>
    </fieldset>
  );
}

function Fields({
  one,
  set,
  readable,
}: {
  one: Given;
  set: (part: Partial<Given>) => void;
  readable: Register['readable'];
}) {
  const { t, tx } = useWords();
  const people = useApi('/people?limit=500');
  const active = people.data?.items.filter((person) => person.state === 'active') ?? [];
  return (
    <>
      <Field at="/name">
        <TextInput
          label={t('cloudreg.name')}
          data-autofocus
          value={one.name}
          onChange={(e) => set({ name: e.currentTarget.value })}
        />
      </Field>
      <Field at="/provider">
        <TextInput
          label={t('cloudreg.provider')}
          value={one.provider}
          onChange={(e) => set({ provider: e.currentTarget.value })}
        />
      </Field>
      <Checkbox
        label={t('cloudreg.in_use')}
        checked={one.in_use}
        onChange={(e) => set({ in_use: e.currentTarget.checked })}
      />
      <Field at="/settings">
        <Checkbox.Group
          label={t('cloudreg.settings')}
          description={t('cloudreg.settings.why')}
          value={one.settings}
          onChange={(settings) => set({ settings })}
        >
          <Group mt="xs" gap="sm">
            {readable.map((service) => (
              <Checkbox key={service.id} value={service.id} label={tx(service.name)} />
            ))}
          </Group>
        </Checkbox.Group>
      </Field>
      <Field at="/users">
        <TextInput
          label={t('cloudreg.users')}
          placeholder={t('cloudreg.users.example')}
          value={one.users}
          onChange={(e) => set({ users: e.currentTarget.value })}
        />
      </Field>
      <Field at="/owner">
        <Select
          label={t('cloudreg.owner')}
          searchable
          clearable
          data={active.map((person) => ({ value: String(person.id), label: person.name }))}
          value={one.owner === null ? null : String(one.owner)}
          onChange={(owner) => set({ owner: owner ? Number(owner) : null })}
        />
      </Field>
      <Field at="/grade">
        <Select
          label={t('cloudreg.grade')}
          allowDeselect={false}
          data={grades.map((grade) => ({ value: grade, label: t(`cloudreg.grade.${grade}`) }))}
          value={one.grade}
          onChange={(grade) => set({ grade: (grade ?? '') as Given['grade'] })}
        />
      </Field>
      <Field at="/theirs">
        <Textarea
          label={t('cloudreg.theirs')}
          placeholder={t('cloudreg.theirs.example')}
          autosize
          minRows={2}
          value={one.theirs}
          onChange={(e) => set({ theirs: e.currentTarget.value })}
        />
      </Field>
      <Field at="/ours">
        <Textarea
          label={t('cloudreg.ours')}
          placeholder={t('cloudreg.ours.example')}
          autosize
          minRows={2}
          value={one.ours}
          onChange={(e) => set({ ours: e.currentTarget.value })}
        />
      </Field>
      <Certificates list={one.certificates} set={(certificates) => set({ certificates })} />
      <Group align="flex-start">
        <Field at="/reviewed_on">
          <TextInput
            type="date"
            label={t('cloudreg.reviewed')}
            value={one.reviewed_on ?? ''}
            onChange={(e) => set({ reviewed_on: e.currentTarget.value || null })}
          />
        </Field>
        <Field at="/review_on">
          <TextInput
            type="date"
            label={t('cloudreg.review')}
            description={t('cloudreg.review.why')}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            value={one.review_on ?? ''}
            onChange={(e) => set({ review_on: e.currentTarget.value || null })}
          />
        </Field>
      </Group>
    </>
  );
}

/** `shown` is null for one that is new; it knows its version, so that nobody's change is overwritten. */
function EntryForm({
  shown,
  readable,
  done,
}: {
  shown: Entry | null;
  readable: Register['readable'];
  done: () => void;
}) {
  const { t } = useWords();
  const [one, setOne] = useState<Given>(shown === null ? fresh : () => given(shown));
  const save = useChange(
    (): Promise<unknown> =>
      shown === null
        ? call('POST', '/cloud-services', one)
        : call('PUT', `/cloud-services/${shown.id}`, one, tagOf(shown)),
    done,
  );
  const remove = useChange(
    () =>
      call('DELETE', `/cloud-services/${shown?.id}`, undefined, shown === null ? undefined : tagOf(shown)),
    done,
  );
  const error = save.error ?? remove.error;
  return (
    <Form error={error} submit={() => save.mutate(undefined)}>
      <Stack gap="sm">
        <Fields one={one} set={(part) => setOne({ ...one, ...part })} readable={readable} />
        {error && <Failed error={error} />}
        <Group justify="space-between">
          <Button type="submit" loading={save.isPending}>
            {t('cloudreg.save')}
          </Button>
          {shown !== null && (
            <Button variant="default" loading={remove.isPending} onClick={() => remove.mutate(undefined)}>
              {t('cloudreg.remove')}
            </Button>
          )}
        </Group>
      </Stack>
    </Form>
  );
}

function EntryDialog({
  id,
  readable,
  done,
}: {
  id: number | null;
  readable: Register['readable'];
  done: () => void;
}) {
  const { t } = useWords();
  return (
    <Modal.Root opened size="lg" onClose={done}>
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Body pt="md">
          <Group justify="space-between" wrap="nowrap" align="flex-start" mb="xs">
            <Modal.Title>{t(id === null ? 'cloudreg.add' : 'cloudreg.edit')}</Modal.Title>
            <Modal.CloseButton aria-label={t('app.close')} />
          </Group>
          {id === null ? (
            <EntryForm shown={null} readable={readable} done={done} />
          ) : (
            <Ask path={`/cloud-services/${id}`}>
              {(shown) => <EntryForm shown={shown} readable={readable} done={done} />}
            </Ask>
          )}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function EntryLine({ one, read, change }: { one: Entry; read: Set<string>; change: (() => void) | null }) {
  const { t, day, lang } = useWords();
  const missing = [
    one.grade === '' && t('cloudreg.grade'),
    one.theirs === '' && t('cloudreg.theirs'),
    one.ours === '' && t('cloudreg.ours'),
    one.certificates.length === 0 && t('cloudreg.certificates'),
  ].filter((part) => part !== false);
  const unread = one.in_use && one.settings.some((service) => !read.has(service));
  return (
    <div className="row">
      <Group justify="space-between" align="flex-start" gap="xs">
        <div>
          <strong>{one.name}</strong> <span className="soft">{one.provider}</span>
        </div>
        <Group gap="xs">
          {one.overdue && <Tag kind="fail">{t('cloudreg.overdue')}</Tag>}
          {unread && <Tag kind="unknown">{t('cloudreg.unread')}</Tag>}
          {!one.in_use && <Tag kind="not_applicable">{t('cloudreg.not_in_use')}</Tag>}
          {change && (
            <Button
              size="compact-xs"
              variant="default"
              onClick={change}
              aria-label={`${t('cloudreg.edit')}: ${one.name}`}
            >
              {t('cloudreg.edit')}
            </Button>
          )}
        </Group>
      </Group>
      <div>
        {[
          one.users,
          one.owner && `${t('cloudreg.owner')}: ${one.owner.name}`,
          one.grade !== '' && `${t('cloudreg.grade')}: ${t(`cloudreg.grade.${one.grade}`)}`,
        ]
          .filter(Boolean)
          .join(' · ')}
      </div>
      {one.certificates.length > 0 && (
        <div className="soft">
          {one.certificates.map((each, at) => (
            <span key={at}>
              {at > 0 && ', '}
              {t(`cloudreg.certificate.${each.kind}`)} {each.number}
              {each.until && ` (${t('cloudreg.until', { day: day(each.until) })})`}
              {each.until && each.until < today() && ` ${t('cloudreg.certificate.over')}`}
            </span>
          ))}
        </div>
      )}
      {one.theirs !== '' && (
        <div className="soft">
          {t('cloudreg.theirs')}: {one.theirs}
        </div>
      )}
      {one.ours !== '' && (
        <div className="soft">
          {t('cloudreg.ours')}: {one.ours}
        </div>
      )}
      {one.in_use && missing.length > 0 && (
        <div style={{ color: 'var(--bad)' }}>
          {t('cloudreg.missing', { what: missing.join(lang === 'ja' ? '、' : ', ') })}
        </div>
      )}
    </div>
  );
}

/** `read`: the services whose settings were read. */
export function CloudRegister({ read, may }: { read: Set<string>; may: boolean }) {
  const { t } = useWords();
  const [open, setOpen] = useState<number | 'new' | null>(null);
  return (
    <Ask path="/cloud-services">
      {(register) => (
        <Card
          title={t('cloudreg.title')}
          flush
          aside={
            may && (
              <Button size="compact-sm" variant="default" onClick={() => setOpen('new')}>
                {t('cloudreg.add')}
              </Button>
            )
          }
        >
          <div className="row soft">{t('cloudreg.text')}</div>
          {register.items.length === 0 && <Empty>{t('cloudreg.none')}</Empty>}
          {register.items.map((one) => (
            <EntryLine key={one.id} one={one} read={read} change={may ? () => setOpen(one.id) : null} />
          ))}
          {open !== null && (
            <EntryDialog
              id={open === 'new' ? null : open}
              readable={register.readable}
              done={() => setOpen(null)}
            />
          )}
        </Card>
      )}
    </Ask>
  );
}
