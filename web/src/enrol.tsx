// Letting a device in: a link for its agent, and the commands to type there.
import { Button, Code, Select, Stack } from '@mantine/core';
import { useState } from 'react';
import { call, useApi, useChange, type Schemas } from './api';
import { Failed } from './basics';
import { useWords } from './i18n';
import { Copy, Result, useMe } from './parts';

interface Made {
  id: number;
  link: string;
  expires_at: string;
}

/** `choose`: for whom is asked; otherwise it is a device of one's own. */
export function Enrol({ choose }: { choose?: boolean }) {
  const { t, time } = useWords();
  const me = useMe();
  const people = useApi<{ items: Schemas['Person'][] }>('/people?limit=500', { enabled: choose === true });
  const [person, setPerson] = useState<string | null>(choose ? null : String(me.id));
  const make = useChange<void, Made>(() =>
    call('POST', '/enrolments', { person: person ? Number(person) : null }),
  );
  const commands = make.data && [
    ['Windows', t('link.windows'), `.\\sekisho.exe service install "${make.data.link}"`],
    [
      'Linux',
      t('link.linux'),
      `sudo sekisho agent enrol '${make.data.link}'\nsudo systemctl enable --now sekisho-agent`,
    ],
  ];
  return (
    <Stack gap="sm">
      <p className="soft" style={{ margin: 0 }}>
        {t('link.text')}
      </p>
      {choose && (
        <Select
          label={t('devices.user')}
          searchable
          clearable
          placeholder={t('devices.nouser')}
          value={person}
          onChange={setPerson}
          data={(people.data?.items ?? []).map((one) => ({ value: String(one.id), label: one.name }))}
        />
      )}
      {make.error && <Failed error={make.error} />}
      <div>
        <Button onClick={() => make.mutate()} loading={make.isPending}>
          {t('link.make')}
        </Button>
      </div>
      {make.data && commands && (
        <Result title={t('link.made')}>
          <p style={{ marginTop: 0 }}>{t('link.how', { at: time(make.data.expires_at) })}</p>
          {commands.map(([system, where, command]) => (
            <div key={system} style={{ marginBottom: '0.8rem' }}>
              <strong>{system}</strong> <span className="soft">{where}</span>
              <Code block tabIndex={0} data-testid={`enrolment-${system}`}>
                {command}
              </Code>
              <Copy text={command!} />
            </div>
          ))}
        </Result>
      )}
    </Stack>
  );
}

interface OsqueryNode {
  secret: string;
  authority: string;
  systems: { name: string; folder: string; flags: string }[];
}

/** What an osqueryd needs to report here, made anew each time it is asked for. */
export function OsqueryNode() {
  const { t } = useWords();
  const make = useChange<void, OsqueryNode>(() => call('POST', '/osquery'));
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
        <Button variant="default" onClick={() => make.mutate()} loading={make.isPending}>
          {t('osquery.make')}
        </Button>
      </div>
      {files && (
        <Result title={t('osquery.made')}>
          <p style={{ marginTop: 0 }}>{t('osquery.how')}</p>
          {files.map(([name, text]) => (
            <div key={name} style={{ marginBottom: '0.8rem' }}>
              <strong>{name}</strong>
              <Code block tabIndex={0}>
                {text}
              </Code>
              <Copy text={text!} />
            </div>
          ))}
        </Result>
      )}
    </Stack>
  );
}
