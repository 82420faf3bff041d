// SPDX-License-Identifier: Apache-2.0
// One device: what was found on it, what to do, and what belongs to its life.
import {
  Anchor,
  Button,
  Checkbox,
  FileInput,
  Group,
  Select,
  SimpleGrid,
  Stack,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { ApplianceCard } from '../appliance';
import { call, useApi, useChange, type Device, type Schemas, type Verdict } from '../api';
import { Failed } from '../basics';
import { DeviceState, deviceStates } from '../device';
import { Errors, everything, Field, Form } from '../form';
import { Away } from '../away';
import { useWords } from '../i18n';
import { NotSaved, useFilledIn } from '../overtaken';
import {
  administers,
  Ask,
  Card,
  Empty,
  Page,
  Result,
  seesAll,
  Tag,
  useGuideline,
  useMe,
  VerdictTag,
  Why,
} from '../parts';

function Agent({ device }: { device: Device }) {
  const { t, time, day } = useWords();
  const me = useMe();
  const revoke = useChange(() => call('DELETE', `/devices/${device.id}/certificates`));
  const look = useChange(() => call('POST', `/devices/${device.id}/look`));
  return (
    <Card title={t('devices.agent')}>
      {device.anew_at && (
        <p role="status" className="tag unknown" style={{ whiteSpace: 'normal' }}>
          {t('devices.anew', { at: time(device.anew_at), link: device.link ?? '―' })}
        </p>
      )}
      {device.copied_at && (
        <p role="alert" style={{ color: 'var(--bad)', marginTop: 0 }}>
          {t('devices.copied')}
        </p>
      )}
      {device.certificate_ends === null ? (
        <p className="soft" style={{ margin: 0 }}>
          {device.osquery
            ? `${t('devices.byosquery')} ${t('devices.seen')}: ${time(device.seen_at)}`
            : device.listed_at
              ? t('devices.listed', { at: time(device.listed_at) })
              : t('devices.noagent')}
        </p>
      ) : (
        <Stack gap="xs">
          <span>{`${t('devices.seen')}: ${time(device.seen_at)}`}</span>
          <span>{`${t('devices.certificate')}: ${day(device.certificate_ends)}`}</span>
          <span>{`${t('devices.key')}: ${t(device.tpm ? 'devices.tpm' : 'devices.keyfile')}`}</span>
          {administers(me) && (
            <div>
              <p className="soft" style={{ margin: '0 0 0.4rem' }}>
                {t('devices.looktext')}
              </p>
              {look.error && <Failed error={look.error} />}
              <Button
                size="xs"
                variant="default"
                loading={look.isPending}
                onClick={() => look.mutate(undefined)}
              >
                {t(look.isSuccess ? 'devices.lookasked' : 'devices.look')}
              </Button>
            </div>
          )}
          {administers(me) && (
            <div>
              <p className="soft" style={{ margin: '0 0 0.4rem' }}>
                {t('devices.revoketext')}
              </p>
              {revoke.error && <Failed error={revoke.error} />}
              <Button
                size="xs"
                variant="default"
                loading={revoke.isPending}
                onClick={() => revoke.mutate(undefined)}
              >
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
  const [team, setTeam] = useState(device.team);
  const [own, setOwn] = useState(device.own);
  const [wiped, setWiped] = useState('');
  const [paid, setPaid] = useState(device.extended_support);
  const people = useApi('/people?limit=500');
  const saving = useFilledIn(`/devices/${device.id}`, device, () => ({
    name,
    person: person ? Number(person) : null,
    state,
    team,
    own,
    extended_support: paid,
    ...(wiped ? { wiped } : {}),
  }));
  const { save } = saving;
  return (
    <Card title={t('devices.edit')}>
      <Form error={save.error} submit={() => save.mutate(undefined)}>
        <Stack gap="sm">
          <Field at="/name">
            <TextInput
              label={t('devices.name')}
              value={name}
              onChange={(e) => setName(e.currentTarget.value)}
            />
          </Field>
          <Field at="/person">
            <Select
              label={t('devices.user')}
              searchable
              clearable
              placeholder={t('devices.nouser')}
              value={person}
              onChange={setPerson}
              data={(people.data?.items ?? []).map((one) => ({ value: String(one.id), label: one.name }))}
            />
          </Field>
          <Field at="/team">
            <TextInput
              label={t('devices.team')}
              description={t('devices.teamhint')}
              value={team}
              onChange={(e) => setTeam(e.currentTarget.value)}
            />
          </Field>
          {device.appliance === null && (
            <Checkbox
              label={t('devices.own')}
              checked={own}
              onChange={(e) => setOwn(e.currentTarget.checked)}
            />
          )}
          {device.listed_at && (
            <Checkbox
              label={t('devices.paid')}
              checked={paid}
              onChange={(e) => setPaid(e.currentTarget.checked)}
            />
          )}
          <Field at="/state">
            <Select
              label={t('devices.state')}
              allowDeselect={false}
              value={state}
              onChange={(value) => setState(value ?? 'active')}
              data={deviceStates.map((one) => ({ value: one, label: t(`state.${one}`) }))}
            />
          </Field>
          {state === 'lost' && device.state !== 'lost' && (
            <p className="soft" style={{ margin: 0 }}>
              {t('devices.losttext')}
            </p>
          )}
          {state === 'retired' && device.wiped_at === null && (
            <Field at="/wiped">
              <Textarea
                label={t('devices.wiped')}
                description={t('devices.wipedhint')}
                required
                autosize
                minRows={2}
                value={wiped}
                onChange={(e) => setWiped(e.currentTarget.value)}
              />
            </Field>
          )}
          <NotSaved saving={saving} />
          <Button type="submit" loading={save.isPending}>
            {save.isSuccess ? t('app.saved') : t('app.save')}
          </Button>
        </Stack>
      </Form>
    </Card>
  );
}

/** One click, and its user reads in plain words what to mend. */
function Message({ device }: { device: Device }) {
  const { t, time } = useWords();
  const [text, setText] = useState('');
  const send = useChange(() => call('POST', `/devices/${device.id}/message`, text ? { text } : {}));
  return (
    <Card title={t('message.title', { name: device.person?.name ?? '' })}>
      <Form error={send.error} submit={() => send.mutate(undefined)}>
        <Stack gap="sm">
          <span className="soft">
            {device.told_at ? t('message.told', { at: time(device.told_at) }) : t('message.text')}
          </span>
          <Field at="/text">
            <Textarea
              label={t('message.own')}
              autosize
              minRows={1}
              value={text}
              onChange={(e) => setText(e.currentTarget.value)}
            />
          </Field>
          {send.error && <Failed error={send.error} />}
          <div>
            <Button variant="default" type="submit" loading={send.isPending}>
              {send.isSuccess ? t('message.sent') : t('message.go')}
            </Button>
          </div>
        </Stack>
      </Form>
    </Card>
  );
}

/** What a loss asks for, and where it is followed up. */
function Lost({ device }: { device: Device }) {
  const { t, tx } = useWords();
  const { responses } = useGuideline();
  const incidents = useApi('/incidents?limit=500');
  const steps = responses.find((one) => one.id === 'lost_device')?.steps ?? [];
  const open = incidents.data?.items.find((one) => one.device?.id === device.id && one.state === 'open');
  return (
    <Card title={t('devices.losttitle')}>
      <ol style={{ margin: 0, paddingLeft: '1.3rem' }}>
        {steps.map((step) => (
          <li
            key={step.number}
            style={open?.done.includes(step.number) ? { textDecoration: 'line-through' } : undefined}
          >
            {tx(step.text)}
          </li>
        ))}
      </ol>
      {open && (
        <Anchor
          component={Link}
          href={`/incidents/${open.id}`}
          underline="always"
          mt="sm"
          display="inline-block"
        >
          {t('devices.lostincident')}
        </Anchor>
      )}
    </Card>
  );
}

/** The rules for a device that belongs to who uses it. */
function OwnRules() {
  const { t, tx } = useWords();
  const { own_devices } = useGuideline();
  return (
    <Card title={t('own.title')}>
      <ul style={{ margin: 0, paddingLeft: '1.2rem' }}>
        {own_devices.map((rule, at) => (
          <li key={at}>{tx(rule)}</li>
        ))}
      </ul>
      <p className="soft" style={{ margin: '0.5rem 0 0' }}>
        {t('own.source')}
      </p>
    </Card>
  );
}

type Detail = Device & { checks: { id: string; verdict: Verdict; evidence: Schemas['MaybeEvidence'] }[] };
type Looked = Detail['checks'][number];

function Check({ check }: { check: Looked }) {
  const { t, tx, time } = useWords();
  const guideline = useGuideline();
  return (
    <div className="row">
      <VerdictTag verdict={check.verdict} />{' '}
      <Anchor component={Link} href={`/checks/${check.id}`}>
        {tx(guideline.checks.find((one) => one.id === check.id)?.title)}
      </Anchor>
      <div>
        {check.evidence ? (
          <>
            {tx(check.evidence.detail)}{' '}
            <span className="soft">{t('item.seenat', { at: time(check.evidence.observed_at) })}</span>
            <Why evidence={check.evidence} />
          </>
        ) : (
          <span className="soft">{t('list.notlooked')}</span>
        )}
      </div>
    </div>
  );
}

/** What fails and what is not known in sight; the rest a click away. */
function Results({ checks }: { checks: Looked[] }) {
  const { t } = useWords();
  const having = (verdict: Verdict) => checks.filter((one) => one.verdict === verdict);
  const [open, good] = [[...having('fail'), ...having('unknown')], having('pass')];
  const folded = (verdict: Verdict, list: Looked[]) =>
    list.length > 0 && (
      <details>
        <summary className="row">
          {t(`verdict.${verdict}`)} ({list.length})
        </summary>
        {list.map((check) => (
          <Check key={check.id} check={check} />
        ))}
      </details>
    );
  return (
    <Card flush title={t('devices.results')}>
      {open.length === 0 && <Empty>{t(good.length > 0 ? 'mine.devicegood' : 'list.notlooked')}</Empty>}
      {open.map((check) => (
        <Check key={check.id} check={check} />
      ))}
      {folded('pass', good)}
      {folded('not_applicable', having('not_applicable'))}
    </Card>
  );
}

/** Software that the agent or an SBOM listed: what has weaknesses, or all of it. */
function Software({ device }: { device: Device }) {
  const { t, tx, time, number } = useWords();
  const me = useMe();
  const [all, setAll] = useState(false);
  const [file, setFile] = useState<File | null>(null);
  const take = useChange((one: File) => call('PUT', `/devices/${device.id}/software`, one));
  return (
    <Card
      flush
      title={t('software.title')}
      aside={
        device.software_at && (
          <span className="soft">{t('software.at', { at: time(device.software_at) })}</span>
        )
      }
    >
      {device.software_at && (
        <Ask path={`/devices/${device.id}/software?limit=500${all ? '' : '&only=open'}`}>
          {({ items, next, listed, known }) => (
            <>
              <div className="row soft">
                {t(known === 0 ? 'software.unmatched' : 'software.matched', {
                  n: number(listed),
                  known: number(known),
                })}{' '}
                <Button size="compact-sm" variant="subtle" onClick={() => setAll(!all)}>
                  {t(all ? 'software.onlyopen' : 'software.all')}
                </Button>
              </div>
              {items.length === 0 && known > 0 && <Empty>{t('software.none')}</Empty>}
              {items.map((one) => (
                <div key={one.id} className="row">
                  <strong>{one.name}</strong> {one.version}
                  {one.weaknesses.map((weakness) => (
                    <div key={weakness.id}>
                      {weakness.id}{' '}
                      {weakness.title && (
                        <Anchor href={tx(weakness.page!)} target="_blank" rel="noreferrer">
                          {tx(weakness.title)}
                        </Anchor>
                      )}{' '}
                      {weakness.score !== null && `(CVSS ${weakness.score})`}{' '}
                      {weakness.exploited && <Tag kind="fail">{t('software.attacked')}</Tag>}{' '}
                      <span className="soft">
                        {weakness.fixed
                          ? t('software.fixed', { version: weakness.fixed })
                          : weakness.score === null && t('software.nofix')}
                      </span>
                    </div>
                  ))}
                </div>
              ))}
              {next !== null && (
                <div className="row soft">{t('software.more', { n: number(items.length) })}</div>
              )}
            </>
          )}
        </Ask>
      )}
      {administers(me) && (
        <Errors error={take.error}>
          <Stack gap="sm" p="md">
            <Field at={everything}>
              <FileInput
                label={t('software.file')}
                description={t('software.text')}
                accept=".json,.xml,application/json,application/xml"
                clearable
                clearButtonProps={{ 'aria-label': t('app.file.clear') }}
                value={file}
                onChange={(one) => {
                  setFile(one);
                  if (one) take.mutate(one);
                }}
              />
            </Field>
            {take.error && <Failed error={take.error} />}
            {take.data && (
              <Result
                title={t('software.taken', {
                  n: number(take.data.components),
                  known: number(take.data.known),
                  open: number(take.data.open),
                })}
              >
                {(take.data.excluded > 0 || take.data.optional > 0) &&
                  t('software.scopes', {
                    excluded: number(take.data.excluded),
                    optional: number(take.data.optional),
                  })}
              </Result>
            )}
          </Stack>
        </Errors>
      )}
    </Card>
  );
}

/** What was found over time: each line as long as the same was seen. */
function Past({ device }: { device: Device }) {
  const { t, tx, day } = useWords();
  const guideline = useGuideline();
  const [limit, setLimit] = useState(20);
  return (
    <Ask path={`/devices/${device.id}/history?limit=${limit}`} keep>
      {({ items, next }) => (
        <Card flush title={t('devices.history')}>
          {items.length === 0 && <Empty>{t('list.notlooked')}</Empty>}
          {items.map((one) => (
            <div key={one.id} className="row">
              <Group gap="xs">
                <span style={{ fontVariantNumeric: 'tabular-nums' }}>
                  {day(one.first_at) === day(one.observed_at)
                    ? day(one.first_at)
                    : `${day(one.first_at)} – ${day(one.observed_at)}`}
                </span>
                <VerdictTag verdict={one.verdict} />
                <Anchor component={Link} href={`/checks/${one.check}`}>
                  {tx(guideline.checks.find((check) => check.id === one.check)?.title) || one.check}
                </Anchor>
              </Group>
              <div className="soft">{tx(one.detail)}</div>
            </div>
          ))}
          {next !== null && limit < 500 && (
            <Button variant="default" size="xs" m="md" onClick={() => setLimit(Math.min(500, limit + 60))}>
              {t('app.more')}
            </Button>
          )}
        </Card>
      )}
    </Ask>
  );
}

export default function DevicePage({ id }: { id: string }) {
  const { t, day } = useWords();
  const me = useMe();
  return (
    <Ask path={`/devices/${encodeURIComponent(id)}`} whole={<Away why="gone" />}>
      {(device) => (
        <Page
          title={device.name}
          text={[
            device.person?.name ?? t('devices.nouser'),
            device.team,
            device.system,
            `${t('devices.since')} ${day(device.created_at)}`,
          ]
            .filter(Boolean)
            .join(' · ')}
        >
          <div>
            <DeviceState device={device} />{' '}
            {device.wiped_at && (
              <span className="soft">
                {t('devices.wipedat', { day: day(device.wiped_at), how: device.wiped_how })}
              </span>
            )}
          </div>
          {device.state === 'lost' && <Lost device={device} />}
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Stack>
              <Results checks={device.checks} />
              {device.appliance === null && (device.software_at !== null || administers(me)) && (
                <Software device={device} />
              )}
              <Past device={device} />
            </Stack>
            <Stack>
              {device.appliance !== null ? (
                <ApplianceCard
                  key={`${device.id} ${device.version}`}
                  device={device}
                  change={administers(me)}
                />
              ) : (
                <Agent device={device} />
              )}
              {administers(me) && device.person !== null && device.failing.length > 0 && (
                <Message device={device} />
              )}
              {device.own && <OwnRules />}
              {administers(me) && <Edit key={device.id} device={device} />}
              {seesAll(me) && device.appliance === null && (
                <Anchor component={Link} href={`/access/timeline?device=${device.id}`}>
                  {t('nav.timeline')}
                </Anchor>
              )}
              {!seesAll(me) && (
                <Anchor component={Link} href="/mine">
                  {t('nav.mine')}
                </Anchor>
              )}
            </Stack>
          </SimpleGrid>
        </Page>
      )}
    </Ask>
  );
}
