import { Anchor, Button, Checkbox, FileInput, Group, Select, SimpleGrid, Stack, Table, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { call, useApi, useChange, type Device, type Schemas, type Verdict } from '../api';
import { Failed, Loading } from '../basics';
import { useWords } from '../i18n';
import { Enrol, OsqueryNode } from '../enrol';
import { administers, Ask, Card, Empty, Page, Result, Tag, useGuideline, useMe, VerdictTag } from '../parts';

const states = ['active', 'lost', 'retired'] as const;

export function DeviceState({ device }: { device: Device }) {
  const { t } = useWords();
  const fresh = device.valid_until !== null && new Date(device.valid_until) > new Date();
  return (
    <>
      {device.state !== 'active' && <Tag kind={device.state}>{t(`state.${device.state}`)}</Tag>} {device.copied_at && <Tag kind="fail">{t('devices.copiedtag')}</Tag>} {device.listed_at && device.state === 'active' && <Tag kind="open">{t('devices.listedtag')}</Tag>} {!fresh && device.state !== 'retired' && <Tag kind="unknown">{t('devices.silent')}</Tag>}
    </>
  );
}

function Row({ device }: { device: Device }) {
  const { t, time } = useWords();
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
      <Table.Td>{device.system}</Table.Td>
      <Table.Td>{time(device.seen_at)}</Table.Td>
      <Table.Td>
        {fail > 0 ? <Tag kind="fail">{`${t('verdict.fail')} ${fail}`}</Tag> : <VerdictTag verdict={pass > 0 ? 'pass' : 'unknown'} />} <span className="soft">{`${t('verdict.pass')} ${pass} · ${t('verdict.unknown')} ${unknown}`}</span>
      </Table.Td>
    </Table.Tr>
  );
}

function DeviceList() {
  const { t } = useWords();
  const me = useMe();
  const [text, setText] = useState('');
  const [wait] = useDebouncedValue(text, 250);
  const [state, setState] = useState<string | null>(null);
  const [limit, setLimit] = useState(50);
  const search = new URLSearchParams({ limit: String(limit), ...(wait ? { q: wait } : {}), ...(state ? { state } : {}) });
  return (
    <Page
      title={t('nav.devices')}
      text={t('devices.text')}
      aside={
        <Anchor component={Link} href="/survey">
          {t('devices.survey')}
        </Anchor>
      }
    >
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
              <Table.ScrollContainer minWidth={720}>
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t('devices.name')}</Table.Th>
                      <Table.Th>{t('devices.user')}</Table.Th>
                      <Table.Th>{t('devices.system')}</Table.Th>
                      <Table.Th>{t('devices.seen')}</Table.Th>
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
      {administers(me) && (
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Card title={t('devices.add')}>
            <Enrol choose />
            <Links />
            <details style={{ marginTop: '1rem' }}>
              <summary>{t('osquery.title')}</summary>
              <OsqueryNode />
            </details>
          </Card>
          <Card title={t('import.title')}>
            <Import />
          </Card>
        </SimpleGrid>
      )}
    </Page>
  );
}

interface Imported {
  added: number;
  updated: number;
  speaking: number;
  tally: Schemas['Tally'];
  devices: { line: number; name: string; system: string; verdict: Verdict; detail: { ja: string; en: string }; person: { id: number; name: string } | null }[];
}

/** A list is looked at first, and taken only when asked to. */
function Import() {
  const { t, tx, number } = useWords();
  const [file, setFile] = useState<File | null>(null);
  const look = useMutation<Imported, Error, File>({ mutationFn: (one) => call('POST', '/devices/import?try=yes', one) });
  const take = useChange<File, Imported>((one) => call('POST', '/devices/import', one));
  const failed = take.error ?? look.error;
  const seen = look.data;
  return (
    <Stack gap="sm">
      <p className="soft" style={{ margin: 0 }}>{t('import.text')}</p>
      <FileInput
        label={t('import.file')}
        accept=".csv,.txt,.tsv,text/csv"
        clearable
        value={file}
        onChange={(one) => {
          setFile(one);
          take.reset();
          look.reset();
          if (one) look.mutate(one);
        }}
      />
      {look.isPending && <Loading />}
      {failed && <Failed error={failed} />}
      {seen && !take.data && (
        <>
          <strong>{t('import.found', { added: number(seen.added), updated: number(seen.updated), speaking: number(seen.speaking) })}</strong>
          <div>
            <Tag kind="fail">{t('survey.ended', { n: number(seen.tally.fail) })}</Tag> <Tag kind="pass">{t('import.supported', { n: number(seen.tally.pass) })}</Tag> <Tag kind="unknown">{t('import.unknown', { n: number(seen.tally.unknown) })}</Tag>
          </div>
          <div style={{ maxHeight: '20rem', overflow: 'auto' }} tabIndex={0} role="region" aria-label={t('import.title')}>
            {seen.devices.map((one) => (
              <div key={one.line} className="row">
                <VerdictTag verdict={one.verdict} /> <strong>{one.name}</strong> <span className="soft">{one.person?.name ?? t('devices.nouser')}</span>
                <div>{tx(one.detail)}</div>
              </div>
            ))}
          </div>
          <div>
            <Button onClick={() => file && take.mutate(file)} loading={take.isPending}>
              {t('import.take')}
            </Button>
          </div>
        </>
      )}
      {take.data && <Result title={t('import.taken', { added: number(take.data.added), updated: number(take.data.updated) })} />}
    </Stack>
  );
}

