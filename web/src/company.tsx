// SPDX-License-Identifier: Apache-2.0
// What of the company's identity provider is relied upon, and which of its groups give which role.
import { Button, Checkbox, Group, Radio, Select, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { call, useChange, type Answer } from './api';
import { Failed } from './basics';
import { Field, Form } from './form';
import { useWords } from './i18n';
import { Ask, Card, roleWord } from './parts';

type Rules = Answer<'/company-accounts'>;
const roles = ['administrator', 'executive', 'teleworker', 'auditor'] as const;

function RulesForm({ rules }: { rules: Rules }) {
  const { t } = useWords();
  const [trust, setTrust] = useState(rules.trust_email);
  const [from, setFrom] = useState(rules.groups_from);
  const [claim, setClaim] = useState(rules.roles_claim);
  const [given, setGiven] = useState(rules.roles);
  const save = useChange(() =>
    call('PUT', '/company-accounts', {
      trust_email: trust,
      groups_from: from,
      roles_claim: claim,
      roles: given,
    }),
  );
  const put = (at: number, change: Partial<Rules['roles'][number]>) =>
    setGiven(given.map((one, i) => (i === at ? { ...one, ...change } : one)));
  return (
    <Form error={save.error} submit={() => save.mutate(undefined)}>
      <Stack>
        <p className="soft" style={{ margin: 0 }}>
          {rules.issuer}
        </p>
        <Checkbox
          label={t('company.trust')}
          description={t(rules.one_tenant ? 'company.tenant' : 'company.trusttext')}
          checked={trust || rules.one_tenant}
          disabled={rules.one_tenant}
          onChange={(e) => setTrust(e.currentTarget.checked)}
        />
        <Field at="/groups_from">
          <Radio.Group
            label={t('company.from')}
            value={from}
            onChange={(value) => setFrom(value as Rules['groups_from'])}
          >
            <Stack gap="xs" mt="xs">
              <Radio
                value="sign_in"
                label={t('company.from.sign_in')}
                description={t('company.from.sign_in.text')}
              />
              <Radio
                value="directory"
                label={t('company.from.directory')}
                description={t('company.from.directory.text')}
              />
            </Stack>
          </Radio.Group>
        </Field>
        {from === 'sign_in' && (
          <Field at="/roles_claim">
            <TextInput
              label={t('company.claim')}
              value={claim}
              onChange={(e) => setClaim(e.currentTarget.value)}
            />
          </Field>
        )}
        {given.map((one, at) => (
          <Group key={at} align="flex-end">
            <Field at={`/roles/${at}/group`}>
              <TextInput
                label={t('company.group')}
                value={one.group}
                onChange={(e) => put(at, { group: e.currentTarget.value })}
              />
            </Field>
            <Field at={`/roles/${at}/role`}>
              <Select
                label={t('people.roles')}
                allowDeselect={false}
                value={one.role}
                onChange={(role) => put(at, { role: role ?? one.role })}
                data={roles.map((value) => ({ value, label: t(roleWord(value)) }))}
              />
            </Field>
            <Button
              variant="default"
              onClick={() => setGiven(given.filter((_, i) => i !== at))}
              aria-label={`${t('app.remove')}: ${one.group}`}
            >
              {t('app.remove')}
            </Button>
          </Group>
        ))}
        {save.error && <Failed error={save.error} />}
        <Group>
          <Button variant="default" onClick={() => setGiven([...given, { role: 'teleworker', group: '' }])}>
            {t('company.add')}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {t('app.save')}
          </Button>
        </Group>
      </Stack>
    </Form>
  );
}

/** Nothing where no provider is set up. */
export function CompanyAccounts() {
  const { t } = useWords();
  return (
    <Ask path="/company-accounts">
      {(rules) =>
        rules.issuer !== '' && (
          <Card title={t('company.title')}>
            <RulesForm rules={rules} />
          </Card>
        )
      }
    </Ask>
  );
}
