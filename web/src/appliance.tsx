// SPDX-License-Identifier: Apache-2.0
// Network gear that is entered by hand: what it is, which firmware it runs, whether somebody saw that it is current.
import { Button, Checkbox, Select, Stack, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { call, useApi, useChange, type Device } from './api';
import { Failed } from './basics';
import { Field, Form } from './form';
import { useWords } from './i18n';
import { Card, Tag, useGuideline } from './parts';

interface Facts {
  model: string;
  version: string;
  reused: boolean;
  confirmed: boolean;
}

/** How the server reads what is typed, by what it is judged by later. */
function ReadAs({ kind, facts, behind }: { kind: string; facts: Facts; behind: boolean }) {
  const { t, tx } = useWords();
  const asked = new URLSearchParams({ of: 'appliance', kind, name: facts.model, version: facts.version });
  const reading = useApi(`/reading?${asked}`, { keep: true });
  const late = behind || reading.isPlaceholderData || reading.isPending;
  const kinds = { read: 'pass', unclear: 'unknown', not_read: 'fail' } as const;
  return (
    <div role="status" aria-live="polite" aria-busy={late} className="reading">
      {reading.error ? (
        <>
          <span className="soft">{t('gear.readfailed')}</span>{' '}
          <Button size="compact-sm" variant="default" onClick={() => void reading.refetch()}>
            {t('gear.readagain')}
          </Button>
        </>
      ) : late || !reading.data ? (
        <span className="soft">{t('gear.reading')}</span>
      ) : reading.data.is === 'nothing' ? (
        <span className="soft">{tx(reading.data.words)}</span>
      ) : (
        <>
          <Tag kind={kinds[reading.data.is]}>{t(`gear.is.${reading.data.is}`)}</Tag> {tx(reading.data.words)}
        </>
      )}
    </div>
  );
}

function FactFields({
  kind,
  facts,
  set,
}: {
  kind: string | null;
  facts: Facts;
  set: (facts: Facts) => void;
}) {
  const { t } = useWords();
  const [typed] = useDebouncedValue(facts, 300);
  const example = useGuideline().appliances.find((one) => one.id === kind)?.model;
  return (
    <>
      {example && (
        <Field at="/model">
          <TextInput
            label={t('gear.model')}
            description={t('gear.modelhint', { example })}
            value={facts.model}
            onChange={(e) => set({ ...facts, model: e.currentTarget.value })}
          />
        </Field>
      )}
      <Field at="/version">
        <TextInput
          label={t('gear.version')}
          description={t('gear.versionhint')}
          value={facts.version}
          onChange={(e) => set({ ...facts, version: e.currentTarget.value })}
        />
      </Field>
      {kind && <ReadAs kind={kind} facts={typed} behind={typed !== facts} />}
      <Checkbox
        label={t('gear.reused')}
        checked={facts.reused}
        onChange={(e) => set({ ...facts, reused: e.currentTarget.checked })}
      />
      <Checkbox
        label={t('gear.confirmed')}
        checked={facts.confirmed}
        onChange={(e) => set({ ...facts, confirmed: e.currentTarget.checked })}
      />
    </>
  );
}

export function AddAppliance() {
  const { t, tx } = useWords();
  const { appliances } = useGuideline();
  const [, go] = useLocation();
  const [name, setName] = useState('');
  const [kind, setKind] = useState<string | null>(null);
  const [facts, setFacts] = useState<Facts>({ model: '', version: '', reused: false, confirmed: false });
  const add = useChange(
    () => call('POST', '/appliances', { name, kind, ...facts }),
    ({ id }) => go(`/devices/${id}`),
  );
  return (
    <Form error={add.error} submit={() => add.mutate(undefined)}>
      <Stack gap="sm">
        <p className="soft" style={{ margin: 0 }}>
          {t('gear.text')}
        </p>
        <Field at="/kind">
          <Select
            label={t('gear.kind')}
            required
            searchable
            value={kind}
            onChange={setKind}
            data={appliances.map((one) => ({ value: one.id, label: tx(one.name) }))}
          />
        </Field>
        <Field at="/name">
          <TextInput
            label={t('devices.name')}
            required
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
          />
        </Field>
        <FactFields kind={kind} facts={facts} set={setFacts} />
        {add.error && <Failed error={add.error} />}
        <div>
          <Button type="submit" loading={add.isPending} disabled={!kind || !name}>
            {t('gear.go')}
          </Button>
        </div>
      </Stack>
    </Form>
  );
}

/** What is known of one piece of gear; administrators say what it runs by now. */
export function ApplianceCard({ device, change }: { device: Device; change: boolean }) {
  const { t, tx, day } = useWords();
  const { appliances } = useGuideline();
  const [facts, setFacts] = useState<Facts>({
    model: device.model,
    version: device.version,
    reused: device.reused,
    confirmed: false,
  });
  const save = useChange(
    () => call('PUT', `/appliances/${device.id}`, facts),
    () => setFacts({ ...facts, confirmed: false }),
  );
  return (
    <Card
      title={`${tx(appliances.find((one) => one.id === device.appliance)?.name) || device.system} ${device.model}`}
    >
      <Stack gap="sm">
        <span>
          {device.confirmed_at
            ? t('gear.confirmedat', { day: day(device.confirmed_at) })
            : t('gear.unconfirmed')}
        </span>
        {change && (
          <Form error={save.error} submit={() => save.mutate(undefined)}>
            <Stack gap="sm">
              <FactFields kind={device.appliance} facts={facts} set={setFacts} />
              {save.error && <Failed error={save.error} />}
              <div>
                <Button type="submit" loading={save.isPending}>
                  {save.isSuccess ? t('app.saved') : t('app.save')}
                </Button>
              </div>
            </Stack>
          </Form>
        )}
      </Stack>
    </Card>
  );
}
