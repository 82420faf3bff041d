// SPDX-License-Identifier: Apache-2.0
// Letting devices in: a link for one, or for many of a group, and what to type there.
import { Button, SegmentedControl, Select, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { call, useApi, useChange, type Answer } from './api';
import { Failed, ToCopy } from './basics';
import { CountInput, countIn } from './count';
import { Field, Form } from './form';
import { useWords } from './i18n';
import { Install, type System } from './install';
import { LinkShown } from './links';
import { Result, useMe } from './parts';

type Made = Answer<'/enrolments', 'POST'>;
const mostUses = 1000;
const mostDays = 30;
type Wanted = { person: number | null } | { team: string; uses: number; days: number };

function MadeLink({ made, many }: { made: Made; many: boolean }) {
  const { t, time } = useWords();
  const [system, setSystem] = useState<System>('windows');
  const downloads = useApi('/downloads');
  return (
    <Result title={t('link.made')}>
      <Stack gap="sm" mt="xs">
        {many && <LinkShown page={made.page} />}
        <span>{t(many ? 'link.many' : 'link.how', { at: time(made.expires_at) })}</span>
        <SegmentedControl
          value={system}
          onChange={(one) => setSystem(one as System)}
          data={[
            { value: 'windows', label: 'Windows' },
            { value: 'debian', label: 'Linux' },
          ]}
          aria-label={t('devices.system')}
        />
        {downloads.error && <Failed error={downloads.error} />}
        {downloads.data && (
          <Install
            system={system}
            link={made.link}
            downloads={downloads.data.items}
            self={downloads.data.own_authority}
          />
        )}
      </Stack>
    </Result>
  );
}

/** `choose`: for whom, and for how many, is asked; otherwise it is a device of one's own. */
export function Enrol({ choose }: { choose?: boolean }) {
  const { t } = useWords();
  const me = useMe();
  const people = useApi('/people?limit=500', { enabled: choose === true });
  const [many, setMany] = useState(choose === true);
  const [person, setPerson] = useState<string | null>(choose ? null : String(me.id));
  const [team, setTeam] = useState('');
  const [uses, setUses] = useState('40');
  const [days, setDays] = useState('7');
  const make = useChange<Wanted, Made>((wanted) => call('POST', '/enrolments', wanted));
  const counts = { uses: countIn(uses, 1, mostUses), days: countIn(days, 1, mostDays) };
  const said = counts.uses !== null && counts.days !== null;
  const wanted: Wanted = many
    ? { team, uses: counts.uses ?? 0, days: counts.days ?? 0 }
    : { person: person ? Number(person) : null };
  return (
    <Form error={make.error} submit={() => make.mutate(wanted)}>
      <Stack gap="sm">
        {choose && (
          <SegmentedControl
            value={many ? 'many' : 'one'}
            onChange={(one) => {
              setMany(one === 'many');
              make.reset();
            }}
            data={[
              { value: 'many', label: t('link.group') },
              { value: 'one', label: t('link.single') },
            ]}
            aria-label={t('devices.add')}
          />
        )}
        <p className="soft" style={{ margin: 0 }}>
          {t(many ? 'link.manytext' : 'link.text')}
        </p>
        {choose && !many && (
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
        )}
        {many && (
          <>
            <Field at="/team">
              <TextInput
                label={t('link.team')}
                description={t('link.team.why')}
                value={team}
                onChange={(e) => setTeam(e.currentTarget.value)}
              />
            </Field>
            <CountInput label={t('link.uses')} min={1} max={mostUses} value={uses} set={setUses} />
            <CountInput label={t('link.days')} min={1} max={mostDays} value={days} set={setDays} />
          </>
        )}
        {make.error && <Failed error={make.error} />}
        <div>
          <Button type="submit" loading={make.isPending} disabled={many && !said}>
            {t('link.make')}
          </Button>
        </div>
        {make.data && <MadeLink made={make.data} many={many} />}
      </Stack>
    </Form>
  );
}

/** What an osqueryd needs to report here, made anew each time it is asked for. */
export function OsqueryNode() {
  const { t } = useWords();
  const make = useChange(() => call('POST', '/osquery'));
  const files = make.data && [
    ['sekisho.secret', make.data.secret],
    ['sekisho.pem', make.data.authority],
    ...make.data.systems.map(({ name, folder, flags }) => [`osquery.flags (${name}: ${folder})`, flags]),
  ];
  return (
    <Stack gap="sm">
      <p className="soft" style={{ margin: 0 }}>
        {t('osquery.text')}
      </p>
      {make.error && <Failed error={make.error} />}
      <div>
        <Button variant="default" onClick={() => make.mutate(undefined)} loading={make.isPending}>
          {t('osquery.make')}
        </Button>
      </div>
      {files && (
        <Result title={t('osquery.made')}>
          <p style={{ marginTop: 0 }}>{t('osquery.how')}</p>
          {files.map(([name, text]) => (
            <div key={name} style={{ marginBottom: '0.8rem' }}>
              <strong>{name}</strong>
              <ToCopy text={text!} />
            </div>
          ))}
        </Result>
      )}
    </Stack>
  );
}