interface OpenLink {
  id: number;
  expires_at: string;
  person: { id: number; name: string } | null;
}

function Links() {
  const { t, time } = useWords();
  const links = useApi<{ items: OpenLink[] }>('/enrolments');
  const withdraw = useChange((id: number) => call('DELETE', `/enrolments/${id}`));
  const items = links.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <div style={{ marginTop: '1rem' }}>
      <strong>{t('devices.links')}</strong>
      {withdraw.error && <Failed error={withdraw.error} />}
      {items.map((one) => (
        <Group key={one.id} justify="space-between" mt={6}>
          <span>
            {one.person?.name ?? t('devices.nouser')} <span className="soft">{time(one.expires_at)}</span>
          </span>
          <Button size="xs" variant="default" onClick={() => withdraw.mutate(one.id)}>
            {t('app.remove')}
          </Button>
        </Group>
      ))}
    </div>
  );
}

function Agent({ device }: { device: Device }) {
  const { t, time, day } = useWords();
  const me = useMe();
  const revoke = useChange(() => call('DELETE', `/devices/${device.id}/certificates`));
  return (
    <Card title={t('devices.agent')}>
      {device.copied_at && (
        <p role="alert" style={{ color: 'var(--bad)', marginTop: 0 }}>
          {t('devices.copied')}
        </p>
      )}
      {device.certificate_ends === null ? (
        <p className="soft" style={{ margin: 0 }}>{device.osquery ? `${t('devices.byosquery')} ${t('devices.seen')}: ${time(device.seen_at)}` : device.listed_at ? t('devices.listed', { at: time(device.listed_at) }) : t('devices.noagent')}</p>
      ) : (
        <Stack gap="xs">
          <span>{`${t('devices.seen')}: ${time(device.seen_at)}`}</span>
          <span>{`${t('devices.certificate')}: ${day(device.certificate_ends)}`}</span>
          {administers(me) && (
            <div>
              <p className="soft" style={{ margin: '0 0 0.4rem' }}>{t('devices.revoketext')}</p>
              {revoke.error && <Failed error={revoke.error} />}
              <Button size="xs" variant="default" loading={revoke.isPending} onClick={() => revoke.mutate(undefined)}>
                {t('devices.revoke')}
              </Button>
            </div>
          )}
        </Stack>
      )}
    </Card>
  );
}

function Edit({ device }: { device: Device }) {
  const { t } = useWords();
  const [name, setName] = useState(device.name);
  const [person, setPerson] = useState<string | null>(device.person ? String(device.person.id) : null);
  const [state, setState] = useState<string>(device.state);
  const [paid, setPaid] = useState(device.extended_support);
  const people = useApi<{ items: Schemas['Person'][] }>('/people?limit=500');
  const save = useChange(() => call('PUT', `/devices/${device.id}`, { name, person: person ? Number(person) : null, state, extended_support: paid }));
  return (
    <Card title={t('devices.edit')}>
      <Stack gap="sm">
        <TextInput label={t('devices.name')} value={name} onChange={(e) => setName(e.currentTarget.value)} />
        <Select label={t('devices.user')} searchable clearable placeholder={t('devices.nouser')} value={person} onChange={setPerson} data={(people.data?.items ?? []).map((one) => ({ value: String(one.id), label: one.name }))} />
        <Select label={t('devices.state')} allowDeselect={false} value={state} onChange={(value) => setState(value ?? 'active')} data={states.map((one) => ({ value: one, label: t(`state.${one}`) }))} />
        {device.listed_at && <Checkbox label={t('devices.paid')} checked={paid} onChange={(e) => setPaid(e.currentTarget.checked)} />}
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
        <Page title={device.name} text={[device.person?.name ?? t('devices.nouser'), device.system, `${t('devices.since')} ${day(device.created_at)}`].filter(Boolean).join(' · ')}>
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
          <Agent device={device} />
          {administers(me) && <Edit key={device.id} device={device} />}
        </Page>
      )}
    </Ask>
  );
}

export default function Devices({ id }: { id?: string }) {
  return id ? <DevicePage key={id} id={id} /> : <DeviceList />;
}
