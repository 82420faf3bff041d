import { Anchor, Button, Group, Select, Stack, Table, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { Link } from 'wouter';
import { call, useApi, useChange, type Device, type Schemas, type Verdict } from '../api';
import { useWords } from '../i18n';
import { administers, Ask, Card, Empty, Failed, Page, Tag, useGuideline, useMe, VerdictTag } from '../parts';

const states = ['active', 'lost', 'retired'] as const;

export function DeviceState({ device }: { device: Device }) {
  const { t } = useWords();
  const fresh = device.valid_until !== null && new Date(device.valid_until) > new Date();
  return (
    <>
      {device.state !== 'active' && <Tag kind={device.state}>{t(`state.${device.state}`)}</Tag>} {!fresh && device.state !== 'retired' && <Tag kind="unknown">{t('devices.silent')}</Tag>}
    </>
  );
}

function Row({ device }: { device: Device }) {
  const { t } = useWords();
  const { fail, pass, unknown } = device.tally;
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component={Link} href={`/devices/${device.id}`} fw={600}>
          {device.name}
        </Anchor>{' '}
        <DeviceState device={device} />
      </Table.Td>
      <Table.Td>{device.person?.name ?? <span className="soft">{t('devices.nouser')}</span>}</Table.Td>
      <Table.Td>
        {fail > 0 ? <Tag kind="fail">{`${t('verdict.fail')} ${fail}`}</Tag> : <VerdictTag verdict={pass > 0 ? 'pass' : 'unknown'} />} <span className="soft">{`${t('verdict.pass')} ${pass} · ${t('verdict.unknown')} ${unknown}`}</span>
      </Table.Td>
    </Table.Tr>
  );
}

function DeviceList() {
  const { t } = useWords();
  const [text, setText] = useState('');
  const [wait] = useDebouncedValue(text, 250);
  const [state, setState] = useState<string | null>(null);
  const [limit, setLimit] = useState(50);
  const search = new URLSearchParams({ limit: String(limit), ...(wait ? { q: wait } : {}), ...(state ? { state } : {}) });
  return (
    <Page title={t('nav.devices')} text={t('devices.text')}>
      <Group align="flex-end">
        <TextInput label={t('app.search')} size="xs" value={text} onChange={(e) => setText(e.currentTarget.value)} />
        <Select label={t('devices.state')} size="xs" clearable placeholder={t('app.all')} value={state} onChange={setState} data={states.map((one) => ({ value: one, label: t(`state.${one}`) }))} />
      </Group>
      <Ask<{ items: Device[]; next: number | null }> path={`/devices?${search}`} keep>
        {({ items, next }) => (
          <Card flush>
            {items.length === 0 ? (
              <Empty>{wait || state ? t('list.empty') : t('devices.empty')}</Empty>
            ) : (
              <Table.ScrollContainer minWidth={480}>
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t('devices.name')}</Table.Th>
                      <Table.Th>{t('devices.user')}</Table.Th>
                      <Table.Th>{t('devices.results')}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {items.map((device) => (
                      <Row key={device.id} device={device} />
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            )}
            {next !== null && limit < 500 && (
              <Button variant="default" m="md" onClick={() => setLimit(Math.min(500, limit + 100))}>
                {t('app.more')}
              </Button>
            )}
          </Card>
        )}
      </Ask>
    </Page>
  );
}

function Edit({ device }: { device: Device }) {
  const { t } = useWords();
  const [name, setName] = useState(device.name);
  const [person, setPerson] = useState<string | null>(device.person ? String(device.person.id) : null);
  const [state, setState] = useState<string>(device.state);
  const people = useApi<{ items: Schemas['Person'][] }>('/people?limit=500');
  const save = useChange(() => call('PUT', `/devices/${device.id}`, { name, person: person ? Number(person) : null, state }));
  return (
    <Card title={t('devices.edit')}>
      <Stack gap="sm">
        <TextInput label={t('devices.name')} value={name} onChange={(e) => setName(e.currentTarget.value)} />
        <Select label={t('devices.user')} searchable clearable placeholder={t('devices.nouser')} value={person} onChange={setPerson} data={(people.data?.items ?? []).map((one) => ({ value: String(one.id), label: one.name }))} />
        <Select label={t('devices.state')} allowDeselect={false} value={state} onChange={(value) => setState(value ?? 'active')} data={states.map((one) => ({ value: one, label: t(`state.${one}`) }))} />
        {save.error && <Failed error={save.error} />}
        <Button onClick={() => save.mutate(undefined)} loading={save.isPending}>
          {save.isSuccess ? t('app.saved') : t('app.save')}
        </Button>
      </Stack>
    </Card>
  );
}

type Detail = Device & { checks: { id: string; verdict: Verdict; evidence: Schemas['MaybeEvidence'] }[] };
const order: Record<Verdict, number> = { fail: 0, unknown: 1, pass: 2, not_applicable: 3 };

function DevicePage({ id }: { id: string }) {
  const { t, tx, time, day } = useWords();
  const me = useMe();
  const guideline = useGuideline();
  return (
    <Ask<Detail> path={`/devices/${encodeURIComponent(id)}`}>
      {(device) => (
        <Page title={device.name} text={`${device.person?.name ?? t('devices.nouser')} · ${t('devices.since')} ${day(device.created_at)}`}>
          <div>
            <DeviceState device={device} />
          </div>
          <Card flush title={t('devices.results')}>
            {[...device.checks]
              .sort((a, b) => order[a.verdict] - order[b.verdict])
              .map((check) => (
                <div key={check.id} className="row">
                  <VerdictTag verdict={check.verdict} />{' '}
                  <Anchor component={Link} href={`/checks/${check.id}`}>
                    {tx(guideline.checks.find((one) => one.id === check.id)?.title)}
                  </Anchor>
                  <div>
                    {check.evidence ? (
                      <>
                        {tx(check.evidence.detail)} <span className="soft">{t('item.seenat', { at: time(check.evidence.observed_at) })}</span>
                      </>
                    ) : (
                      <span className="soft">{t('list.notlooked')}</span>
                    )}
                  </div>
                </div>
              ))}
          </Card>
          {administers(me) && <Edit key={device.id} device={device} />}
        </Page>
      )}
    </Ask>
  );
}

export default function Devices({ id }: { id?: string }) {
  return id ? <DevicePage key={id} id={id} /> : <DeviceList />;
}
