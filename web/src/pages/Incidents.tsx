// SPDX-License-Identifier: Apache-2.0
import {
  Alert,
  Anchor,
  Button,
  Checkbox,
  Group,
  Modal,
  Select,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Textarea,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { call, tagOf, useApi, useChange, type Schemas, type Text } from '../api';
import { CallFirst, Failed } from '../basics';
import { Field, Form } from '../form';
import { Away } from '../away';
import { useWords } from '../i18n';
import { Ask, Card, Empty, manages, Page, Plain, seesAll, Tag, useGuideline, useMe } from '../parts';
import { ContactsCard } from '../contacts';
import { DutyCard, DutyLine } from '../duty';
import { Remarks } from './Requirement';

type Incident = Schemas['Incident'];

/** Who it is from, as far as that is known. */
const whoReported = (t: ReturnType<typeof useWords>['t'], one: Incident) =>
  one.person ? t('incidents.by', { name: one.person.name }) : t('incidents.unsigned');

/** What they said of themselves who did not sign in: anybody may have said it. */
function Unsigned({ said }: { said: NonNullable<Incident['unsigned']> }) {
  const { t } = useWords();
  return (
    <Alert color="yellow" variant="outline" title={t('incidents.unsigned')}>
      <dl className="pairs">
        <dt>{t('lost.caller')}</dt>
        <dd>{said.caller}</dd>
        <dt>{t('lost.callback')}</dt>
        <dd>{said.callback}</dd>
        <dt>{t('incidents.origin')}</dt>
        <dd>{said.origin || t('app.none')}</dd>
      </dl>
      {t('incidents.unsignedtext')}
    </Alert>
  );
}

/** For whoever reported: what to do now, whom to call, and when they will hear. */
function ForReporter({ steps, hear }: { steps: Text[]; hear: Text }) {
  const { t, tx } = useWords();
  return (
    <Card title={t('incidents.now')}>
      <ol style={{ margin: 0, paddingLeft: '1.3rem' }}>
        {steps.map((step, at) => (
          <li key={at} style={{ marginBottom: 8 }}>
            {tx(step)}
          </li>
        ))}
      </ol>
      <Ask path="/contacts">
        {(given) => <CallFirst number={given.emergency || given.responsible || ''} />}
      </Ask>
      <p>
        <strong>{t('incidents.hear')}</strong>
        <br />
        {tx(hear)}
      </p>
    </Card>
  );
}

/** Two clicks: what happened, and send. */
export function ReportForm({ kind: first, done }: { kind?: string; done: (id: number) => void }) {
  const { t, tx } = useWords();
  const guideline = useGuideline();
  const mine = useApi('/me/page');
  const [kind, setKind] = useState(first ?? 'other');
  const [text, setText] = useState('');
  const [device, setDevice] = useState<string | null>(null);
  const devices = mine.data?.devices ?? [];
  const send = useChange(
    () =>
      call('POST', '/incidents', {
        kind,
        text,
        device: device
          ? Number(device)
          : devices.length === 1 && kind === 'lost_device'
            ? devices[0]!.id
            : null,
      }),
    (reply) => done(reply.id),
  );
  return (
    <Form error={send.error} submit={() => send.mutate(undefined)}>
      <Stack>
        <p style={{ margin: 0 }}>{t('mine.sure')}</p>
        <Field at="/kind">
          <Select
            label={t('incidents.what')}
            allowDeselect={false}
            value={kind}
            onChange={(value) => setKind(value ?? 'other')}
            data={guideline.responses.map((one) => ({ value: one.id, label: tx(one.title) }))}
          />
        </Field>
        {devices.length > 1 && (
          <Field at="/device">
            <Select
              label={t('incidents.device')}
              clearable
              value={device}
              onChange={setDevice}
              data={devices.map((one) => ({ value: String(one.id), label: one.name }))}
            />
          </Field>
        )}
        <Field at="/text">
          <Textarea
            label={t('incidents.words')}
            autosize
            minRows={2}
            value={text}
            onChange={(e) => setText(e.currentTarget.value)}
          />
        </Field>
        {send.error && <Failed error={send.error} />}
        <Button type="submit" loading={send.isPending}>
          {t('incidents.report')}
        </Button>
      </Stack>
    </Form>
  );
}

function IncidentList() {
  const { t, tx, time } = useWords();
  const me = useMe();
  const guideline = useGuideline();
  const [, go] = useLocation();
  const [open, { open: show, close }] = useDisclosure(false);
  const wanted = new URLSearchParams(useSearch()).get('state');
  const state = wanted === 'open' || wanted === 'closed' ? wanted : 'all';
  const reports = me.roles.some((role) => role !== 'auditor');
  return (
    <Page
      title={t('nav.incidents')}
      text={t('incidents.text')}
      aside={reports && <Button onClick={show}>{t('incidents.report')}</Button>}
    >
      <Group>
        <SegmentedControl
          aria-label={t('incidents.state')}
          value={state}
          onChange={(value) => go(value === 'all' ? '/incidents' : `/incidents?state=${value}`)}
          data={[
            { value: 'all', label: t('app.all') },
            { value: 'open', label: t('state.open') },
            { value: 'closed', label: t('state.closed') },
          ]}
        />
      </Group>
      <Ask path={`/incidents?limit=200${state === 'all' ? '' : `&state=${state}`}`} keep>
        {({ items }) => (
          <Card flush>
            {items.length === 0 && <Empty>{t('incidents.empty')}</Empty>}
            {items.map((one) => (
              <Link key={one.id} href={`/incidents/${one.id}`} className="row">
                <Group gap="xs">
                  <Tag kind={one.state}>{t(`state.${one.state}`)}</Tag>
                  <strong>{tx(guideline.responses.find((entry) => entry.id === one.kind)?.title)}</strong>
                </Group>
                <div className="soft">
                  {whoReported(t, one)} · {time(one.at)}
                  {one.device && ` · ${one.device.name}`}
                </div>
                {seesAll(me) && <DutyLine one={one} />}
              </Link>
            ))}
          </Card>
        )}
      </Ask>
      <Modal
        opened={open}
        onClose={close}
        title={t('incidents.report')}
        closeButtonProps={{ 'aria-label': t('app.close') }}
      >
        <ReportForm done={(id) => go(`/incidents/${id}`)} />
      </Modal>
    </Page>
  );
}

function IncidentPage({ id }: { id: string }) {
  const { t, tx, time } = useWords();
  const me = useMe();
  const guideline = useGuideline();
  const change = useChange(({ tag, ...body }: { state: string; done: number[]; tag: string | undefined }) =>
    call('PUT', `/incidents/${id}`, body, tag),
  );
  return (
    <Ask path={`/incidents/${encodeURIComponent(id)}`} whole={<Away why="gone" />}>
      {(one) => {
        const response = guideline.responses.find((entry) => entry.id === one.kind);
        const told = guideline.incidents.find((entry) => entry.number === one.case);
        const tick = (step: number, on: boolean) =>
          change.mutate({
            tag: tagOf(one),
            state: one.state,
            done: on ? [...one.done, step] : one.done.filter((other) => other !== step),
          });
        return (
          <Page
            title={tx(response?.title)}
            text={`${whoReported(t, one)} · ${time(one.at)}${one.device ? ` · ${one.device.name}` : ''}`}
            aside={<Tag kind={one.state}>{t(`state.${one.state}`)}</Tag>}
          >
            {one.person?.id === me.id && one.state === 'open' && <p role="status">{t('incidents.sent')}</p>}
            {one.unsigned && <Unsigned said={one.unsigned} />}
            {one.text && <Card>{one.text}</Card>}
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              <Stack>
                {one.person?.id === me.id && response && (
                  <ForReporter steps={response.reporter} hear={response.hear} />
                )}
                {seesAll(me) && (
                  <Card title={t('incidents.steps')}>
                    <Stack gap="xs">
                      {response?.steps.map((step) => (
                        <Checkbox
                          key={step.number}
                          label={tx(step.text)}
                          checked={one.done.includes(step.number)}
                          disabled={!manages(me)}
                          onChange={(e) => tick(step.number, e.currentTarget.checked)}
                        />
                      ))}
                    </Stack>
                    <p className="soft">{t('incidents.stepsfrom')}</p>
                    {change.error && <Failed error={change.error} />}
                    {manages(me) && (
                      <Button
                        variant="default"
                        loading={change.isPending}
                        onClick={() =>
                          change.mutate({
                            tag: tagOf(one),
                            state: one.state === 'open' ? 'closed' : 'open',
                            done: one.done,
                          })
                        }
                      >
                        {t(one.state === 'open' ? 'incidents.close' : 'incidents.reopen')}
                      </Button>
                    )}
                  </Card>
                )}
              </Stack>
              <Stack>
                {seesAll(me) && <DutyCard one={one} />}
                <ContactsCard />
                {told && (
                  <Card title={t('incidents.case')}>
                    <strong>
                      {seesAll(me) ? (
                        <Anchor component={Link} href={`/cases#case-${told.number}`}>
                          {told.number}. {tx(told.title)}
                        </Anchor>
                      ) : (
                        tx(told.title)
                      )}
                    </strong>
                    <p>
                      <Plain>{tx(told.lesson)}</Plain>
                    </p>
                  </Card>
                )}
                <Card title={t('item.remarks')}>
                  <Remarks list={one.remarks} path={`/incidents/${id}/remarks`} />
                </Card>
              </Stack>
            </SimpleGrid>
          </Page>
        );
      }}
    </Ask>
  );
}

export default function Incidents({ id }: { id?: string }) {
  return id ? <IncidentPage key={id} id={id} /> : <IncidentList />;
}
